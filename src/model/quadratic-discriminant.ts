import { EverviewError } from '../core/errors.ts';
import { tryCholesky } from './cholesky.ts';
import { type ClassForm, type ClassScores, unweighted, withScore } from './class-scores.ts';
import { type ClassSums, classedSums, levelPlaces } from './class-sums.ts';
import type { FeaturePlan } from './feature-plan.ts';
import { gramMatrix, type LinearDesign, linearDesign } from './linear-design.ts';
import { type CentredProducts, centredProducts, type DesignColumn, presentMean } from './normal-equations.ts';
import { rowCount, type SumsState } from './sums-state.ts';

/**
 * Quadratic discriminant analysis, as scikit-learn's QuadraticDiscriminantAnalysis (`regularization` is its reg_param)
 * with priors from the counts: with Σ_c = (1 − r)·S_c + r·I of the covariance S_c (by n_c − 1) of class c,
 *
 *   score_c = ln π_c − ½·ln det Σ_c − ½·(x − μ_c)ᵀΣ_c⁻¹(x − μ_c)
 *
 * over the design's columns in their own units; the form is ‖L⁻¹(x − μ_c)‖² with Σ_c = L·Lᵀ.
 * @throws EverviewError `not-enough-rows` when there is no row, or a class's rows have no spread in some direction and
 * nothing is added to it.
 */
export function quadraticDiscriminant(
  plan: FeaturePlan,
  given: readonly ClassSums[],
  { regularization }: { readonly regularization: number },
): ClassScores {
  const { classes, total, priors } = classedSums(plan, given);
  const design = linearDesign(plan, total, false);
  const features = unweighted(plan, total);
  return {
    classes: classes.map(({ label, sums }, index) => {
      const prior = priors[index] ?? 0;
      const part = centredProducts(sums, plan.measured.length, total);
      const whitening = whiten(design, part, rowCount(sums), regularization);
      if (whitening === null) throw noSpread(plan, label);
      const score = withScore(features, {
        offset: Math.log(prior) - whitening.logDeterminant / 2,
        weights: plan.measured.map(() => 0),
        missingWeights: plan.measured.map(() => 0),
        levelWeights: levelPlaces(total)
          .flat()
          .map(() => 0),
      });
      return { label, prior, score, form: formOf(plan, total, design, part, whitening.rows) };
    }),
  };
}

type Whitening = { readonly rows: Float64Array[]; readonly logDeterminant: number };

/** L⁻¹ by rows, over the active columns; null when Σ_c is singular. */
function whiten(design: LinearDesign, part: CentredProducts, rows: number, r: number): Whitening | null {
  const { units, active } = design;
  const size = active.length;
  const { high } = gramMatrix(part, units, active);
  const covariance = high.map((value, index) => {
    const own = ((1 - r) * value) / Math.max(1, rows - 1);
    return index % (size + 1) === 0 ? own + r : own;
  });
  const scale = Float64Array.from(active, (_, i) => Math.sqrt(covariance[i * (size + 1)] ?? 0));
  if (scale.some((value) => !(value > 0))) return null;
  const scaled = covariance.map(
    (value, index) => value / ((scale[Math.floor(index / size)] ?? 1) * (scale[index % size] ?? 1)),
  );
  const lower = tryCholesky(scaled, size, size * 2 ** -46);
  if (lower === null) return null;
  let logDeterminant = 0;
  for (let i = 0; i < size; i++) {
    logDeterminant += 2 * (Math.log(lower[i * (size + 1)] ?? 1) + Math.log(scale[i] ?? 1));
  }
  return {
    rows: invertLower(lower, size).map((row) => row.map((value, j) => value / (scale[j] ?? 1))),
    logDeterminant,
  };
}

function invertLower(lower: Float64Array, size: number): Float64Array[] {
  const inverse: Float64Array[] = [];
  for (let i = 0; i < size; i++) {
    const row = new Float64Array(size);
    row[i] = 1;
    for (let k = 0; k < i; k++) {
      const factor = lower[i * size + k] ?? 0;
      inverse[k]?.forEach((value, j) => {
        row[j] = (row[j] ?? 0) - factor * value;
      });
    }
    const pivot = lower[i * (size + 1)] ?? 1;
    inverse.push(row.map((value) => value / pivot));
  }
  return inverse;
}

/** The rows of L⁻¹ over the form's design, which is 0 at the centres of the measured features. */
function formOf(
  plan: FeaturePlan,
  total: SumsState,
  { centred, units, active }: LinearDesign,
  part: CentredProducts,
  whitened: readonly Float64Array[],
): ClassForm {
  const measured = plan.measured.length;
  const place = (column: DesignColumn | undefined): number => {
    switch (column?.kind) {
      case 'measure':
        return column.feature;
      case 'missing':
        return measured + column.feature;
      case 'level':
        return 2 * measured + column.place;
      case undefined:
        return -1;
    }
  };
  const constants = whitened.map(() => 0);
  const rows = whitened.map(() => new Array<number>(2 * measured + levelPlaces(total).flat().length).fill(0));
  active.forEach((index, j) => {
    const column = centred.columns[index];
    const unit = units[index] ?? 0;
    const center = column?.kind === 'measure' ? presentMean(total, column.feature)[0] : 0;
    // the class's mean as seen from the centre, in the column's own units
    const mean = ((part.means[index]?.[0] ?? 0) - center) * unit;
    // measured columns are kept in units of the frame's scale
    const perUnit = column?.kind === 'measure' ? unit / (total.frame.scale[column.feature] ?? 1) : 1;
    whitened.forEach((row, r) => {
      constants[r] = (constants[r] ?? 0) - (row[j] ?? 0) * mean;
      const target = rows[r];
      if (target !== undefined) target[place(column)] = (row[j] ?? 0) * perUnit;
    });
  });
  return { constants, rows };
}

function noSpread(plan: FeaturePlan, label: string): EverviewError {
  return new EverviewError(
    'not-enough-rows',
    `model "${plan.model}" cannot tell how the rows of "${label}" spread: some columns do not vary in it, or not freely`,
    { hint: 'give regularization, or leave such columns out' },
  );
}
