import { EverviewError } from '../core/errors.ts';
import type { ClassScores } from './class-scores.ts';
import { type ClassSums, classedSums } from './class-sums.ts';
import { describeLinearFit } from './describe-linear-fit.ts';
import { add, type DoubleDouble, multiply, subtract } from './double-double.ts';
import type { FeaturePlan } from './feature-plan.ts';
import { gramMatrix, type LinearDesign, linearDesign, spreadWeights } from './linear-design.ts';
import { type CentredProducts, centredProducts } from './normal-equations.ts';
import { normalSolver } from './penalized-solve.ts';
import { type PairedSums, pairAt, pairedSums, rowCount, type SumsState } from './sums-state.ts';

/**
 * Linear discriminant analysis, as scikit-learn's LinearDiscriminantAnalysis with its default solver and priors from
 * the counts (Hastie et al. 2009, section 4.3): with W = Σ_c Σ(x − μ_c)(x − μ_c)ᵀ / (n − K) the covariance within the
 * K classes and m the mean of all rows,
 *
 *   score_c = ln π_c − ½·(μ_c − m)ᵀW⁻¹(μ_c − m) + (x − m)ᵀW⁻¹(μ_c − m)
 *
 * over the design's columns; W⁺ stands for W⁻¹ where columns depend on one another.
 * @throws EverviewError `not-enough-rows` when there are no more rows than classes.
 */
export function linearDiscriminant(plan: FeaturePlan, given: readonly ClassSums[]): ClassScores {
  const { classes, total, priors } = classedSums(plan, given);
  const freedom = rowCount(total) - classes.length;
  if (freedom < 1) {
    throw new EverviewError('not-enough-rows', `model "${plan.model}" has no more rows than classes`, {
      hint: 'the spread within the classes takes two rows of one of them, at least',
    });
  }
  const design = linearDesign(plan, total, true);
  const parts = classes.map(({ sums }) => centredProducts(sums, plan.measured.length, total));
  const solve = normalSolver({ ...design.system, matrix: withinClasses(design, parts) });
  return {
    classes: classes.map(({ label }, index) => {
      const prior = priors[index] ?? 0;
      const apart = meanDifference(design, parts[index] ?? design.centred);
      const solved = solve(apart);
      const weights = pairedSums(design.system.size);
      let distance: DoubleDouble = [0, 0];
      for (let j = 0; j < design.system.size; j++) {
        const weight = multiply(pairAt(solved, j), [freedom, 0]);
        [weights.high[j], weights.low[j]] = weight;
        distance = add(distance, multiply(weight, pairAt(apart, j)));
      }
      const mean: DoubleDouble = [Math.log(prior) - distance[0] / 2, 0];
      return { label, prior, score: scoreOf(plan, total, design, weights, mean), form: null };
    }),
  };
}

/** Σ_c Σ(x − μ_c)(x − μ_c)ᵀ of the active columns. */
function withinClasses({ units, active }: LinearDesign, parts: readonly CentredProducts[]): PairedSums {
  const within = pairedSums(active.length ** 2);
  for (const part of parts) {
    const matrix = gramMatrix(part, units, active);
    for (let index = 0; index < within.high.length; index++) {
      [within.high[index], within.low[index]] = add(pairAt(within, index), pairAt(matrix, index));
    }
  }
  return within;
}

/** μ_c − m of the active columns. */
function meanDifference({ centred, units, active }: LinearDesign, part: CentredProducts): PairedSums {
  const apart = pairedSums(active.length);
  active.forEach((column, j) => {
    const difference = subtract(part.means[column] ?? [0, 0], centred.means[column] ?? [0, 0]);
    [apart.high[j], apart.low[j]] = multiply(difference, [units[column] ?? 0, 0]);
  });
  return apart;
}

function scoreOf(
  plan: FeaturePlan,
  total: SumsState,
  design: LinearDesign,
  weights: PairedSums,
  mean: DoubleDouble,
) {
  return describeLinearFit(plan, total, { l2: 0, standardize: true }, design.centred, {
    deviations: design.deviations,
    units: design.units,
    weights: spreadWeights(design, weights),
    squares: 0,
    response: { mean, scale: 1 },
  });
}
