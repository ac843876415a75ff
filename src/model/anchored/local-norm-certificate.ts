import { type Certificate, noCertificate } from './certificate.ts';
import { dualNorm, dualUnits } from './metric.ts';
import type { ServedStep } from './served-step.ts';

/**
 * Radius of a ball around w₁ in the norm of the anchor's Hessian H₀ that holds w*, by how the curvature can change
 * (curvature-bound.ts): γ = ‖∇F(w₁)‖ in H₀'s dual norm is at most the Taylor remainder of the step, plus what solving
 * and rounding left. Nothing is asked of the penalty, so a free intercept and l2 = 0 are covered: where H₀ is
 * singular both w₁ and w* (the optimum of least norm) are taken without part in its null space, in which no training
 * row can tell them apart. That is so only where every row has curvature: with kinks, a direction that curved rows do
 * not determine may be one in which the others do (or an optimum that is not the only one), so there it must be empty.
 *
 * Valid when every row's loss obeys the law of curvature and the bound on rows' movements holds: `reach` and
 * `leverage` are over all training rows (row-reach.ts).
 */
export function localNormCertificate(served: ServedStep): Certificate {
  const { metric, geometry, bound, rounding } = served;
  if (metric.nullSpace !== null && !served.isSelfConcordant) return noCertificate;
  if (isPulledOutside(served)) return noCertificate;
  const units = dualUnits(metric);
  let spent = 0;
  for (let j = 0; j < units.length; j++) spent += (units[j] ?? 0) * (rounding[j] ?? 0);
  const gradientNorm = bound.remainder(geometry) + dualNorm(metric, served.residual) + spent;
  const radius = bound.radius(geometry, gradientNorm) + weightRounding(served);
  if (!Number.isFinite(radius)) return noCertificate;
  const { lines, rank } = metric;
  return { kind: 'local-norm', radius, lines, rank, worst: radius * geometry.leverage.most };
}

/** The gradient has a part in the null space that rounding does not explain: there is no curvature to stop it. */
function isPulledOutside({ metric, gradient, rounding }: ServedStep): boolean {
  return (metric.nullSpace ?? []).some((direction) => {
    let along = 0;
    let error = 0;
    for (let j = 0; j < direction.length; j++) {
      along += (direction[j] ?? 0) * (gradient[j] ?? 0);
      error += Math.abs(direction[j] ?? 0) * ((rounding[j] ?? 0) + 2 ** -40 * Math.abs(gradient[j] ?? 0));
    }
    return Math.abs(along) > 1e3 * error;
  });
}

/** ‖w₁ as doubles − w₁‖ in H₀'s norm. */
function weightRounding({ metric, served }: ServedStep): number {
  let total = 0;
  for (let j = 0; j < served.length; j++) {
    total += Math.abs(served[j] ?? 0) * Math.sqrt(Math.max(0, metric.matrix[j * (served.length + 1)] ?? 0));
  }
  return 2 ** -51 * total;
}
