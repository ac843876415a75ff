import { logBeta, logGamma } from '../../core/incomplete-beta.ts';

/**
 * Tails of the beta-binomial distribution: `n` rows hit with a probability that itself varies as Beta(a, b) from batch
 * to batch. Terms are summed outwards from k by their ratio, which ends soon where a tail is small.
 */
export function betaBinomialUpper(k: number, n: number, a: number, b: number): number {
  if (k <= 0) return 1;
  if (k > n) return 0;
  let term = Math.exp(logTerm(k, n, a, b));
  let sum = term;
  for (let j = k; j < n; j++) {
    term *= ((n - j) * (a + j)) / ((j + 1) * (b + n - j - 1));
    sum += term;
    if (term < sum * 1e-16) break;
  }
  return Math.min(1, sum);
}

/** P(K ≤ k). */
export function betaBinomialLower(k: number, n: number, a: number, b: number): number {
  return betaBinomialUpper(n - k, n, b, a);
}

function logTerm(k: number, n: number, a: number, b: number): number {
  const choose = logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);
  return choose + logBeta(k + a, n - k + b) - logBeta(a, b);
}
