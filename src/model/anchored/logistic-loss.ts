import type { Loss, LossRows } from './loss.ts';

/**
 * Binary log-loss φ(s) = log(1 + eˢ) − y·s, y 0 or 1 (McCullagh & Nelder 1989, ch. 4); |φ‴| = |1 − 2p|·φ″ ≤ φ″.
 * Everything is formed from e^−|s|, so neither tail loses digits.
 */
export function createLogisticLoss(): Loss {
  return {
    name: 'logistic',
    scores: 1,
    contrasts: null,
    majorizer: null,
    curvature: { kind: 'self-concordant' },
    accepts: (label) => label === 0 || label === 1,
    start: (mean) => [mean > 0 && mean < 1 ? Math.log(mean / (1 - mean)) : 0],
    evaluate,
  };
}

function evaluate({ rows, scores, labels, weights, slopes, curvatures }: LossRows): number {
  let total = 0;
  for (let i = 0; i < rows; i++) {
    const weight = weights[i] ?? 0;
    if (weight === 0) {
      slopes[i] = 0;
      curvatures[i] = 0;
      continue;
    }
    const score = scores[i] ?? 0;
    const toLabel = labels[i] === 1 ? score : -score;
    const tail = Math.exp(-Math.abs(score));
    const far = tail / (1 + tail);
    const near = 1 / (1 + tail);
    // the probability of the other class than the row's
    const wrong = toLabel >= 0 ? far : near;
    total += weight * (Math.log1p(tail) + (toLabel >= 0 ? 0 : -toLabel));
    slopes[i] = weight * (labels[i] === 1 ? -wrong : wrong);
    curvatures[i] = weight * far * near;
  }
  return total;
}
