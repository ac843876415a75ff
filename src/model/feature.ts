import type { FeatureSource } from './feature-source.ts';

/** A source read as one number: an integer, decimal or float as DOUBLE, a BOOLEAN as 0 or 1. */
export type MeasuredFeature = {
  readonly name: string;
  readonly source: FeatureSource;
  readonly kind: 'numeric' | 'boolean';
};

/** A source read as text, one 0/1 column per level in the design. `type` is its type in the training set. */
export type CategoricalFeature = {
  readonly name: string;
  readonly source: FeatureSource;
  readonly type: string;
};
