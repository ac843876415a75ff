import type { Loss, LossRows } from './loss.ts';

/**
 * Gamma with log link: φ(s) = y·e^−s + s for y > 0, half the deviance up to a constant (McCullagh & Nelder 1989,
 * ch. 8); φ″ = y·e^−s = −φ‴.
 */
export function createGammaLoss(): Loss {
  return {
    name: 'gamma',
    scores: 1,
    contrasts: null,
    majorizer: null,
    curvature: { kind: 'self-concordant' },
    accepts: (label) => label > 0,
    start: (mean) => [mean > 0 ? Math.log(mean) : 0],
    evaluate,
  };
}

function evaluate({ rows, scores, labels, weights, slopes, curvatures }: LossRows): number {
  let total = 0;
  for (let i = 0; i < rows; i++) {
    const weight = weights[i] ?? 0;
    const score = scores[i] ?? 0;
    const ratio = (labels[i] ?? 0) * Math.exp(-score);
    if (weight !== 0) total += weight * (ratio + score);
    slopes[i] = weight === 0 ? 0 : weight * (1 - ratio);
    curvatures[i] = weight === 0 ? 0 : weight * ratio;
  }
  return total;
}
