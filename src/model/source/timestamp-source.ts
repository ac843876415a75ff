import type { SqlValue } from '../../core/value.ts';
import type { CyclePeriod, TimestampPart } from '../../declare/expansion.ts';

const dayMs = 86_400_000;

const partFunctions: Readonly<Record<TimestampPart, string>> = {
  hour: 'hour',
  weekday: 'dayofweek',
  day: 'day',
  week: 'week',
  month: 'month',
  quarter: 'quarter',
  year: 'year',
};

/** BIGINT, rounded down as a `Date` is, where epoch_ms goes towards 1970; NULL for an infinite moment. */
function milliseconds(value: string): string {
  const isCut = `epoch(${value}) < 0 AND microsecond(${value}) % 1000 > 0`;
  return `CAST(CASE WHEN isfinite(${value}) THEN epoch_ms(${value}) - CAST(${isCut} AS BIGINT) END AS BIGINT)`;
}

/** A moment in UTC: a timestamp with a zone is brought there first. */
function utc(value: string): string {
  return `CAST(epoch_ms(${milliseconds(value)}) AS TIMESTAMP)`;
}

/** BIGINT; weekday is 0 on Sunday, week is ISO 8601's. */
export function partSql(part: TimestampPart, value: string): string {
  return `${partFunctions[part]}(${utc(value)})`;
}

export function partValue(part: TimestampPart, moment: Date): number {
  switch (part) {
    case 'hour':
      return moment.getUTCHours();
    case 'weekday':
      return moment.getUTCDay();
    case 'day':
      return moment.getUTCDate();
    case 'week':
      return isoWeek(moment);
    case 'month':
      return moment.getUTCMonth() + 1;
    case 'quarter':
      return Math.floor(moment.getUTCMonth() / 3) + 1;
    case 'year':
      return moment.getUTCFullYear();
  }
}

/** The week of the year that has the Thursday of the moment's week (ISO 8601). */
function isoWeek(moment: Date): number {
  const day = Math.floor(moment.getTime() / dayMs);
  const thursday = new Date((day - ((moment.getUTCDay() + 6) % 7) + 3) * dayMs);
  // Date.UTC takes the years 0 to 99 to be of the twentieth century
  const firstDay = new Date(0).setUTCFullYear(thursday.getUTCFullYear(), 0, 1) / dayMs;
  return Math.floor((thursday.getTime() / dayMs - firstDay) / 7) + 1;
}

export const periodMs: Readonly<Record<CyclePeriod, number>> = {
  hour: 3_600_000,
  day: dayMs,
  week: 7 * dayMs,
  year: 365.2425 * dayMs,
};

export type Wave = 'sin' | 'cos';

/** DOUBLE; by whole milliseconds, as a row in JavaScript has them. */
export function cycleSql(wave: Wave, period: CyclePeriod, value: string): string {
  return `${wave}(2 * pi() * (${milliseconds(value)} % ${periodMs[period]}) / ${periodMs[period]})`;
}

export function cycleValue(wave: Wave, period: CyclePeriod, moment: Date): number {
  const angle = (2 * Math.PI * (moment.getTime() % periodMs[period])) / periodMs[period];
  return wave === 'sin' ? Math.sin(angle) : Math.cos(angle);
}

/** DOUBLE, days since 1970. */
export function elapsedSql(value: string): string {
  return `(CAST(${milliseconds(value)} AS DOUBLE) / ${dayMs})`;
}

export function elapsedValue(moment: Date): number {
  return moment.getTime() / dayMs;
}

/** A moment of a row: a Date, or what Date reads; null where there is none. */
export function momentOf(value: SqlValue | undefined): Date | null {
  if (value === null || value === undefined) return null;
  const moment = value instanceof Date ? value : new Date(String(value));
  return Number.isNaN(moment.getTime()) ? null : moment;
}
