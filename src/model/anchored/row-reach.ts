import type { AnchoredState } from './anchored-state.ts';
import type { Leverage } from './leverage.ts';
import { largestEigenvalue } from './metric.ts';
import type { StandardColumn, StandardSystem } from './standard-system.ts';

/** Both signs' largest values of some linear function over rows. */
type Interval = { readonly low: number; readonly high: number };

type MeasuredPart = {
  /** Places in x, 0 where the column is not active. */
  readonly measure: number;
  readonly missing: number;
  readonly unit: number;
  readonly missingMean: number;
  /** z − z̄ over rows where the feature is present. */
  readonly low: number;
  readonly high: number;
};

/**
 * How far linear functions of a training row's x can reach, from aggregates alone: every row has one level per
 * category, each measured feature is missing or between its least and largest z, and the norm of (z, missing) is at
 * most the largest seen. What rows that left reached counts too, so these are bounds from above.
 */
export class RowReach {
  readonly #measured: readonly MeasuredPart[];
  /** Per categorical feature the places of its active levels in x, and their means. */
  readonly #categories: readonly (readonly { readonly place: number; readonly mean: number }[])[];
  /** Bounds |(z − z̄ where present, missing − mean)|. */
  readonly #norm: number;
  /** |(z̄, mean of missing)|: what centring adds to a row's norm of (z, missing), at most. */
  readonly #shift: number;

  constructor(state: AnchoredState, system: StandardSystem) {
    const places = new Map(system.columns.map((column, index) => [column.place, { column, x: index + 1 }]));
    const measured = state.frame.pivot.length;
    const parts: MeasuredPart[] = [];
    let shift = 0;
    for (let feature = 0; feature < measured; feature++) {
      const measure = places.get(1 + feature);
      const missing = places.get(1 + measured + feature);
      const mean = system.means[feature] ?? 0;
      const missingMean = missing?.column.mean ?? 0;
      shift += mean * mean + missingMean * missingMean;
      if (measure === undefined && missing === undefined) continue;
      parts.push({
        measure: measure?.x ?? 0,
        missing: missing?.x ?? 0,
        unit: measure?.column.unit ?? 1,
        missingMean,
        low: measure === undefined ? 0 : (state.reach.low[feature] ?? 0) - mean,
        high: measure === undefined ? 0 : (state.reach.high[feature] ?? 0) - mean,
      });
    }
    this.#measured = parts;
    this.#shift = Math.sqrt(shift);
    this.#norm = state.reach.norm + this.#shift;
    this.#categories = categoriesOf(state, system.columns);
  }

  /** The largest |direction · x| of a row. */
  along(direction: Float64Array): number {
    let low = direction[0] ?? 0;
    let high = low;
    for (const levels of this.#categories) {
      const span = levelSpan(levels, direction);
      low += span.low;
      high += span.high;
    }
    let zLow = 0;
    let zHigh = 0;
    let squares = 0;
    for (const part of this.#measured) {
      const span = measuredSpan(part, direction);
      zLow += span.low;
      zHigh += span.high;
      if (part.measure > 0) squares += ((direction[part.measure] ?? 0) / part.unit) ** 2;
      if (part.missing > 0) squares += (direction[part.missing] ?? 0) ** 2;
    }
    const ball = this.#norm * Math.sqrt(squares);
    const byIntervals = Math.max(Math.abs(low + zLow), Math.abs(high + zHigh));
    const byNorm = Math.max(Math.abs(low), Math.abs(high)) + ball;
    return Math.min(byIntervals, byNorm);
  }

  /** Bounds |M·x| of rows, M of rank × size. */
  leverage(lines: Float64Array, rank: number): Leverage {
    const transposed = columnsOfLines(lines, rank);
    const column = (place: number) => transposed[place] ?? new Float64Array(rank);
    let total = length(column(0));
    for (const levels of this.#categories) {
      const base = new Float64Array(rank);
      for (const { place, mean } of levels) addScaled(base, column(place), -mean);
      let most = 0;
      for (const { place } of levels) {
        const vector = base.slice();
        addScaled(vector, column(place), 1);
        most = Math.max(most, length(vector));
      }
      total += most;
    }
    const { byIntervals, slope } = this.#measuredLeverage(column);
    return {
      most: total + Math.min(byIntervals, slope * this.#norm),
      base: total + slope * this.#shift,
      slope,
    };
  }

  /** Of the measured part: by each column's reach, and per unit of the norm of (z, missing). */
  #measuredLeverage(column: (place: number) => Float64Array): { byIntervals: number; slope: number } {
    const vectors: Float64Array[] = [];
    let byIntervals = 0;
    for (const part of this.#measured) {
      const measure = part.measure > 0 ? column(part.measure).map((value) => value / part.unit) : null;
      const missing = part.missing > 0 ? column(part.missing) : null;
      if (measure !== null) vectors.push(measure);
      if (missing !== null) vectors.push(missing);
      const far = Math.max(Math.abs(part.low), Math.abs(part.high));
      const indicator = missing === null ? 0 : length(missing);
      const present = (measure === null ? 0 : far * length(measure)) + indicator * part.missingMean;
      byIntervals += Math.max(present, indicator * (1 - part.missingMean));
    }
    const count = vectors.length;
    if (count === 0) return { byIntervals, slope: 0 };
    if (count > 512) return { byIntervals, slope: Number.POSITIVE_INFINITY };
    const gram = new Float64Array(count * count);
    vectors.forEach((left, i) => {
      vectors.forEach((right, j) => {
        if (j < i) return;
        const value = left.reduce((sum, entry, row) => sum + entry * (right[row] ?? 0), 0);
        gram[i * count + j] = value;
        gram[j * count + i] = value;
      });
    });
    return { byIntervals, slope: Math.sqrt(largestEigenvalue(gram, count)) };
  }

  /** The largest norm of a row's penalized x. */
  penalizedNorm(): number {
    let squares = 0;
    let least = 1;
    for (const part of this.#measured) {
      const far = Math.max(Math.abs(part.low), Math.abs(part.high)) / part.unit;
      const absent = part.missing > 0 ? (1 - part.missingMean) ** 2 : 0;
      squares += Math.max(far * far + part.missingMean ** 2, absent);
      if (part.measure > 0) least = Math.min(least, part.unit);
    }
    const dense = Math.min(Math.sqrt(squares), this.#norm / least);
    let levels = 0;
    for (const category of this.#categories) {
      const all = category.reduce((sum, { mean }) => sum + mean * mean, 0);
      levels += Math.max(0, ...category.map(({ mean }) => all + 1 - 2 * mean));
    }
    return Math.sqrt(dense * dense + levels);
  }
}

function categoriesOf(state: AnchoredState, columns: readonly StandardColumn[]) {
  let first = 0;
  return state.levels.map((levels) => {
    const from = first;
    first += levels.length;
    return columns.flatMap(({ kind, index, mean }, place) =>
      kind === 'level' && index >= from && index < first ? [{ place: place + 1, mean }] : [],
    );
  });
}

function levelSpan(
  levels: readonly { readonly place: number; readonly mean: number }[],
  d: Float64Array,
): Interval {
  if (levels.length === 0) return { low: 0, high: 0 };
  let base = 0;
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const { place, mean } of levels) {
    const value = d[place] ?? 0;
    base -= value * mean;
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return { low: low + base, high: high + base };
}

function measuredSpan(
  { measure, missing, unit, missingMean, low, high }: MeasuredPart,
  d: Float64Array,
): Interval {
  const slope = measure > 0 ? (d[measure] ?? 0) / unit : 0;
  const indicator = missing > 0 ? (d[missing] ?? 0) : 0;
  const [one, other] = [slope * low, slope * high];
  const present = -indicator * missingMean;
  const absent = missing > 0 ? indicator * (1 - missingMean) : present + one;
  return {
    low: Math.min(present + Math.min(one, other), absent),
    high: Math.max(present + Math.max(one, other), absent),
  };
}

function columnsOfLines(lines: Float64Array, rank: number): Float64Array[] {
  const size = rank === 0 ? 0 : lines.length / rank;
  const columns = Array.from({ length: size }, () => new Float64Array(rank));
  columns.forEach((column, place) => {
    for (let row = 0; row < rank; row++) column[row] = lines[row * size + place] ?? 0;
  });
  return columns;
}

function length(vector: Float64Array): number {
  return Math.sqrt(vector.reduce((sum, value) => sum + value * value, 0));
}

function addScaled(to: Float64Array, vector: Float64Array, factor: number): void {
  for (let i = 0; i < to.length; i++) to[i] = (to[i] ?? 0) + factor * (vector[i] ?? 0);
}
