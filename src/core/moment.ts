import { quoteLiteral } from './identifier.ts';

/** Ends of a refresh on the clock, milliseconds since the Unix epoch. */
export type Moments = { readonly fromMs: number; readonly toMs: number };

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
