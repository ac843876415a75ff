import { type KinkHistogram, nearKinks } from './kink-histogram.ts';
import type { Leverage } from './leverage.ts';
import type { CurvatureLaw } from './loss.ts';

/**
 * What a step can change that moves no row's predictor (for classes: no difference of two classes' scores) by more
 * than `reach`: `lossNorm` is its norm in the anchor's loss Hessian, `stepNorm` in the penalized one, `leverage`
 * bounds the dual norms of rows.
 */
export type StepGeometry = {
  readonly reach: number;
  readonly lossNorm: number;
  readonly stepNorm: number;
  readonly leverage: Leverage;
};

/** How the loss's curvature bounds what a model at some distance from the anchor can be. */
export interface CurvatureBound {
  /** Bounds the dual norm of Σ x(φ′(s + δ) − φ′(s) − φ″(s)δ) at the end of the step. */
  remainder(step: StepGeometry): number;
  /** The radius, in the anchor's Hessian norm, around the end of the step that holds the optimum; Infinity: none. */
  radius(step: StepGeometry, gradientNorm: number): number;
}

/** (eᵗ − 1 − t)/t, by its series where the difference would cancel; rounded up. */
export function expRemainder(t: number): number {
  if (t < 1e-2) return (t / 2) * (1 + t / 3 + (t * t) / 10);
  return (Math.expm1(t) - t) / t;
}

/**
 * For |φ‴| ≤ φ″: e^−|δ| φ″(s) ≤ φ″(s + δ) ≤ e^|δ| φ″(s) (Bach 2010, lemma 1; Sun & Tran-Dinh 2019, prop. 8).
 *
 * Remainder: each row's is at most φ″|δ|·(e^|δ| − 1 − |δ|)/|δ|, so by Cauchy–Schwarz in the anchor's Hessian the sum's
 * dual norm is at most (e^D − 1 − D)/D times the step's, D = reach.
 *
 * Radius: along e from the step's end the Hessian is at least e^(−D−r)H₀ when no row moves by more than r, and
 * r ≤ c‖e‖, c = leverage. Then ‖e*‖·e^−D·(1 − e^−r)/r ≤ γ, the gradient's dual norm, gives
 * ‖e*‖ ≤ −log(1 − c·e^D·γ)/c where c·e^D·γ < 1.
 */
export function selfConcordantBound(): CurvatureBound {
  return {
    remainder: ({ reach, lossNorm }) => expRemainder(reach) * lossNorm,
    radius: ({ reach, leverage }, gradientNorm) => {
      const far = leverage.most * Math.exp(reach) * gradientNorm;
      if (!(far < 1)) return Number.POSITIVE_INFINITY;
      return leverage.most > 0 ? -Math.log1p(-far) / leverage.most : gradientNorm;
    },
  };
}

/**
 * For φ″ that jumps between 0 and 1 at kinks: a row's remainder is 0 unless it passes a kink, then at most
 * (|δ| − its distance from the kink)₊ in slope, and curvature is lost only by curved rows within reach. With m the
 * dual norm of a row, |x·h| ≤ m‖h‖ and |δ| ≤ m‖d‖, so the remainder is at most Σ m·(D − distance) and Σ m²·‖d‖ over
 * the rows near a kink, and the curvature lost at most Σ m² of the curved ones (kink-histogram.ts).
 */
export function kinkedBound(histogram: KinkHistogram, delta: number): CurvatureBound {
  return {
    remainder: ({ reach, stepNorm, leverage }) => {
      const near = nearKinks(histogram, delta, reach, leverage);
      return Math.min(near.excess, near.squares * stepNorm);
    },
    radius: ({ reach, leverage }, gradientNorm) => {
      let radius = gradientNorm;
      for (let round = 0; round < 60; round++) {
        const lost = nearKinks(histogram, delta, reach + leverage.most * radius, leverage).curvedSquares;
        if (!(lost < 1)) return Number.POSITIVE_INFINITY;
        const needed = gradientNorm / (1 - lost);
        if (needed <= radius) return radius;
        radius = needed * (1 + 1e-9);
      }
      return Number.POSITIVE_INFINITY;
    },
  };
}

export function curvatureBound(law: CurvatureLaw, histogram: KinkHistogram | null): CurvatureBound {
  if (law.kind === 'self-concordant' || histogram === null) return selfConcordantBound();
  return kinkedBound(histogram, law.delta);
}
