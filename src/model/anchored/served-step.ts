import type { CurvatureBound, StepGeometry } from './curvature-bound.ts';
import type { Metric } from './metric.ts';
import type { RowReach } from './row-reach.ts';
import type { StandardSystem } from './standard-system.ts';

/** The Newton step from the anchor and what certificates are made of, in standard coordinates. */
export type ServedStep = {
  readonly system: StandardSystem;
  /** Of the penalized Hessian H₀ at the anchor. */
  readonly metric: Metric;
  /** t₀, without part in the null space. */
  readonly start: Float64Array;
  /** The penalized gradient at t₀. */
  readonly gradient: Float64Array;
  /** t₁ − t₀. */
  readonly step: Float64Array;
  readonly served: Float64Array;
  /** g₀ + H₀·step: what solving left. */
  readonly residual: Float64Array;
  /** Bounds the gradient's rounding, per coordinate. */
  readonly rounding: Float64Array;
  readonly geometry: StepGeometry;
  readonly bound: CurvatureBound;
  readonly isSelfConcordant: boolean;
  readonly reach: RowReach;
};
