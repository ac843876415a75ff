import { type Certificate, noCertificate } from './certificate.ts';
import { interceptRest, interceptShift } from './intercept-shift.ts';
import { largestEigenvalue } from './metric.ts';
import type { ServedStep } from './served-step.ts';
import { penalizedBlock, penalizedLength } from './strong-convexity-certificate.ts';

/**
 * F less its penalty is convex, so its gradient is monotone: (∇f(β₀) − l2·(β₀ − β*))·(β₀ − β*) ≥ 0, which is the ball
 * ‖β* − (β₀ − ĝ/2l2)‖ ≤ ‖ĝ‖/2l2, ĝ = ∇f(β₀) (as in the sphere tests of safe screening, Ogawa et al. 2013). At the
 * anchor β₀ the gradient is known exactly, however far the Newton step went; only the free intercept has to be
 * profiled out of it: ĝ = g − h·p/q with p, q its slope and curvature and h = ∂²F/∂b∂β, up to |h|·rest of its shift
 * and the remainder (e^Δ − 1 − Δ)·√(q·λmax). The served b₁ differs from b* by at most |b₁ − b̂(β₀)| and a weighted
 * mean of the rows' x times β* − β₀.
 *
 * Valid for l2 > 0, one predictor and a self-concordant loss, where the intercept's slope is below its curvature.
 */
export function ballCertificate(served: ServedStep): Certificate {
  const { system, gradient, rounding, step, reach } = served;
  if (system.l2 <= 0 || system.scores !== 1 || !served.isSelfConcordant) return noCertificate;
  const { size, l2, lossHessian } = system;
  const curvature = lossHessian[0] ?? 0;
  const slope = Math.abs(gradient[0] ?? 0) + (rounding[0] ?? 0);
  const shift = interceptShift(slope, curvature);
  const rest = interceptRest(slope, curvature) + (rounding[0] ?? 0) / curvature;
  const newton = -(gradient[0] ?? 0) / curvature;
  const cross = lossHessian.subarray(0, size);
  const profiled = gradient.map((value, j) => value + (cross[j] ?? 0) * newton);
  const penalized = largestEigenvalue(penalizedBlock(lossHessian, size), size - 1);
  const error =
    penalizedLength(cross) * rest +
    (Math.expm1(shift) - shift) * Math.sqrt(curvature * penalized) +
    penalizedLength(rounding);
  const half = penalizedLength(profiled) / (2 * l2);
  const fromCentre = penalizedLength(step.map((value, j) => value + (profiled[j] ?? 0) / (2 * l2)));
  const radius = fromCentre + half + error / l2;
  const norm = reach.penalizedNorm();
  const moved = 2 * half + error / l2;
  const offset = Math.abs((step[0] ?? 0) - newton) + rest + norm * moved;
  if (!Number.isFinite(offset + radius)) return noCertificate;
  return { kind: 'ball', offset, slope: radius, worst: offset + radius * norm };
}
