import type { Loss, LossRows } from './loss.ts';

/**
 * Poisson with log link: φ(s) = eˢ − y·s for a count y ≥ 0, half the deviance up to a constant (McCullagh & Nelder
 * 1989, ch. 6); φ‴ = φ″ = eˢ.
 */
export function createPoissonLoss(): Loss {
  return {
    name: 'poisson',
    scores: 1,
    contrasts: null,
    majorizer: null,
    curvature: { kind: 'self-concordant' },
    accepts: (label) => label >= 0,
    start: (mean) => [mean > 0 ? Math.log(mean) : 0],
    evaluate,
  };
}

function evaluate({ rows, scores, labels, weights, slopes, curvatures }: LossRows): number {
  let total = 0;
  for (let i = 0; i < rows; i++) {
    const weight = weights[i] ?? 0;
    const score = scores[i] ?? 0;
    const label = labels[i] ?? 0;
    const mean = Math.exp(score);
    if (weight !== 0) total += weight * (mean - label * score);
    slopes[i] = weight === 0 ? 0 : weight * (mean - label);
    curvatures[i] = weight === 0 ? 0 : weight * mean;
  }
  return total;
}
