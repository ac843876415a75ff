import type { Reason } from '../core/reasons.ts';
import { type DoubleDouble, divide, multiply, subtract, twoSum } from './double-double.ts';
import type { FeaturePlan } from './feature-plan.ts';

/**
 * Sums over the training rows, as pairs of doubles (`high` + `low`): the maintained state of a ridge model. With the
 * plan's k measured features and z = (x − pivot) / scale, 0 where x is missing, each row is the vector
 *
 *   [1, z of k features, z of the label, k indicators "is missing", one-hot columns of every level]
 *
 * and the state is the sum of its outer product with itself. The first d = 2k + 2 entries are the dense part. Scales
 * are powers of two and pivots multiples of them, so z is mostly exact and adding and taking away a row cancel.
 */
export type SumsState = {
  readonly frame: Frame;
  /** Per categorical feature: its levels, sorted, NULL last. Levels that no row has are not here. */
  readonly levels: readonly Levels[];
  /** d × d, symmetric. */
  readonly dense: PairedSums;
  /** L × d, over the L levels of all categorical features one after the other: sums of the dense part per level. */
  readonly grouped: PairedSums;
  /** L × L counts of rows that have both levels; only where column ≥ row. */
  readonly together: Float64Array;
  readonly budget: ErrorBudget;
  /** Null where every row weighs 1, so that the sums themselves count. */
  readonly tally: Tally | null;
};

/** Rows of weighted sums, which no sum of weights can count. */
export type Tally = {
  /** With decay: the moment whose weight is 1, milliseconds since the epoch. */
  readonly originMs: number;
  rows: number;
  /** Per measured feature: rows in which it is missing. */
  readonly missing: Float64Array;
  /** Per level, in layout order. */
  readonly levels: Float64Array;
};

export type Levels = readonly (string | null)[];

/** The coordinates the sums are kept in: per measured feature, then the label. Booleans have pivot 0, scale 1. */
export type Frame = { readonly pivot: Float64Array; readonly scale: Float64Array };

export type PairedSums = { readonly high: Float64Array; readonly low: Float64Array };

/**
 * Σz² of everything ever added or taken away, per measured feature and the label: `rounded` by plain double products,
 * `exact` by split ones (moment-kernel.ts). Their rounding errors stay in the sums when the rows themselves leave.
 */
export type ErrorBudget = { readonly rounded: Float64Array; readonly exact: Float64Array };

export function denseSize(measured: number): number {
  return 2 * measured + 2;
}

export function emptyState(plan: FeaturePlan, frame: Frame): SumsState {
  const size = denseSize(plan.measured.length);
  return {
    frame,
    levels: plan.categorical.map(() => []),
    dense: pairedSums(size * size),
    grouped: pairedSums(0),
    together: new Float64Array(0),
    budget: {
      rounded: new Float64Array(plan.measured.length + 1),
      exact: new Float64Array(plan.measured.length + 1),
    },
    tally:
      plan.weighting === null
        ? null
        : {
            originMs: plan.weighting.originMs,
            rows: 0,
            missing: new Float64Array(plan.measured.length),
            levels: new Float64Array(0),
          },
  };
}

export function pairedSums(length: number): PairedSums {
  return { high: new Float64Array(length), low: new Float64Array(length) };
}

export function rowCount(state: SumsState): number {
  return state.tally?.rows ?? totalWeight(state);
}

/** The rows, where each weighs 1. */
export function totalWeight(state: SumsState): number {
  return state.dense.high[0] ?? 0;
}

/** Rows of each level of all categorical features, in layout order. */
export function levelRows(state: SumsState): Float64Array {
  const total = levelCount(state.levels);
  return (
    state.tally?.levels ??
    Float64Array.from({ length: total }, (_, at) => state.together[at * (total + 1)] ?? 0)
  );
}

export function measuredCount(state: SumsState): number {
  return state.frame.pivot.length - 1;
}

export function levelCount(levels: readonly Levels[]): number {
  return levels.reduce((total, some) => total + some.length, 0);
}

/** A copy that can be added to without touching `state`, laid out for `levels` (which hold all of the state's). */
export function copyWithLevels(state: SumsState, levels: readonly Levels[]): SumsState {
  const size = denseSize(measuredCount(state));
  const total = levelCount(levels);
  const target = levelTargets(state.levels, levels);
  const grouped = pairedSums(total * size);
  const together = new Float64Array(total * total);
  const counted = new Float64Array(total);
  const before = target.length;
  target.forEach((to, from) => {
    if (to < 0) return;
    counted[to] = state.tally?.levels[from] ?? 0;
    grouped.high.set(state.grouped.high.subarray(from * size, (from + 1) * size), to * size);
    grouped.low.set(state.grouped.low.subarray(from * size, (from + 1) * size), to * size);
    for (let other = from; other < before; other++) {
      const toOther = target[other] ?? -1;
      if (toOther >= 0) together[to * total + toOther] = state.together[from * before + other] ?? 0;
    }
  });
  return {
    frame: state.frame,
    levels,
    dense: { high: state.dense.high.slice(), low: state.dense.low.slice() },
    grouped,
    together,
    budget: { rounded: state.budget.rounded.slice(), exact: state.budget.exact.slice() },
    tally: state.tally && { ...state.tally, missing: state.tally.missing.slice(), levels: counted },
  };
}

/** For each level of `from`, in layout order, its place in the layout of `to`; −1 where it is gone. */
function levelTargets(from: readonly Levels[], to: readonly Levels[]): number[] {
  const targets: number[] = [];
  let offset = 0;
  from.forEach((levels, feature) => {
    const known = to[feature] ?? [];
    const places = new Map(known.map((level, index) => [level, offset + index]));
    for (const level of levels) targets.push(places.get(level) ?? -1);
    offset += known.length;
  });
  return targets;
}

/** Both lists' levels in the state's order: by UTF-16 code units, NULL last. */
export function mergeLevels(a: Levels, b: Levels): Levels {
  return [...new Set([...a, ...b])].sort((x, y) => {
    if (x === null || y === null) return x === y ? 0 : x === null ? 1 : -1;
    return x < y ? -1 : x > y ? 1 : 0;
  });
}

/** Adds `value` to a sum, keeping what rounding would lose (Knuth's two-sum). */
export function addTo(sums: PairedSums, index: number, value: number): void {
  const high = sums.high[index] ?? 0;
  const sum = high + value;
  const part = sum - high;
  sums.low[index] = (sums.low[index] ?? 0) + (high - (sum - part) + (value - part));
  sums.high[index] = sum;
}

/** Adds `part`, which has the same layout, to `state`, or takes it away; `state` must be the caller's own copy. */
export function mergeInto(state: SumsState, part: SumsState, sign: 1 | -1): void {
  mergeSums(state.dense, part.dense, sign);
  mergeSums(state.grouped, part.grouped, sign);
  mergeCounts(state.together, part.together, sign);
  mergeCounts(state.budget.rounded, part.budget.rounded, 1);
  mergeCounts(state.budget.exact, part.budget.exact, 1);
  if (state.tally === null || part.tally === null) return;
  state.tally.rows += sign * part.tally.rows;
  mergeCounts(state.tally.missing, part.tally.missing, sign);
  mergeCounts(state.tally.levels, part.tally.levels, sign);
}

function mergeSums(into: PairedSums, part: PairedSums, sign: 1 | -1): void {
  for (let index = 0; index < into.high.length; index++) {
    addTo(into, index, sign * (part.high[index] ?? 0));
    addTo(into, index, sign * (part.low[index] ?? 0));
  }
}

function mergeCounts(into: Float64Array, part: Float64Array, sign: 1 | -1): void {
  for (let index = 0; index < into.length; index++) {
    into[index] = (into[index] ?? 0) + sign * (part[index] ?? 0);
  }
}

/**
 * The state with nothing left of what it no longer holds: levels without a row are gone, sums over no row are zero,
 * and each pair of doubles is in its one normal form.
 */
export function tidied(state: SumsState): SumsState {
  const size = denseSize(measuredCount(state));
  const rows = levelRows(state);
  let place = 0;
  const alive = state.levels.map((levels) => levels.filter(() => (rows[place++] ?? 0) > 0));
  const result = copyWithLevels(state, alive);
  normalize(result.dense);
  normalize(result.grouped);
  for (let measure = 0; measure <= measuredCount(state); measure++) {
    if (presentRows(state, measure) !== 0) continue;
    clearEntry(result, size, measure + 1);
    result.budget.rounded[measure] = 0;
    result.budget.exact[measure] = 0;
  }
  for (let entry = measuredCount(state) + 2; entry < size; entry++) {
    if (missingRows(state, entry - measuredCount(state) - 2) === 0) clearEntry(result, size, entry);
  }
  if (rowCount(state) === 0) clearEntry(result, size, 0);
  return result;
}

function clearEntry(state: SumsState, size: number, entry: number): void {
  for (const sums of [state.dense.high, state.dense.low]) {
    for (let j = 0; j < size; j++) {
      sums[entry * size + j] = 0;
      sums[j * size + entry] = 0;
    }
  }
  for (const sums of [state.grouped.high, state.grouped.low]) {
    for (let row = entry; row < sums.length; row += size) sums[row] = 0;
  }
}

function normalize(sums: PairedSums): void {
  for (let index = 0; index < sums.high.length; index++) {
    const [high, low] = twoSum(sums.high[index] ?? 0, sums.low[index] ?? 0);
    sums.high[index] = high;
    sums.low[index] = low;
  }
}

/** Relative rounding error left in Σz² by plain products, and by split ones. */
const roundedError = 2 ** -53;
const exactError = 2 ** -72;

/** Standard deviations' squares are trusted to this much; solving costs further digits. */
const trusted = 64 * roundedError;

/** Bounds the absolute error in the centred Σz² of a measured feature (or the label, at index k). */
export function varianceError(state: SumsState, measure: number): number {
  return (
    roundedError * (state.budget.rounded[measure] ?? 0) + exactError * (state.budget.exact[measure] ?? 0)
  );
}

/**
 * Why the sums must be made anew, or null: some column's rounding errors have grown too large against what is left
 * of its variance, or a value too large to square has passed.
 */
export function needsRebase(state: SumsState): Reason | null {
  for (let measure = 0; measure < state.frame.pivot.length; measure++) {
    const variance = centredSquares(state, measure);
    const error = varianceError(state, measure);
    if (!Number.isFinite(variance) || !Number.isFinite(error)) return 'non-finite';
    if (error > trusted * Math.max(variance, 0)) return 'state-rebase';
  }
  return null;
}

/** Σ(z − mean)² over the rows where the measure is present, from the sums. */
export function centredSquares(state: SumsState, measure: number): number {
  const size = denseSize(measuredCount(state));
  const present = presentWeight(state, measure);
  if (presentRows(state, measure) === 0) return 0;
  const sum = pairAt(state.dense, measure + 1);
  const squares = pairAt(state.dense, (measure + 1) * (size + 1));
  return subtract(squares, divide(multiply(sum, sum), [present, 0]))[0];
}

export function pairAt(sums: PairedSums, index: number): DoubleDouble {
  return [sums.high[index] ?? 0, sums.low[index] ?? 0];
}

/** Rows in which the measured feature is not missing; for the label, all rows. */
export function presentRows(state: SumsState, measure: number): number {
  return rowCount(state) - (measure < measuredCount(state) ? missingRows(state, measure) : 0);
}

export function missingRows(state: SumsState, feature: number): number {
  return state.tally === null ? missingWeight(state, feature) : (state.tally.missing[feature] ?? 0);
}

/** The weight of the rows of `presentRows`. */
export function presentWeight(state: SumsState, measure: number): number {
  return totalWeight(state) - (measure < measuredCount(state) ? missingWeight(state, measure) : 0);
}

function missingWeight(state: SumsState, feature: number): number {
  return state.dense.high[measuredCount(state) + 2 + feature] ?? 0;
}
