/**
 * Proof of how far the served model is from the optimum w* of the same rows, in the standard coordinates x of
 * standard-system.ts: for every row, seen or not,
 *
 *   `local-norm`                      |score₁(x) − score*(x)| ≤ radius · |M·x|
 *   `strong-convexity`, `ball`        |score₁(x) − score*(x)| ≤ offset + slope · |x without its intercept|
 *
 * `worst` bounds it over all training rows. `none` proves nothing: refit.
 */
export type Certificate =
  | {
      readonly kind: 'local-norm';
      readonly radius: number;
      /** M, rank × (scores · size). */
      readonly lines: Float64Array;
      readonly rank: number;
      readonly worst: number;
    }
  | {
      readonly kind: 'strong-convexity' | 'ball';
      readonly offset: number;
      readonly slope: number;
      readonly worst: number;
    }
  | { readonly kind: 'none'; readonly worst: number };

export const noCertificate: Certificate = { kind: 'none', worst: Number.POSITIVE_INFINITY };

/** The one that says most about the row it says least about. */
export function tightest(certificates: readonly Certificate[]): Certificate {
  return certificates.reduce((best, one) => (one.worst < best.worst ? one : best), noCertificate);
}
