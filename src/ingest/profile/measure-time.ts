import type { BatchColumn } from './batch-columns.ts';
import { type ColumnProfile, fewValues, nothingNovel } from './column-profile.ts';
import type { KnownColumn } from './known-column.ts';
import { quantileOf } from './measure-number.ts';
import type { MeasureWork } from './measure-work.ts';
import { sortedCounts, topCounts } from './value-counts.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;

/** Profile of a column of moments or days, in milliseconds. The values counted are the hours of the day. */
export function measureTime(
  column: BatchColumn,
  known: KnownColumn | null,
  work: MeasureWork,
): ColumnProfile {
  const { numbers, present, name, kind } = column;
  const moments = work.room(numbers.length);
  const hours = new Float64Array(24);
  const { hashOf } = work;
  let n = 0;
  let lateDay = 0;
  let midnight = 0;
  let wholeHour = 0;
  let epoch = 0;
  let inversions = 0;
  let run = 0;
  let longest = 0;
  let bag = 0;
  let previous = Number.NaN;
  let east = 0;
  let north = 0;
  let ties = 0;
  const steps = new Map<number, number>();
  for (let row = 0; row < numbers.length; row++) {
    if (present[row] === 0) continue;
    const at = numbers[row] ?? 0;
    moments[n++] = at;
    bag = (bag + hashOf(at)) | 0;
    if (new Date(at).getUTCDate() > 12) lateDay += 1;
    if (Math.abs(at) < dayMs || at < -2_000_000_000_000) epoch += 1;
    const inDay = at - Math.floor(at / dayMs) * dayMs;
    const hour = Math.floor(inDay / hourMs);
    hours[hour] = (hours[hour] ?? 0) + 1;
    if (inDay === 0) midnight += 1;
    if (inDay % hourMs === 0) wholeHour += 1;
    const angle = (inDay / dayMs) * 2 * Math.PI;
    east += Math.cos(angle);
    north += Math.sin(angle);
    if (at < previous) inversions += 1;
    if (at === previous) ties += 1;
    if (n > 1) steps.set(at - previous, (steps.get(at - previous) ?? 0) + 1);
    run = at === previous ? run + 1 : 1;
    if (run > longest) longest = run;
    previous = at;
  }
  const ordered = work.sorted(moments.subarray(0, n));
  const least = ordered[0] ?? Number.NaN;
  const greatest = ordered[n - 1] ?? Number.NaN;
  const span = Math.log1p((greatest - least) / 1_000);
  const runLog = n === 0 ? Number.NaN : Math.log1p(longest);
  const middle = quantileOf(ordered, 0.5);
  const before = known?.latest ?? { first: Number.NaN, median: Number.NaN, last: Number.NaN };
  const moved = [least - before.first, middle - before.median, greatest - before.last];
  const gaps = n < 2 ? 0 : n - 1 - Math.max(...steps.values());
  const isDay = kind === 'day';
  return {
    name,
    kind,
    present: n,
    nulls: numbers.length - n,
    counts: isDay ? [lateDay, epoch] : [lateDay, midnight, wholeHour, epoch],
    measures: isDay
      ? [...moved, span, runLog, inversions / n]
      : [...moved, east / n, north / n, span, runLog, inversions / n, ties / n, gaps / n],
    least,
    greatest,
    middle,
    values: isDay ? null : hourCounts(hours),
    top: topCounts(runsOf(ordered)),
    patterns: null,
    bag,
    sketch: null,
    novel: novelOf(ordered, known),
  };
}

function hourCounts(hours: Float64Array) {
  const counts = new Map<string, number>();
  for (const [hour, rows] of hours.entries()) if (rows > 0) counts.set(String(hour), rows);
  return sortedCounts(counts);
}

function runsOf(ordered: Float64Array): [string, number][] {
  const runs: [string, number][] = [];
  for (let start = 0; start < ordered.length && runs.length <= fewValues; ) {
    let end = start + 1;
    while (end < ordered.length && ordered[end] === ordered[start]) end += 1;
    if (end - start > 1) runs.push([new Date(ordered[start] ?? 0).toISOString(), end - start]);
    start = end;
  }
  return runs;
}

function novelOf(ordered: Float64Array, known: KnownColumn | null) {
  if (known === null) return nothingNovel;
  let below = 0;
  while (below < ordered.length && (ordered[below] ?? 0) < known.least) below += 1;
  return { ...nothingNovel, below, belowMedian: ordered[below >> 1] ?? Number.NaN };
}
