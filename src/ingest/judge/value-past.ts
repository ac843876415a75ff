import type { ColumnPast } from './table-history.ts';

/** Rows by update of each value that was counted, values in the order in which they came. */
export type ValuePast = ReadonlyMap<string, readonly number[]>;

/** @param most values that differ; where there are more, it is given up after one more */
export function valuePastOf(past: ColumnPast, most = Number.POSITIVE_INFINITY): ValuePast {
  const found = new Map<string, number[]>();
  for (let update = 0; update < past.length && found.size <= most; update++) {
    for (const [value, rows] of past[update]?.values ?? []) {
      const counts = found.get(value) ?? new Array<number>(past.length).fill(0);
      counts[update] = rows;
      found.set(value, counts);
    }
  }
  return found;
}

/** Null: many values, or not nearly the same ones each time, as on a price list that is written anew every quarter. */
export function fewValuesOf(past: ColumnPast): ValuePast | null {
  let lists = 0;
  let longest = 0;
  for (const one of past) {
    if (one === null || one.values === null) continue;
    lists += 1;
    if (one.values.length > longest) longest = one.values.length;
  }
  if (lists * 2 <= past.length) return null;
  const most = 10 + 1.5 * longest;
  const found = valuePastOf(past, most);
  return found.size <= most ? found : null;
}

/** A share of rows on the scale on which chance moves all shares alike: from 0 to half of π. */
export function turnOf(share: number): number {
  return Math.asin(Math.sqrt(Math.min(1, Math.max(0, share))));
}

/** The most that the share of any value moved from one update to the next, as `turnOf`. */
export function largestTurn(past: ColumnPast, values: ValuePast): number {
  let largest = 0;
  for (const rows of values.values()) {
    let before = Number.NaN;
    let turnBefore = Number.NaN;
    for (let update = 0; update < past.length; update++) {
      const one = past[update];
      if (one === undefined || one === null || one.values === null || one.present === 0) continue;
      const share = (rows[update] ?? 0) / one.present;
      const turn = turnOf(share);
      // What has half turned over may do so wholly: seasons, months, holidays.
      const moved = Math.abs(share - before) >= 0.5 ? Math.PI / 2 : Math.abs(turn - turnBefore);
      if (moved > largest) largest = moved;
      before = share;
      turnBefore = turn;
    }
  }
  return largest;
}

/** The values that were frequent, the most frequent first, at most 25. */
export function frequentValues(past: ColumnPast, values: ValuePast): readonly string[] {
  const rows = past.reduce((sum, one) => sum + (one?.present ?? 0), 0);
  return [...values]
    .map(([value, counts]) => ({ value, total: counts.reduce((sum, count) => sum + count, 0) }))
    .filter(({ total }) => total >= 0.01 * rows)
    .sort((a, b) => b.total - a.total)
    .slice(0, 25)
    .map(({ value }) => value);
}
