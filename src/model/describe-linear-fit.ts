import { add, type DoubleDouble, multiply, subtract } from './double-double.ts';
import type { FeaturePlan } from './feature-plan.ts';
import type { Response } from './linear-design.ts';
import { type CentredProducts, presentMean } from './normal-equations.ts';
import type { RidgeCategory, RidgeFeature, RidgeParameters } from './ridge-parameters.ts';
import { levelRows, missingRows, type PairedSums, pairAt, rowCount, type SumsState } from './sums-state.ts';

export type LinearFit = {
  readonly deviations: readonly number[];
  readonly units: readonly number[];
  /** Per column of the design, in the response's z. */
  readonly weights: PairedSums;
  readonly squares: number;
  readonly response: Response;
};

/** A solution in the units of the data. */
export function describeLinearFit(
  plan: FeaturePlan,
  state: SumsState,
  options: Pick<RidgeParameters, 'l2' | 'standardize'>,
  centred: CentredProducts,
  fit: LinearFit,
): RidgeParameters {
  const { mean: labelMean, scale: labelScale } = fit.response;
  const features = plan.measured.map((_, index) => describeFeature(plan, state, centred, fit, index));
  let offset = labelMean;
  centred.columns.forEach((column, index) => {
    if (column.kind === 'measure') return;
    const shift = multiply(pairAt(fit.weights, index), centred.means[index] ?? [0, 0]);
    offset = subtract(offset, multiply(shift, [labelScale, 0]));
  });
  let intercept = offset;
  for (const { exact } of features) {
    intercept = subtract(intercept, multiply(exact.weight, exact.center));
    // centres are told as doubles; what that moves the prediction goes into the offset
    offset = subtract(offset, multiply(exact.weight, [exact.center[1], 0]));
  }
  return {
    kind: 'ridge',
    offset: offset[0],
    intercept: intercept[0],
    features: features.map(({ feature }) => feature),
    categories: describeCategories(plan, state, centred, fit, labelScale),
    rows: rowCount(state),
    labelMean: labelMean[0],
    residualSquares: fit.squares * labelScale * labelScale,
    l2: options.l2,
    standardize: options.standardize,
    missing: plan.missing,
  };
}

/** A value of a measure's z in its own units: pivot + scale·z. */
function original(z: DoubleDouble, state: SumsState, measure: number): DoubleDouble {
  return add([state.frame.pivot[measure] ?? 0, 0], multiply(z, [state.frame.scale[measure] ?? 1, 0]));
}

type DescribedFeature = {
  readonly feature: RidgeFeature;
  readonly exact: { readonly center: DoubleDouble; readonly weight: DoubleDouble };
};

function describeFeature(
  plan: FeaturePlan,
  state: SumsState,
  { columns }: CentredProducts,
  fit: LinearFit,
  index: number,
): DescribedFeature {
  const labelScale = fit.response.scale;
  const scale = state.frame.scale[index] ?? 1;
  const place = columns.findIndex((c) => c.kind === 'measure' && c.feature === index);
  const missing = columns.findIndex((c) => c.kind === 'missing' && c.feature === index);
  const solved = multiply(pairAt(fit.weights, place), [labelScale, 0]);
  // scales are powers of two: dividing by one is exact
  const weight = multiply(multiply(solved, [fit.units[place] ?? 0, 0]), [1 / scale, 0]);
  const center = original(presentMean(state, index), state, index);
  const { name = '', kind = 'numeric' } = plan.measured[index] ?? {};
  const feature: RidgeFeature = {
    name,
    kind,
    center: center[0],
    deviation: (fit.deviations[place] ?? 0) * scale,
    weight: weight[0],
    standardizedWeight: solved[0],
    missingWeight: (fit.weights.high[missing] ?? 0) * labelScale,
    missingRows: missingRows(state, index),
  };
  return { feature, exact: { center, weight } };
}

function describeCategories(
  plan: FeaturePlan,
  state: SumsState,
  { columns }: CentredProducts,
  fit: LinearFit,
  labelScale: number,
): RidgeCategory[] {
  const firstLevel = columns.findIndex((column) => column.kind === 'level');
  const rows = levelRows(state);
  let place = 0;
  return plan.categorical.map(({ name, type }, index) => ({
    name,
    type,
    levels: (state.levels[index] ?? []).map((level) => {
      const at = place++;
      return {
        level,
        weight: (fit.weights.high[firstLevel + at] ?? 0) * labelScale,
        rows: rows[at] ?? 0,
      };
    }),
  }));
}
