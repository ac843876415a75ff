import type { BatchColumn } from './batch-columns.ts';
import { type ColumnProfile, fewValues, type Novelty, nothingNovel } from './column-profile.ts';
import type { KnownColumn } from './known-column.ts';
import type { MeasureWork } from './measure-work.ts';
import { countsOfFew, topCounts } from './value-counts.ts';
import { sketchBound } from './value-sketch.ts';

const nines: ReadonlySet<number> = new Set([
  -9, -99, 999, -999, 9_999, -9_999, 99_999, -99_999, 999_999, -999_999, 9_999_999,
]);

/** Profile of a column of numbers or booleans. @param rows by number, those measured; in event order */
export function measureNumber(
  column: BatchColumn,
  known: KnownColumn | null,
  work: MeasureWork,
): ColumnProfile {
  const { numbers, name } = column;
  const finite = work.room(numbers.length);
  const { n, nonfinite, longest, steps } = readInOrder(column, finite);
  const ordered = work.sorted(finite.subarray(0, n));
  const { distinct, counts, top, bag, sketch, traits } = countSorted(ordered, work);
  const { zero, negative, whole, tenths, minusOne, nine } = traits;
  const quantile = (share: number) => quantileOf(ordered, share);
  const [q05, q25, q75, q95] = [quantile(0.05), quantile(0.25), quantile(0.75), quantile(0.95)];
  const width = q75 > q25 ? q75 - q25 : q95 - q05;
  const isBoolean = column.kind === 'boolean';
  const runLog = n === 0 ? Number.NaN : Math.log1p(longest);
  return {
    name,
    kind: column.kind,
    present: n + nonfinite,
    nulls: numbers.length - n - nonfinite,
    counts: isBoolean ? [n - zero] : [zero, negative, whole, whole + tenths, nonfinite, minusOne, nine],
    measures: isBoolean
      ? [runLog]
      : [
          ...[q05, q25, quantile(0.5), q75, q95, width],
          n === 0 ? Number.NaN : distinct / n,
          runLog,
          disorderOf(column, ordered, steps, q05, q95),
        ],
    least: ordered[0] ?? Number.NaN,
    greatest: ordered[n - 1] ?? Number.NaN,
    middle: quantile(0.5),
    values: counts === null ? null : countsOfFew(counts),
    top,
    patterns: null,
    bag,
    sketch,
    novel: novelOf(ordered, counts, known),
  };
}

/** What the order of the rows shows; writes the finite numbers into the room. `steps`: between those that follow one another. */
function readInOrder({ numbers, present }: BatchColumn, finite: Float64Array) {
  let n = 0;
  let nonfinite = 0;
  let run = 0;
  let longest = 0;
  let before = Number.NaN;
  let steps = 0;
  for (let row = 0; row < numbers.length; row++) {
    if (present[row] === 0) continue;
    const value = numbers[row] ?? 0;
    if (value - value !== 0) {
      nonfinite += 1;
      continue;
    }
    finite[n++] = value;
    if (value === before) run += 1;
    else {
      if (n > 1) steps += Math.abs(value - before);
      run = 1;
    }
    if (run > longest) longest = run;
    before = value;
  }
  return { n, nonfinite, longest, steps };
}

/** Rows whose number is of a kind that errors bring, or take away. */
type NumberTraits = {
  zero: number;
  negative: number;
  whole: number;
  /** Whole by tenths, and not whole. */
  tenths: number;
  minusOne: number;
  nine: number;
};

function addTraits(traits: NumberTraits, value: number, rows: number): void {
  if (value === 0) traits.zero += rows;
  else if (value < 0) traits.negative += rows;
  if (Number.isInteger(value)) {
    traits.whole += rows;
    if (value === -1) traits.minusOne += rows;
    else if (nines.has(value)) traits.nine += rows;
  } else if (isWhole(value * 10)) traits.tenths += rows;
}

/** Rows from which on their order says something. */
const fewestInOrder = 10;

/**
 * How far apart values that follow one another are, beside two at random (Gini's mean difference): near 0 where they change
 * slowly, about 1 where their order says nothing, whatever the values are like. What lies as far again outside of the middle
 * nine tenths as these are wide counts as no further, so that one wild value says little of the others.
 *
 * @param ordered its finite values, from the least on
 * @param steps between those that follow one another, all of them together
 */
function disorderOf(
  column: BatchColumn,
  ordered: Float64Array,
  steps: number,
  q05: number,
  q95: number,
): number {
  const n = ordered.length;
  const width = q95 - q05;
  if (n < fewestInOrder || !(width > 0)) return Number.NaN;
  const [low, high] = [q05 - width, q95 + width];
  const isTame = (ordered[0] ?? 0) >= low && (ordered[n - 1] ?? 0) <= high;
  let apart = 0;
  for (let place = 0; place < n; place++) {
    const value = ordered[place] ?? 0;
    apart += (2 * place + 1 - n) * (isTame ? value : within(value, low, high));
  }
  // Σ|xᵢ − xᵢ₋₁| / (n − 1) over Σ(2i − n − 1) x₍ᵢ₎ · 2 / (n (n − 1)).
  return ((isTame ? steps : stepsWithin(column, low, high)) * n) / (2 * apart);
}

function within(value: number, low: number, high: number): number {
  return value < low ? low : value > high ? high : value;
}

function stepsWithin({ numbers, present }: BatchColumn, low: number, high: number): number {
  let steps = 0;
  let before = Number.NaN;
  for (let row = 0; row < numbers.length; row++) {
    const given = numbers[row] ?? 0;
    if (present[row] === 0 || given - given !== 0) continue;
    const value = within(given, low, high);
    if (!Number.isNaN(before)) steps += Math.abs(value - before);
    before = value;
  }
  return steps;
}

function isWhole(value: number): boolean {
  return Math.abs(value - Math.round(value)) < 1e-9 * Math.max(1, Math.abs(value));
}

/** Between neighbours, as DuckDB's quantile_cont. */
export function quantileOf(ordered: Float64Array, share: number): number {
  if (ordered.length === 0) return Number.NaN;
  const place = share * (ordered.length - 1);
  const below = Math.floor(place);
  const low = ordered[below] ?? 0;
  const high = ordered[Math.min(ordered.length - 1, below + 1)] ?? low;
  return low + (high - low) * (place - below);
}

function countDistinct(ordered: Float64Array): number {
  let distinct = 0;
  for (let row = 0; row < ordered.length; row++)
    if (row === 0 || ordered[row] !== ordered[row - 1]) distinct += 1;
  return distinct;
}

/** Looks at each distinct number once. */
function countSorted(ordered: Float64Array, { hashOf }: MeasureWork) {
  const runs: [value: number, rows: number][] = [];
  const traits: NumberTraits = { zero: 0, negative: 0, whole: 0, tenths: 0, minusOne: 0, nine: 0 };
  let bag = 0;
  let least = 0;
  const few = new Map<string, number>();
  const distinct = countDistinct(ordered);
  const isFew = distinct <= fewValues;
  const below = sketchBound(distinct);
  const hashes: number[] = [];
  const top: [string, number][] = [];
  for (let start = 0; start < ordered.length; ) {
    const value = ordered[start] ?? 0;
    let end = start + 1;
    while (end < ordered.length && ordered[end] === value) end += 1;
    const rows = end - start;
    addTraits(traits, value, rows);
    const hash = hashOf(value);
    if (!isFew && hash >>> 0 < below) hashes.push(hash >>> 0);
    bag = (bag + Math.imul(hash, rows)) | 0;
    if (isFew) few.set(String(value), rows);
    if (rows > 1 && (runs.length < 8 || rows > least)) {
      runs.push([value, rows]);
      if (runs.length > 64) runs.sort((a, b) => b[1] - a[1]).length = 8;
      least = runs.length < 8 ? 0 : Math.min(...runs.map((one) => one[1]));
    }
    start = end;
  }
  for (const [value, rows] of topCounts(runs.map(([value, rows]) => [String(value), rows])))
    top.push([value, rows]);
  return { distinct, counts: isFew ? few : null, top, bag, sketch: isFew ? null : { below, hashes }, traits };
}

function novelOf(
  ordered: Float64Array,
  counts: ReadonlyMap<string, number> | null,
  known: KnownColumn | null,
): Novelty {
  if (known === null) return nothingNovel;
  let below = 0;
  while (below < ordered.length && (ordered[below] ?? 0) < known.least) below += 1;
  let above = 0;
  while (above < ordered.length - below && (ordered[ordered.length - 1 - above] ?? 0) > known.greatest) {
    above += 1;
  }
  const width = known.greatest - known.least;
  const lowest = Math.max(known.least - width, lowestByRatio(known));
  const highest = known.greatest + width;
  let far = 0;
  if (width > 0) {
    while (far < below && (ordered[far] ?? 0) < lowest) far += 1;
    for (let row = ordered.length - 1; row >= 0 && (ordered[row] ?? 0) > highest; row--) far += 1;
  }
  const { rows, newest } = unknownValues(ordered, counts, known.values);
  return {
    below,
    above,
    far,
    belowMedian: ordered[below >> 1] ?? Number.NaN,
    aboveMedian: ordered[ordered.length - 1 - (above >> 1)] ?? Number.NaN,
    values: rows,
    newest,
    patterns: 0,
  };
}

/** Of what is always above 0: as far below again as the range is wide by its logarithm, and at least a third. */
function lowestByRatio({ least, greatest }: KnownColumn): number {
  return least > 0 ? least / Math.max(3, greatest / least) : Number.NEGATIVE_INFINITY;
}

function unknownValues(
  ordered: Float64Array,
  counts: ReadonlyMap<string, number> | null,
  values: ReadonlySet<string> | null,
) {
  if (values === null) return { rows: 0, newest: [] };
  const unknown = new Map<string, number>();
  let rows = 0;
  const add = (value: string, count: number) => {
    if (values.has(value)) return;
    rows += count;
    unknown.set(value, (unknown.get(value) ?? 0) + count);
  };
  if (counts !== null) for (const [value, count] of counts) add(value, count);
  else for (const value of ordered) add(String(value), 1);
  return { rows, newest: topCounts(unknown) };
}
