import type { ClockCondition, ClockFilterNode } from '../algebra/clock-filter.ts';
import { quoteLiteral } from '../core/identifier.ts';
import { atInstant, type Moments, momentText } from '../core/moment.ts';

/** A condition on the clock as conditions on rows, and, of a crossing, the sign of each row. */
export type RenderedClockFilter = { readonly conditions: readonly string[]; readonly sign: string | null };

export function renderClockFilter(
  { condition, at }: Pick<ClockFilterNode<unknown, string>, 'condition' | 'at'>,
  moments: Moments,
): RenderedClockFilter {
  if (at !== 'crossing') {
    const instant = textOf(at === 'to' ? moments.toMs : moments.fromMs);
    return {
      conditions: [...rangeOf(condition, sideOf(condition), instant), holds(condition, instant)],
      sign: null,
    };
  }
  const [before, after] = [moments.fromMs, moments.toMs].map(
    (ms) => `coalesce(${holds(condition, textOf(ms))}, false)`,
  );
  const bounds = [moments.fromMs, moments.toMs].map((ms) => boundAt(condition, textOf(ms))).join(', ');
  return {
    conditions: [
      ...columnRange(condition, '>=', `least(${bounds})`),
      ...columnRange(condition, '<=', `greatest(${bounds})`),
      `${before} <> ${after}`,
    ],
    sign: `CASE WHEN ${after} THEN 1 ELSE -1 END`,
  };
}

/**
 * Conditions for the rows whose value the bound has yet to pass.
 *
 * @param withinMs how far ahead of it at most; null: however far
 */
export function stillAhead(
  condition: ClockCondition<string>,
  atMs: number,
  withinMs: number | null,
): string[] {
  const comparison = turnsOnReaching(condition) ? '>' : '>=';
  const instant = textOf(atMs);
  const end = withinMs === null ? [] : [holds({ ...condition, comparison: '<=' }, textOf(atMs + withinMs))];
  return [
    ...columnRange(condition, '>=', boundAt(condition, instant)),
    holds({ ...condition, comparison }, instant),
    ...end,
  ];
}

/** Whether the bound has passed `value`, an expression, once the clock shows `instant`, an expression too. */
export function passedAt(condition: ClockCondition<string>, value: string, instant: string): string {
  return `${comparable(condition, boundAt(condition, instant))} ${turnsOnReaching(condition) ? '>=' : '>'} (${value})`;
}

/** `value > bound` and `value <= bound` turn when the bound reaches the value, the other two when it goes beyond. */
export function turnsOnReaching({ comparison }: ClockCondition<string>): boolean {
  return comparison === '>' || comparison === '<=';
}

function textOf(ms: number): string {
  return quoteLiteral(momentText(ms));
}

function boundAt({ bound }: ClockCondition<string>, instant: string): string {
  return `(${atInstant(bound, instant)})`;
}

function holds(condition: ClockCondition<string>, instant: string): string {
  return `(${condition.value}) ${condition.comparison} ${comparable(condition, boundAt(condition, instant))}`;
}

/**
 * The bound in the column's own type where that loses nothing: sessions are in UTC, so an instant with and without a
 * zone is the same microsecond. Cast the other way, every row would be.
 */
function comparable({ columnType }: ClockCondition<string>, bound: string): string {
  return columnType === 'TIMESTAMP' || columnType === 'TIMESTAMP WITH TIME ZONE'
    ? `CAST(${bound} AS ${columnType})`
    : bound;
}

function sideOf({ comparison }: ClockCondition<string>): '>=' | '<=' {
  return comparison === '>' || comparison === '>=' ? '>=' : '<=';
}

function rangeOf(condition: ClockCondition<string>, side: '>=' | '<=', instant: string): string[] {
  const { columnType } = condition;
  if (columnType === 'TIMESTAMP' || columnType === 'TIMESTAMP WITH TIME ZONE') return [];
  return columnRange(condition, side, boundAt(condition, instant));
}

/**
 * `column ⋛ instant` in the column's own type, which DuckDB compares with the least and greatest of whole row groups.
 * Keeps every row for which it holds in the finer of the two types: an instant cast to a coarser type is rounded by
 * less than a step of that.
 */
function columnRange(condition: ClockCondition<string>, side: '>=' | '<=', instant: string): string[] {
  const { value, columnType } = condition;
  switch (columnType) {
    case 'DATE':
    case 'TIMESTAMP':
    case 'TIMESTAMP WITH TIME ZONE':
      return [`${value} ${side} CAST(${instant} AS ${columnType})`];
    case 'TIMESTAMP_S':
    case 'TIMESTAMP_MS': {
      const widened = `CAST(${instant} AS TIMESTAMP) ${side === '>=' ? '-' : '+'} INTERVAL 1 SECOND`;
      return [`${value} ${side} CAST(${widened} AS ${columnType})`];
    }
    default:
      return [];
  }
}
