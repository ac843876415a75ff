import type { Frame } from '../sums-state.ts';

/** What the sums take of a block that depends on no anchor. */
export type BlockMoments = {
  /** Per measured feature, over the rows of weight above 0 where it is present. */
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
  /** |(z, missing)|² per row. */
  readonly norms: Float64Array;
};

export type MeasuredLines = {
  /** Line 0 is the ones, then come z of the measured features, then the indicators of those in `missing`. */
  readonly z: Float64Array;
  readonly rows: number;
  readonly weights: Float64Array;
  readonly features: number;
  /** The features with an indicator, in order. */
  readonly missing: readonly number[];
};

/**
 * z = (x − pivot) / scale of every feature, from line 1 of `z` on; and the largest |x| that Σz² allows, or NaN: loops
 * that do little over a line that stays in the first-level cache, which a tensor of all lines would not. Numbers they
 * carry are declared one by one: V8 boxes each value of those that an array pattern declares.
 */
export function standardize(x: Float64Array, z: Float64Array, rows: number, frame: Frame): number {
  let largest = 0;
  for (let feature = 0; feature < frame.pivot.length; feature++) {
    const pivot = frame.pivot[feature] ?? 0;
    const scale = frame.scale[feature] ?? 1;
    const from = x.subarray(feature * rows, (feature + 1) * rows);
    const into = z.subarray((feature + 1) * rows, (feature + 2) * rows);
    const far = Math.sqrt(standardizeLine(from, into, pivot, 1 / scale)) * scale + Math.abs(pivot);
    if (!(far <= largest)) largest = far;
    if (Number.isNaN(largest)) return largest;
  }
  return largest;
}

/** @param unit a power of two: multiplying by it is exact. Returns Σz², two sums at a time: one waits for itself. */
function standardizeLine(x: Float64Array, z: Float64Array, pivot: number, unit: number): number {
  let even = 0;
  let odd = 0;
  const pairs = x.length - (x.length % 2);
  for (let i = 0; i < pairs; i += 2) {
    const one = ((x[i] ?? 0) - pivot) * unit;
    const two = ((x[i + 1] ?? 0) - pivot) * unit;
    z[i] = one;
    z[i + 1] = two;
    even += one * one;
    odd += two * two;
  }
  if (pairs === x.length) return even + odd;
  const last = ((x[pairs] ?? 0) - pivot) * unit;
  z[pairs] = last;
  return even + odd + last * last;
}

export function blockMoments({ z, rows, weights, features, missing }: MeasuredLines): BlockMoments {
  const moments: BlockMoments = {
    sums: new Float64Array(features),
    squares: new Float64Array(features),
    low: new Float64Array(features),
    high: new Float64Array(features),
    norms: new Float64Array(rows),
  };
  const line = (place: number) => z.subarray(place * rows, (place + 1) * rows);
  const isWhole = !weights.includes(0);
  for (let feature = 0; feature < features; feature++) {
    const slot = missing.indexOf(feature);
    const own = line(feature + 1);
    if (isWhole && slot < 0) wholeMoments(moments, feature, own);
    else partialMoments(moments, feature, own, weights, slot < 0 ? null : line(features + 1 + slot));
    addSquares(moments.norms, own);
  }
  missing.forEach((_, slot) => {
    addSquares(moments.norms, line(features + 1 + slot));
  });
  return moments;
}

function addSquares(norms: Float64Array, line: Float64Array): void {
  for (let i = 0; i < line.length; i++) {
    const value = line[i] ?? 0;
    norms[i] = (norms[i] ?? 0) + value * value;
  }
}

type Moments = Omit<BlockMoments, 'norms'>;

function wholeMoments(moments: Moments, feature: number, line: Float64Array): void {
  let sum = 0;
  let squares = 0;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < line.length; i++) {
    const value = line[i] ?? 0;
    sum += value;
    squares += value * value;
    if (value < low) low = value;
    if (value > high) high = value;
  }
  setMoments(moments, feature, sum, squares, low, high);
}

/** Of the rows that train and have the feature. */
export function partialMoments(
  moments: Moments,
  feature: number,
  line: Float64Array,
  weights: Float64Array,
  absent: Float64Array | null,
): void {
  let sum = 0;
  let squares = 0;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < line.length; i++) {
    if (weights[i] === 0 || (absent !== null && absent[i] === 1)) continue;
    const value = line[i] ?? 0;
    sum += value;
    squares += value * value;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  setMoments(moments, feature, sum, squares, low, high);
}

function setMoments(
  moments: Moments,
  feature: number,
  sum: number,
  squares: number,
  low: number,
  high: number,
): void {
  moments.sums[feature] = sum;
  moments.squares[feature] = squares;
  moments.low[feature] = low;
  moments.high[feature] = high;
}
