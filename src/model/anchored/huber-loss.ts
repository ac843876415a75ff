import type { Loss, LossRows } from './loss.ts';

/**
 * Huber's loss of r = s − y: r²/2 where |r| ≤ delta, delta·|r| − delta²/2 beyond (Huber 1964,
 * doi:10.1214/aoms/1177703732). Its curvature jumps at the kinks, so it is not self-concordant.
 *
 * @param majorized true: the curvature is that of the parabola from above that touches φ at s, min(1, delta/|r|)
 * (Huber's weights of iteratively reweighted least squares), which is never 0; for finding a start, not for a state
 */
export function createHuberLoss(delta: number, majorized = false): Loss {
  return {
    name: 'huber',
    scores: 1,
    contrasts: null,
    majorizer: majorized ? null : createHuberLoss(delta, true),
    curvature: { kind: 'kinked', delta },
    accepts: (label) => Number.isFinite(label),
    start: (mean) => [mean],
    evaluate: (rows) => evaluate(rows, delta, majorized),
  };
}

function evaluate(rows: LossRows, delta: number, majorized: boolean): number {
  const { scores, labels, weights, slopes, curvatures } = rows;
  let total = 0;
  for (let i = 0; i < rows.rows; i++) {
    const weight = weights[i] ?? 0;
    const residual = (scores[i] ?? 0) - (labels[i] ?? 0);
    const size = Math.abs(residual);
    const isNear = size <= delta;
    if (weight !== 0) total += weight * (isNear ? (residual * residual) / 2 : delta * (size - delta / 2));
    slopes[i] = weight === 0 ? 0 : weight * (isNear ? residual : Math.sign(residual) * delta);
    curvatures[i] = weight === 0 ? 0 : weight * (isNear ? 1 : majorized ? delta / size : 0);
  }
  return total;
}
