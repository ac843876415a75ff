import { type ColumnProfile, measureNames, type ValueCount } from '../profile/column-profile.ts';
import { middle } from './middle.ts';

/** What a column was like in the updates before; null where an update did not have it. */
type ColumnPast = readonly (ColumnProfile | null)[];

/** Rows of a value, among those whose counts are kept. */
export function rowsOf(column: ColumnProfile, value: string): number {
  return (column.values ?? column.top).find(([one]) => one === value)?.[1] ?? 0;
}

/** How many rows usually share one value, in columns of many values that repeat all the same (a price per shop). */
export function clusterOf(past: ColumnPast): number {
  const place = measureNames.number.indexOf('distinct');
  let [sum, count] = [0, 0];
  for (const one of past) {
    if (one === null || one.kind !== 'number' || one.values !== null) continue;
    const share = one.measures[place] ?? Number.NaN;
    if (share > 0) [sum, count] = [sum + 1 / share, count + 1];
  }
  const cluster = count * 2 < past.length ? 1 : sum / count;
  return cluster > 5 ? cluster : 1;
}

/** Few values, and nearly the same ones each time: not a price list that is written anew every quarter. */
export function hasFewValues(past: ColumnPast): boolean {
  const lists = past.flatMap((one) => (one === null || one.values === null ? [] : [one.values]));
  if (lists.length * 2 <= past.length) return false;
  const all = new Set(lists.flatMap((list) => list.map(([value]) => value)));
  return all.size <= 10 + 1.5 * Math.max(...lists.map((list) => list.length));
}

/** Days of the month say something only of moments that are spread over more than one. */
export function coversMonths(past: ColumnPast): boolean {
  const wide = past.filter((one) => one !== null && one.greatest - one.least > 45 * 86_400_000);
  return wide.length * 2 > past.length;
}

export function reachOf(past: ColumnPast) {
  let [least, greatest] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const one of past) {
    if (one === null) continue;
    if (one.least < least) least = one.least;
    if (one.greatest > greatest) greatest = one.greatest;
  }
  return { least, greatest };
}

/** The most that the share of any value moved from one update to the next. */
export function largestJump(past: ColumnPast): number {
  let largest = 0;
  let before: ReadonlyMap<string, number> | null = null;
  for (const one of past) {
    if (one === null || one.values === null || one.present === 0) continue;
    const shares: ReadonlyMap<string, number> = new Map(
      one.values.map(([value, rows]) => [value, rows / one.present] as const),
    );
    if (before !== null) {
      for (const [value, share] of shares)
        largest = Math.max(largest, Math.abs(share - (before.get(value) ?? 0)));
      for (const [value, share] of before) if (!shares.has(value)) largest = Math.max(largest, share);
    }
    before = shares;
  }
  // What has half turned over may do so wholly: seasons, months, holidays.
  return largest >= 0.5 ? 1 : largest;
}

/** Values whose share is compared: those that are frequent now, and those that were. */
export function comparedValues(column: ColumnProfile, past: ColumnPast): readonly ValueCount[] {
  const totals = new Map<string, number>();
  let rows = 0;
  for (const one of past) {
    rows += one?.present ?? 0;
    for (const [value, count] of one?.values ?? []) totals.set(value, (totals.get(value) ?? 0) + count);
  }
  const frequent = [...totals].filter(([, count]) => count >= 0.01 * rows).sort((a, b) => b[1] - a[1]);
  const counts = new Map(column.values ?? []);
  const compared = new Map(column.top);
  for (const [value] of frequent.slice(0, 25)) compared.set(value, counts.get(value) ?? 0);
  return [...compared];
}

/** The middle of the spreads that history had: what a quantile's change is measured in. */
export function typicalWidth(past: ColumnPast): number {
  const place = measureNames.number.indexOf('spread');
  const width = middle(past.map((one) => one?.measures[place] ?? Number.NaN));
  return Number.isNaN(width) ? 0 : width;
}
