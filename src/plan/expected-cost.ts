import type { PredictedCost } from './learned-cost.ts';

/** The mean of a cost whose logarithm is normal about that of `ms`: ms · e^(spread²/2). */
export function expectedMs({ ms, spread }: PredictedCost): number {
  return ms * Math.exp(spread ** 2 / 2);
}

/**
 * The mean of what such a cost stays below `bestMs`, and 0 where it does not ("expected improvement", Jones, Schonlau
 * and Welch 1998): best · Φ(d) − mean · Φ(d − spread), where d = ln(best / ms) / spread.
 */
export function expectedSavingMs(cost: PredictedCost, bestMs: number): number {
  if (cost.spread === 0) return Math.max(0, bestMs - cost.ms);
  const d = Math.log(bestMs / cost.ms) / cost.spread;
  return Math.max(0, bestMs * normalShare(d) - expectedMs(cost) * normalShare(d - cost.spread));
}

/** The standard normal distribution function, to 2e-4 (Page 1977). */
function normalShare(x: number): number {
  return 1 / (1 + Math.exp(-1.5976 * x - 0.070565992 * x ** 3));
}
