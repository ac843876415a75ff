import { fewValues, type ValueCount } from './column-profile.ts';

/** Counts by value, most frequent first; equal counts by value, so that the order is always the same. */
export function sortedCounts(counts: ReadonlyMap<string, number>): ValueCount[] {
  return [...counts].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
}

/** All of them where there are few; null otherwise. */
export function countsOfFew(counts: ReadonlyMap<string, number>): readonly ValueCount[] | null {
  return counts.size > fewValues ? null : sortedCounts(counts);
}

/** The most frequent values without sorting all. */
export function topCounts(counts: Iterable<ValueCount>, wanted = 5): ValueCount[] {
  const top: ValueCount[] = [];
  for (const entry of counts) {
    const least = top.length < wanted ? 0 : (top[top.length - 1]?.[1] ?? 0);
    if (entry[1] <= least) continue;
    top.push(entry);
    top.sort((a, b) => b[1] - a[1]);
    if (top.length > wanted) top.pop();
  }
  return top;
}
