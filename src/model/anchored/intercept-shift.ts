/**
 * How far the free intercept of a self-concordant loss (|φ‴| ≤ φ″, one predictor) is from its optimum with all other
 * weights fixed, given a bound on |slope| and the curvature along it. Every row moves by exactly the shift, so
 * q(1 − e^−Δ) ≤ |slope| at the optimum: Δ = −log(1 − |slope|/q). Infinity where |slope| ≥ q.
 */
export function interceptShift(slope: number, curvature: number): number {
  const ratio = Math.abs(slope) / curvature;
  return ratio < 1 ? -Math.log1p(-ratio) : Number.POSITIVE_INFINITY;
}

/** Bounds |shift − the Newton step −slope/q|: between |slope|/q − log(1 + |slope|/q) and Δ − |slope|/q, the larger. */
export function interceptRest(slope: number, curvature: number): number {
  const ratio = Math.abs(slope) / curvature;
  if (!(ratio < 1)) return Number.POSITIVE_INFINITY;
  // the difference cancels for a small ratio: Σ ratioᵏ/k from k = 2 on
  if (ratio < 1e-3) return (ratio * ratio) / 2 / (1 - ratio);
  return -Math.log1p(-ratio) - ratio;
}
