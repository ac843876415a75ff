import { type Certificate, noCertificate } from './certificate.ts';
import { interceptShift } from './intercept-shift.ts';
import { largestEigenvalue } from './metric.ts';
import type { ServedStep } from './served-step.ts';

/**
 * With the free intercept profiled out, f(β) = min over b of F(b, β) is l2-strongly convex in the penalized weights,
 * so ‖β₁ − β*‖ ≤ ‖∇f(β₁)‖ / l2 (Nesterov 2018, theorem 2.1.10; partial minimization keeps convexity). ∇f(β₁) is
 * ∂F/∂β where the intercept is at its best for β₁, which is bounded here: the gradient at w₁ by the step's Taylor
 * remainder, the intercept's shift Δ by its slope there (intercept-shift.ts), and what the shift does to ∂F/∂β by
 * (e^Δ − 1)·Σφ″|x|. From β to b: db/dβ is minus a weighted mean of the rows' x, so
 *
 *   |score₁(x) − score*(x)| ≤ Δ + (|x| + max over rows |xᵢ|)·‖β₁ − β*‖.
 *
 * Valid for l2 > 0, one predictor and a self-concordant loss (that is what profiles the intercept out). For several
 * predictors the profiled intercepts move by matrix-weighted means, to which the last step does not apply.
 */
export function strongConvexityCertificate(served: ServedStep): Certificate {
  const { system, geometry, bound, residual, rounding } = served;
  if (system.l2 <= 0 || system.scores !== 1 || !served.isSelfConcordant) return noCertificate;
  const { size, l2, lossHessian } = system;
  const penalized = Math.sqrt(largestEigenvalue(penalizedBlock(lossHessian, size), size - 1));
  const along = Math.sqrt(Math.max(0, lossHessian[0] ?? 0));
  const rest = bound.remainder(geometry);
  const slope = rest * along + Math.abs(residual[0] ?? 0) + (rounding[0] ?? 0);
  const shift = interceptShift(slope, Math.exp(-geometry.reach) * along * along);
  const gradient =
    rest * penalized +
    penalizedLength(residual) +
    penalizedLength(rounding) +
    Math.expm1(shift) * Math.exp(geometry.reach) * along * penalized;
  const radius = gradient / l2;
  const norm = served.reach.penalizedNorm();
  const offset = shift + norm * radius;
  if (!Number.isFinite(offset + radius)) return noCertificate;
  return { kind: 'strong-convexity', offset, slope: radius, worst: offset + radius * norm };
}

/** The matrix without its first line and column. */
export function penalizedBlock(matrix: Float64Array, size: number): Float64Array {
  const inner = size - 1;
  const block = new Float64Array(inner * inner);
  for (let i = 0; i < inner; i++) {
    block.set(matrix.subarray((i + 1) * size + 1, (i + 2) * size), i * inner);
  }
  return block;
}

/** Euclidean, without the intercept. */
export function penalizedLength(vector: Float64Array): number {
  return Math.sqrt(vector.subarray(1).reduce((sum, value) => sum + value * value, 0));
}
