import type { ClockCondition, ClockFilterNode } from '../algebra/clock-filter.ts';
import { atInstant, atMoment, type Moments } from '../core/moment.ts';

/** A condition on the clock as conditions on rows, and, of a crossing, the sign of each row. */
export type RenderedClockFilter = { readonly conditions: readonly string[]; readonly sign: string | null };

export function renderClockFilter(
  { condition, at }: Pick<ClockFilterNode<unknown, string>, 'condition' | 'at'>,
  moments: Moments,
): RenderedClockFilter {
  if (at !== 'crossing') {
    return { conditions: [holdsAt(condition, at === 'to' ? moments.toMs : moments.fromMs)], sign: null };
  }
  const [before, after] = [moments.fromMs, moments.toMs].map(
    (ms) => `coalesce(${holdsAt(condition, ms)}, false)`,
  );
  return {
    conditions: [...crossingRange(condition, moments), `${before} <> ${after}`],
    sign: `CASE WHEN ${after} THEN 1 ELSE -1 END`,
  };
}

function holdsAt({ value, comparison, bound }: ClockCondition<string>, ms: number): string {
  return `(${value}) ${comparison} (${atMoment(bound, ms)})`;
}

/** Where the value of a row lies that crosses: a plain range of a stored column, which skips what is out of it. */
function crossingRange(condition: ClockCondition<string>, { fromMs, toMs }: Moments): string[] {
  const bounds = [fromMs, toMs].map((ms) => `(${atMoment(condition.bound, ms)})`).join(', ');
  return [
    ...columnBound(condition, '>=', `least(${bounds})`),
    ...columnBound(condition, '<=', `greatest(${bounds})`),
  ];
}

/** Rows whose value has yet to be passed by the clock, as far as a plain condition on a stored column can say. */
export function aheadOf(condition: ClockCondition<string>, ms: number): string[] {
  return columnBound(condition, '>=', `(${atMoment(condition.bound, ms)})`);
}

/**
 * `column ⋛ instant` in the column's own type, which DuckDB compares with the least and greatest of whole row groups.
 * Keeps every row for which it holds in the finer of the two types: an instant cast to a coarser type is rounded by
 * less than a step of that.
 */
function columnBound(condition: ClockCondition<string>, comparison: '>=' | '<=', instant: string): string[] {
  const { value, columnType } = condition;
  const plain = `CAST(${instant} AS TIMESTAMP)`;
  switch (columnType) {
    case 'DATE':
    case 'TIMESTAMP':
    case 'TIMESTAMP WITH TIME ZONE':
      return [`${value} ${comparison} CAST(${instant} AS ${columnType})`];
    case 'TIMESTAMP_S':
    case 'TIMESTAMP_MS': {
      const widened = `${plain} ${comparison === '>=' ? '-' : '+'} INTERVAL 1 SECOND`;
      return [`${value} ${comparison} CAST(${widened} AS ${columnType})`];
    }
    default:
      return [];
  }
}

/** The truth of what the condition compares once `instant`, an expression, is the clock: it has passed `value`. */
export function passedAt(
  { comparison, bound }: ClockCondition<string>,
  value: string,
  instant: string,
): string {
  // value > bound and value <= bound turn when the bound reaches the value, the other two when it goes beyond.
  const turns = comparison === '>' || comparison === '<=' ? '>=' : '>';
  return `(${atInstant(bound, instant)}) ${turns} (${value})`;
}
