import { subtract } from './double-double.ts';
import { penalized, subsystem } from './linear-design.ts';
import { type NormalSystem, residual, solveNormalSystem } from './penalized-solve.ts';
import { type PairedSums, pairAt, pairedSums } from './sums-state.ts';

/** `squares` is yᵀy, which the gap is told against. */
export type ElasticNetPenalty = { readonly l1: number; readonly l2: number; readonly squares: number };

export type ElasticNetWeights = { readonly weights: PairedSums; readonly gap: number };

/** Rounds of descent and exact solve; the tolerance of the descent falls tenfold with each. */
const largestRounds = 14;
const largestSweeps = 2_000;

/** How far beyond its bound a gradient may be, relative to what it could be at most, to count as rounding. */
const rounding = 1e-13;

/**
 * Minimizes wᵀA·w − 2·bᵀw + l2·‖w‖² + l1·‖w‖₁. Coordinate descent (Friedman et al. 2010, doi:10.18637/jss.v033.i01)
 * from the ridge solution finds which weights are zero and the signs of the others; given those, the minimum solves
 * (A + l2)·w = b − l1/2·sign(w) over the others, which is done as for ridge, to all its digits. Where that changes a
 * sign, the way there is gone only until the weight is zero, and solved again (Lee et al. 2006, feature-sign search).
 * The answer stands when no gradient of a zero weight exceeds l1/2 (the Karush-Kuhn-Tucker conditions); else the
 * descent goes on, more closely.
 */
export function elasticNetWeights(system: NormalSystem, penalty: ElasticNetPenalty): ElasticNetWeights {
  const ridge = penalized(system, penalty.l2);
  const threshold = penalty.l1 / 2;
  const start = solveNormalSystem(ridge);
  if (threshold === 0) return { weights: start, gap: 0 };
  const w = start.high.slice();
  let tolerance = 1e-3;
  for (let round = 0; round < largestRounds; round++) {
    descend(ridge, threshold, w, tolerance);
    const polished = polish(ridge, penalty, w);
    if (polished !== null && isMinimum(ridge, penalty, w, polished)) {
      return { weights: polished, gap: gapOf(ridge, penalty, polished) };
    }
    tolerance /= 10;
  }
  // where columns depend on one another there are many minima, and signs alone do not say which
  const weights: PairedSums = { high: w, low: new Float64Array(w.length) };
  return { weights, gap: gapOf(ridge, penalty, weights) };
}

/** Sweeps over all coordinates, then over those not zero until they stand, until a full sweep changes little. */
function descend(
  { size, matrix, right }: NormalSystem,
  threshold: number,
  w: Float64Array,
  tolerance: number,
): void {
  const gradient = residual({ size, matrix, right, error: 0 }, { high: w, low: new Float64Array(size) });
  const scale = largestStep(right, matrix, size) * tolerance;
  const sweep = (indexes: Iterable<number>): number => {
    let most = 0;
    for (const j of indexes) {
      const before = w[j] ?? 0;
      const square = matrix.high[j * (size + 1)] ?? 1;
      const free = (gradient[j] ?? 0) + square * before;
      const after = (Math.sign(free) * Math.max(0, Math.abs(free) - threshold)) / square;
      if (after === before) continue;
      w[j] = after;
      for (let i = 0; i < size; i++) {
        gradient[i] = (gradient[i] ?? 0) - (after - before) * (matrix.high[j * size + i] ?? 0);
      }
      most = Math.max(most, Math.abs(after - before) * Math.sqrt(square));
    }
    return most;
  };
  for (let done = 0; done < largestSweeps; done++) {
    if (sweep(w.keys()) <= scale) return;
    const alive = [...w.keys()].filter((j) => w[j] !== 0);
    while (done < largestSweeps && sweep(alive) > scale) done++;
  }
}

/** The longest step any one coordinate can take from zero, in standard deviations. */
function largestStep(right: PairedSums, matrix: PairedSums, size: number): number {
  return right.high.reduce(
    (most, value, j) => Math.max(most, Math.abs(value) / Math.sqrt(matrix.high[j * (size + 1)] ?? 1)),
    0,
  );
}

/**
 * The minimum over the weights that are not zero, with signs that hold; w moves along. Null when it cannot be solved
 * for, because the columns depend on one another.
 */
function polish(ridge: NormalSystem, penalty: ElasticNetPenalty, w: Float64Array): PairedSums | null {
  for (let turn = 0; turn <= w.length; turn++) {
    const polished = solveSigned(ridge, penalty.l1 / 2, w);
    const gradient = residual(ridge, polished);
    const slack = slackOf(ridge, penalty);
    const solves = gradient.every(
      (value, j) => w[j] === 0 || Math.abs(value - (Math.sign(w[j] ?? 0) * penalty.l1) / 2) <= slack(j),
    );
    if (!solves) return null;
    const crossing = firstCrossing(w, polished.high);
    if (crossing.index < 0) return polished;
    const clipped = w.map((value, j) => (value * (polished.high[j] ?? 0) > 0 ? (polished.high[j] ?? 0) : 0));
    const stopped = w.map((value, j) =>
      j === crossing.index ? 0 : value + crossing.share * ((polished.high[j] ?? 0) - value),
    );
    // to zero all that change sign at once is faster, where it leads down; to the first of them always does
    w.set(objective(ridge, penalty, clipped) < objective(ridge, penalty, stopped) ? clipped : stopped);
  }
  return null;
}

function objective(ridge: NormalSystem, { l1 }: ElasticNetPenalty, w: Float64Array): number {
  const gradient = residual(ridge, { high: w, low: new Float64Array(w.length) });
  return w.reduce(
    (sum, value, j) => sum + l1 * Math.abs(value) - value * ((ridge.right.high[j] ?? 0) + (gradient[j] ?? 0)),
    0,
  );
}

/** Which weight is the first to become zero on the way from one to the other, and at what share of it; −1: none. */
function firstCrossing(from: Float64Array, to: Float64Array): { index: number; share: number } {
  let first = { index: -1, share: 1 };
  from.forEach((value, index) => {
    const end = to[index] ?? 0;
    if (value === 0 || value * end > 0) return;
    const share = value / (value - end);
    if (first.index < 0 || share < first.share) first = { index, share };
  });
  return first;
}

/** What a gradient may be off by: its rounding. */
function slackOf({ matrix, size }: NormalSystem, { squares }: ElasticNetPenalty): (column: number) => number {
  return (j) => rounding * Math.sqrt((matrix.high[j * (size + 1)] ?? 0) * squares);
}

/** The minimum, were zeros and signs those of w. */
function solveSigned(ridge: NormalSystem, threshold: number, w: Float64Array): PairedSums {
  const alive = [...w.keys()].filter((j) => w[j] !== 0);
  const part = subsystem(ridge, alive);
  alive.forEach((j, place) => {
    const [high, low] = subtract(pairAt(ridge.right, j), [threshold * Math.sign(w[j] ?? 0), 0]);
    part.right.high[place] = high;
    part.right.low[place] = low;
  });
  const solution = solveNormalSystem(part);
  const weights = pairedSums(ridge.size);
  alive.forEach((j, place) => {
    weights.high[j] = solution.high[place] ?? 0;
    weights.low[j] = solution.low[place] ?? 0;
  });
  return weights;
}

/** Whether the weights that are zero want to stay so. */
function isMinimum(
  ridge: NormalSystem,
  penalty: ElasticNetPenalty,
  w: Float64Array,
  polished: PairedSums,
): boolean {
  const slack = slackOf(ridge, penalty);
  return residual(ridge, polished).every(
    (value, j) => w[j] !== 0 || Math.abs(value) <= penalty.l1 / 2 + slack(j),
  );
}

/**
 * The duality gap over yᵀy. With rows √l2·I below the design, this is a lasso whose residual r, scaled until no
 * gradient exceeds l1/2, is a feasible point of the dual, and bounds the minimum from below (Kim et al. 2007,
 * doi:10.1109/JSTSP.2007.910971).
 */
function gapOf(ridge: NormalSystem, { l1, squares }: ElasticNetPenalty, w: PairedSums): number {
  if (!(squares > 0)) return 0;
  const gradient = residual(ridge, w);
  let explained = 0;
  let slope = 0;
  let size = 0;
  let steepest = 0;
  w.high.forEach((value, j) => {
    explained += value * (ridge.right.high[j] ?? 0);
    slope += value * (gradient[j] ?? 0);
    size += Math.abs(value);
    steepest = Math.max(steepest, Math.abs(gradient[j] ?? 0));
  });
  const rest = squares - explained - slope;
  const shrink = steepest > l1 / 2 ? l1 / 2 / steepest : 1;
  // (1 − s)²·rest + l1·‖w‖₁ − 2·s·slope, without the terms that cancel
  const gap = (1 - shrink) ** 2 * rest + l1 * size - 2 * shrink * slope;
  return Math.max(0, gap) / squares;
}
