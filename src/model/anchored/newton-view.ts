import type { FeaturePlan } from '../feature-plan.ts';
import type { AnchoredState } from './anchored-state.ts';
import { ballCertificate } from './ball-certificate.ts';
import { type Certificate, tightest } from './certificate.ts';
import { curvatureBound, type StepGeometry } from './curvature-bound.ts';
import { gradientRounding } from './gradient-rounding.ts';
import type { Leverage } from './leverage.ts';
import { localNormCertificate } from './local-norm-certificate.ts';
import type { Contrasts, Loss } from './loss.ts';
import { createMetric, type Metric, normIn, solveMetric, withoutPartIn } from './metric.ts';
import { RowReach } from './row-reach.ts';
import type { ServedStep } from './served-step.ts';
import { type PenaltyOptions, type StandardSystem, standardSystem, stateWeights } from './standard-system.ts';
import { strongConvexityCertificate } from './strong-convexity-certificate.ts';

/** The model a state serves without a look at the rows: w₁ = w₀ − H₀⁻¹g₀, and how far it can be from the optimum. */
export type NewtonView = {
  readonly step: ServedStep;
  readonly certificate: Certificate;
  /** Σφ + l2/2·‖β‖² at the anchor. */
  readonly objective: number;
  /** Weights of w₁ over the state's v: scores × D. */
  readonly weights: Float64Array;
};

/** Below this, in units of a score, no other certificate is looked for: none could say more that matters. */
const closeEnough = 1e-3;

export function newtonView(
  plan: FeaturePlan,
  loss: Loss,
  state: AnchoredState,
  options: PenaltyOptions,
): NewtonView {
  const system = standardSystem(plan, state, options);
  const metric = createMetric(penalizedHessian(system), system.scores * system.size);
  // Where no row is curved at the anchor, as Huber's far ones, a direction without curvature still moves the scores.
  const start = loss.majorizer === null ? withoutPartIn(metric.nullSpace, system.anchor) : system.anchor;
  const gradient = penalizedGradient(system, start);
  const { solution, residual } = solveMetric(
    metric,
    gradient.map((value) => -value),
  );
  const served = start.map((value, j) => value + (solution[j] ?? 0));
  const reach = new RowReach(state, system);
  const step: ServedStep = {
    system,
    metric,
    start,
    gradient,
    step: solution,
    served,
    residual: residual.map((value) => -value),
    rounding: gradientRounding(state, system, solution),
    geometry: geometryOf(system, metric, solution, reach, loss),
    bound: curvatureBound(loss.curvature, state.kinks),
    isSelfConcordant: loss.curvature.kind === 'self-concordant',
    reach,
  };
  return {
    step,
    certificate: tightestCertificate(step),
    objective: (state.loss.high[0] ?? 0) + (state.loss.low[0] ?? 0) + penaltyOf(system, start),
    weights: stateWeights(state, system, served),
  };
}

/** The valid certificate that proves most about the training row it proves least about. */
export function tightestCertificate(step: ServedStep): Certificate {
  const local = localNormCertificate(step);
  if (local.worst <= closeEnough) return local;
  return tightest([local, strongConvexityCertificate(step), ballCertificate(step)]);
}

function isIntercept(system: StandardSystem, coordinate: number): boolean {
  return coordinate % system.size === 0;
}

function penalizedHessian(system: StandardSystem): Float64Array {
  const whole = system.scores * system.size;
  const matrix = system.lossHessian.slice();
  for (let j = 0; j < whole; j++) {
    if (!isIntercept(system, j)) matrix[j * (whole + 1)] = (matrix[j * (whole + 1)] ?? 0) + system.l2;
  }
  return matrix;
}

function penalizedGradient(system: StandardSystem, at: Float64Array): Float64Array {
  return system.lossGradient.map(
    (value, j) => value + (isIntercept(system, j) ? 0 : system.l2 * (at[j] ?? 0)),
  );
}

export function penaltyOf(system: StandardSystem, weights: Float64Array): number {
  const squares = weights.reduce((sum, value, j) => sum + (isIntercept(system, j) ? 0 : value * value), 0);
  return (system.l2 / 2) * squares;
}

/** Differences of served scores: one per pair of classes, or the score itself. */
export function scoreDirections(contrasts: Contrasts | null): Float64Array[] {
  if (contrasts === null) return [Float64Array.of(1)];
  const { classes, matrix } = contrasts;
  const width = classes - 1;
  const line = (k: number) => matrix.subarray(k * width, (k + 1) * width);
  return Array.from({ length: classes }, (_, a) =>
    Array.from({ length: a }, (_, b) => line(a).map((value, c) => value - (line(b)[c] ?? 0))),
  ).flat();
}

/** Lines over scores × size, contracted with a direction of scores: rank × size. */
export function contracted(lines: Float64Array, size: number, direction: Float64Array): Float64Array {
  const whole = size * direction.length;
  const rank = lines.length / whole;
  const result = new Float64Array(rank * size);
  for (let row = 0; row < rank; row++) {
    direction.forEach((factor, score) => {
      for (let j = 0; j < size; j++) {
        const at = row * size + j;
        result[at] = (result[at] ?? 0) + factor * (lines[row * whole + score * size + j] ?? 0);
      }
    });
  }
  return result;
}

function geometryOf(
  system: StandardSystem,
  metric: Metric,
  step: Float64Array,
  reach: RowReach,
  loss: Loss,
): StepGeometry {
  let farthest = 0;
  let leverage: Leverage = { most: 0, base: 0, slope: 0 };
  for (const direction of scoreDirections(loss.contrasts)) {
    farthest = Math.max(farthest, reach.along(contracted(step, system.size, direction)));
    const own = reach.leverage(contracted(metric.lines, system.size, direction), metric.rank);
    if (own.most >= leverage.most) leverage = own;
  }
  return {
    reach: farthest,
    lossNorm: normIn(system.lossHessian, step),
    stepNorm: normIn(metric.matrix, step),
    leverage,
  };
}
