import { type Contrasts, type Loss, type LossRows, pairIndex } from './loss.ts';

/**
 * Log-loss of K classes, φ = log Σ e^ηₖ − η_y, over η = B·s with B an orthonormal basis (Helmert's) of the vectors of
 * K numbers that sum to 0. Adding one vector of weights to all classes changes no prediction, and among such models
 * the l2 penalty picks the one whose class weights sum to 0: this is scikit-learn's multinomial model, its penalty
 * included, without the direction in which it is flat.
 *
 * D³φ[h, h, δ] = E[(δ − Eδ)(h − Eh)²] over the class probabilities, at most range(δ) · D²φ[h, h].
 */
export function createSoftmaxLoss(classes: number): Loss {
  const contrasts = helmert(classes);
  return {
    name: 'softmax',
    scores: classes - 1,
    contrasts,
    majorizer: null,
    curvature: { kind: 'self-concordant' },
    accepts: (label) => Number.isInteger(label) && label >= 0 && label < classes,
    start: () => Array.from({ length: classes - 1 }, () => 0),
    evaluate: (rows) => evaluate(rows, contrasts),
  };
}

/** Column c: 1/√(c(c+1)) in rows 0 … c − 1, −c/√(c(c+1)) in row c, for c = 1 … K − 1. */
function helmert(classes: number): Contrasts {
  const width = classes - 1;
  const matrix = new Float64Array(classes * width);
  for (let c = 1; c <= width; c++) {
    const unit = 1 / Math.sqrt(c * (c + 1));
    for (let row = 0; row < c; row++) matrix[row * width + c - 1] = unit;
    matrix[c * width + c - 1] = -c * unit;
  }
  return { classes, matrix };
}

function evaluate(rows: LossRows, { classes, matrix }: Contrasts): number {
  const width = classes - 1;
  const count = rows.rows;
  const shares = new Float64Array(classes);
  const means = new Float64Array(width);
  let total = 0;
  for (let i = 0; i < count; i++) {
    const weight = rows.weights[i] ?? 0;
    if (weight === 0) {
      for (let c = 0; c < width; c++) rows.slopes[c * count + i] = 0;
      for (let pair = 0; pair < (width * classes) / 2; pair++) rows.curvatures[pair * count + i] = 0;
      continue;
    }
    const label = rows.labels[i] ?? 0;
    total += weight * shareOut(rows, i, matrix, shares, label);
    for (let c = 0; c < width; c++) {
      let mean = 0;
      for (let k = 0; k < classes; k++) mean += (matrix[k * width + c] ?? 0) * (shares[k] ?? 0);
      means[c] = mean;
      // Bᵀ(p − e_y), the label's part as −Σ p of the others so that a sure row keeps its digits
      let slope = 0;
      const own = matrix[label * width + c] ?? 0;
      for (let k = 0; k < classes; k++) slope += ((matrix[k * width + c] ?? 0) - own) * (shares[k] ?? 0);
      rows.slopes[c * count + i] = weight * slope;
    }
    curve(rows, i, weight, matrix, shares, means);
  }
  return total;
}

/** Fills the class probabilities and returns −log of the label's. */
function shareOut(
  rows: LossRows,
  i: number,
  matrix: Float64Array,
  shares: Float64Array,
  label: number,
): number {
  const width = shares.length - 1;
  let largest = Number.NEGATIVE_INFINITY;
  for (let k = 0; k <= width; k++) {
    let score = 0;
    for (let c = 0; c < width; c++)
      score += (matrix[k * width + c] ?? 0) * (rows.scores[c * rows.rows + i] ?? 0);
    shares[k] = score;
    if (score > largest) largest = score;
  }
  const own = (shares[label] ?? 0) - largest;
  let others = 0;
  let sum = 0;
  for (let k = 0; k <= width; k++) {
    const share = Math.exp((shares[k] ?? 0) - largest);
    shares[k] = share;
    sum += share;
    if (k !== label) others += share;
  }
  for (let k = 0; k <= width; k++) shares[k] = (shares[k] ?? 0) / sum;
  return own === 0 ? Math.log1p(others) : Math.log(sum) - own;
}

/** Bᵀ(diag p − ppᵀ)B as the covariance of B's rows, centred before it is squared. */
function curve(
  rows: LossRows,
  i: number,
  weight: number,
  matrix: Float64Array,
  shares: Float64Array,
  means: Float64Array,
): void {
  const width = means.length;
  for (let a = 0; a < width; a++) {
    for (let b = a; b < width; b++) {
      let sum = 0;
      for (let k = 0; k <= width; k++) {
        const left = (matrix[k * width + a] ?? 0) - (means[a] ?? 0);
        const right = (matrix[k * width + b] ?? 0) - (means[b] ?? 0);
        sum += (shares[k] ?? 0) * left * right;
      }
      rows.curvatures[pairIndex(width, a, b) * rows.rows + i] = weight * sum;
    }
  }
}
