import { quoteLiteral } from './identifier.ts';
import type { ModelEnds } from './prediction.ts';

/**
 * Ends of a refresh in what is no data and so has no version: the clock, in milliseconds since the Unix epoch, and
 * the models that are read.
 */
export type Moments = {
  readonly fromMs: number;
  readonly toMs: number;
  /** Left out where no model is read. */
  readonly models?: ModelEnds;
};

/** Both ends at the later one. */
export function atTheEnd({ toMs, models }: Moments): Moments {
  const ended = [...(models ?? [])].map(([name, { to }]) => [name, { from: to, to }] as const);
  return { fromMs: toMs, toMs, models: new Map(ended) };
}

/** The text that stands for the clock's in a kept query, wherever it is cast to a date or a timestamp. */
export const momentMark = '__ev_moment';

const markLiteral = quoteLiteral(momentMark);

/** An instant as DuckDB reads it, whatever the session's time zone. */
export function momentText(ms: number): string {
  return new Date(ms).toISOString().replace('T', ' ');
}

/** The SQL as it is at a moment. */
export function atMoment(sql: string, ms: number): string {
  return atInstant(sql, quoteLiteral(momentText(ms)));
}

/** The SQL with an expression (an instant, or its text) in place of the clock. */
export function atInstant(sql: string, instant: string): string {
  return sql.replaceAll(markLiteral, () => instant);
}
