/**
 * Bounds the dual norm |M·x| of rows in the metric of the anchor's Hessian: `most` over all training rows; of a row
 * whose (z, missing) has norm r, base + slope · r.
 */
export type Leverage = { readonly most: number; readonly base: number; readonly slope: number };
