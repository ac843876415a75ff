import type { Schema } from '../core/schema.ts';

/**
 * A relation with the predictions of a model beside its columns: row by row, by the parameters of one version of the
 * model, which are bound when it is rendered. `to` and `from`: the version that answers at that end of the refresh.
 * `crossing`: the rows as the later version predicts them, and those of the earlier one with weight −1.
 *
 * Schema: the input's columns, then `outputs`. Change, for an input R from R₁ to R₂ while the model's parameters
 * moved from W₁ to W₂:
 *
 *     π_W₂(R₂) − π_W₁(R₁) = π_W₁(ΔR) + (π_W₂ − π_W₁)(R₂)
 *
 * and π_W₂(ΔR) where the same version answers. (As for conditions on the clock, the other way to part it would have
 * to read the old rows.) A model of which no version answers predicts no row: π is empty.
 */
export interface PredictNode<R> {
  readonly kind: 'predict';
  readonly input: R;
  readonly model: string;
  /** Columns of the input that the model reads; any others it has are handed on. */
  readonly features: readonly string[];
  readonly outputs: Schema;
  /** Types of the input's columns, in their order; null until DuckDB has been asked. */
  readonly types: readonly string[] | null;
  readonly at: 'from' | 'to' | 'crossing';
}

export function createPredict<R>(parts: Omit<PredictNode<R>, 'kind'>): PredictNode<R> {
  return Object.freeze({ kind: 'predict', ...parts });
}

/** @param hasMoved whether another version of the model answers than before */
export function changeOfPredict<R>(
  node: PredictNode<R>,
  change: R | null,
  hasMoved: boolean,
): PredictNode<R>[] {
  const terms: PredictNode<R>[] = [];
  if (change !== null) terms.push(createPredict({ ...node, input: change, at: hasMoved ? 'from' : 'to' }));
  if (hasMoved) terms.push(createPredict({ ...node, at: 'crossing' }));
  return terms;
}

export function oldOfPredict<R>(node: PredictNode<R>, input: R, hasMoved: boolean): PredictNode<R> {
  return createPredict({ ...node, input, at: hasMoved ? 'from' : node.at });
}
