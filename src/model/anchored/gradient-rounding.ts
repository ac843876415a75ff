import { type AnchoredState, sizeOf } from './anchored-state.ts';
import type { StandardSystem } from './standard-system.ts';

const unit = 2 ** -53;
/** Of sums of 4,096 products in a block, which the products form in short runs: generous beside √4096. */
const sumError = 64 * unit;
/** Of a predictor, in units of Σ|w|·max|v|. */
const scoreError = 8 * unit;

/**
 * Bounds what rounding can have done to the gradient at the end of `step`, per coordinate of the standard design: to
 * the sums of slopes (by Cauchy–Schwarz at most √(Σφ′²·Σv²) of everything that passed), to the predictors under them,
 * and to the Hessian times the step.
 */
export function gradientRounding(
  state: AnchoredState,
  system: StandardSystem,
  step: Float64Array,
): Float64Array {
  const { scores, size } = system;
  const from = sizeOf(state);
  const curvature = new Float64Array(scores * size);
  const result = new Float64Array(scores * size);
  for (let score = 0; score < scores; score++) {
    const slopes = state.budget.slopes[score] ?? 0;
    const own = state.budget.curvature.subarray(score * from, (score + 1) * from);
    const moved = scoreError * largestScore(state, score);
    const errors = Float64Array.from({ length: from }, (_, place) => {
      const sums = Math.sqrt(slopes * (state.budget.columns[place] ?? 0));
      return sumError * sums + moved * Math.sqrt(Math.max(0, (own[0] ?? 0) * (own[place] ?? 0)));
    });
    for (let x = 0; x < size; x++) {
      result[score * size + x] = through(state, system, x, (place) => errors[place] ?? 0);
      curvature[score * size + x] = through(state, system, x, (place) =>
        Math.sqrt(Math.max(0, own[place] ?? 0)),
      );
    }
  }
  let total = 0;
  for (let j = 0; j < step.length; j++) total += (curvature[j] ?? 0) * Math.abs(step[j] ?? 0);
  return result.map((error, j) => error + sumError * (curvature[j] ?? 0) * total);
}

/** |T|·values at line x of the map from v to the standard design. */
function through(
  state: AnchoredState,
  { columns }: StandardSystem,
  x: number,
  value: (place: number) => number,
): number {
  const column = columns[x - 1];
  if (column === undefined) return value(0);
  const { kind, index, place, mean, unit: size } = column;
  if (kind !== 'measure') return value(place) + Math.abs(mean) * value(0);
  const missing = value(1 + state.frame.pivot.length + index);
  return (value(place) + Math.abs(mean) * (missing + value(0))) / size;
}

/** Bounds the sum of magnitudes that a training row's predictor at the anchor is summed from. */
function largestScore(state: AnchoredState, score: number): number {
  const from = sizeOf(state);
  const measured = state.frame.pivot.length;
  const anchor = state.anchor.subarray(score * from, (score + 1) * from);
  let total = Math.abs(anchor[0] ?? 0);
  for (let feature = 0; feature < measured; feature++) {
    const far = Math.max(Math.abs(state.reach.low[feature] ?? 0), Math.abs(state.reach.high[feature] ?? 0));
    const isEver = Number.isFinite(far);
    total += isEver ? Math.abs(anchor[1 + feature] ?? 0) * far : 0;
    total += Math.abs(anchor[1 + measured + feature] ?? 0);
  }
  let place = 1 + 2 * measured;
  for (const levels of state.levels) {
    let most = 0;
    for (let level = 0; level < levels.length; level++) most = Math.max(most, Math.abs(anchor[place++] ?? 0));
    total += most;
  }
  return total;
}
