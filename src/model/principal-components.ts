import { EigenvalueDecomposition, Matrix } from 'ml-matrix';
import { describeLinearFit } from './describe-linear-fit.ts';
import type { FeaturePlan } from './feature-plan.ts';
import { linearDesign, spreadWeights } from './linear-design.ts';
import type { RidgeParameters } from './ridge-parameters.ts';
import { assertRows } from './ridge-solve.ts';
import { rowCount, type SumsState, totalWeight } from './sums-state.ts';

export type PrincipalOptions = { readonly components: number; readonly standardize: boolean };

export type PrincipalComponent = {
  /** The score as a linear function: 0 where every column is at its mean. */
  readonly score: RidgeParameters;
  /** Variance of the score over the training rows, by n − 1. */
  readonly variance: number;
  /** That, of the sum of the variances of all columns. */
  readonly share: number;
};

/**
 * The directions of largest variance, as scikit-learn's PCA gives them (behind a StandardScaler when `standardize`):
 * eigenvectors of the covariance of the design's columns, or of their correlation, the largest first. Weights have
 * length 1 over the design's columns (`standardizedWeight`, levels, missing indicators); the largest of them is
 * positive, the first of equals. As many come as asked for, or as there are columns that vary. The label plays no part.
 * @throws EverviewError `not-enough-rows` when there is no row.
 */
export function principalComponents(
  plan: FeaturePlan,
  state: SumsState,
  { components, standardize }: PrincipalOptions,
): PrincipalComponent[] {
  assertRows(plan, state);
  const design = linearDesign(plan, state, standardize);
  const { centred, deviations, units, system } = design;
  const { size, matrix } = system;
  if (size === 0) return [];
  const rows = rowCount(state);
  // n − 1, where every row weighs 1
  const divisor = totalWeight(state) * Math.max(1 / rows, 1 - 1 / rows);
  const covariance = Matrix.from1DArray(
    size,
    size,
    matrix.high.map((value) => value / divisor),
  );
  const { realEigenvalues, eigenvectorMatrix } = new EigenvalueDecomposition(covariance, {
    assumeSymmetric: true,
  });
  const order = realEigenvalues.map((_, index) => index);
  order.sort((a, b) => (realEigenvalues[b] ?? 0) - (realEigenvalues[a] ?? 0));
  const total = covariance.trace();
  return order.slice(0, components).map((index) => {
    const loadings = Float64Array.from(eigenvectorMatrix.getColumn(index));
    const sign = signOf(loadings);
    const found = Math.max(0, realEigenvalues[index] ?? 0);
    // what is left of a direction in which no row differs is rounding, and so is the direction
    const variance = found > total * negligible ? found : 0;
    const high = loadings.map((value) => (variance === 0 ? 0 : value * sign));
    const score = describeLinearFit(plan, state, { l2: 0, standardize }, centred, {
      deviations,
      units,
      weights: spreadWeights(design, { high, low: new Float64Array(size) }),
      squares: 0,
      response: { mean: [0, 0], scale: 1 },
    });
    return { score, variance, share: variance / total };
  });
}

/** Weights this near in size count as equal: which of them is larger would be rounding's choice. */
const nearly = 1 - 1e-9;

const negligible = 1e-12;

function signOf(loadings: Float64Array): number {
  const largest = loadings.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  return (loadings.find((value) => Math.abs(value) >= largest * nearly) ?? 1) < 0 ? -1 : 1;
}
