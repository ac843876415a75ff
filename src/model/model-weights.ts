import { numericKindOf } from '../core/schema.ts';
import type { Head, ScoredCategory, ScoredFeature, ScoredLevel, Scorer } from './scorer.ts';

/**
 * One term of a score. Per kind:
 *
 * - `intercept`: `weight` is the score where every number is 0, no value missing and no level known;
 *   `standardizedWeight` the score with every number at its centre.
 * - `numeric`, `boolean`: `weight` per unit, `missingWeight` added where the value is missing.
 * - `level`, `missing`, `unseen`: `weight` is added for the level, for a missing value, for any other level.
 */
export type ModelWeight = {
  /** The output column, class or cluster whose score it is. */
  readonly score: string;
  /** Null: the intercept. */
  readonly feature: string | null;
  readonly level: string | null;
  readonly kind: 'intercept' | 'numeric' | 'boolean' | 'level' | 'missing' | 'unseen';
  readonly weight: number;
  /** Per standard deviation where features are standardized. */
  readonly standardizedWeight: number | null;
  readonly missingWeight: number | null;
  readonly center: number | null;
  readonly deviation: number | null;
  /** Training rows: all of them, those with the feature present, those of the level. */
  readonly rows: number;
};

/** What each score is of. */
export function scoreNames(head: Head, scores: number): string[] {
  switch (head.kind) {
    case 'identity':
      return [...head.columns];
    case 'exponential':
      return ['prediction'];
    case 'logistic':
      return [head.classes[1]];
    case 'softmax':
      return [...head.classes];
    case 'nearest':
      return Array.from({ length: scores }, (_, k) => String(k + 1));
  }
}

/** Every weight of a model, score by score; of quadratic scores the linear part. */
export function modelWeights(scorer: Scorer, rows: number): ModelWeight[] {
  return scoreNames(scorer.head, scorer.offsets.length).flatMap((score, k) => [
    interceptOf(scorer, score, k, rows),
    ...scorer.features.map((feature) => featureWeight(feature, score, k, rows)),
    ...scorer.categories.flatMap((category) => levelWeights(category, score, k)),
  ]);
}

const unmeasured = { standardizedWeight: null, missingWeight: null, center: null, deviation: null };

function interceptOf({ features, offsets }: Scorer, score: string, k: number, rows: number): ModelWeight {
  const offset = offsets[k] ?? 0;
  const weight = features.reduce((rest, { weights, center }) => rest - (weights[k] ?? 0) * center, offset);
  return {
    ...unmeasured,
    score,
    feature: null,
    level: null,
    kind: 'intercept',
    weight,
    standardizedWeight: offset,
    rows,
  };
}

function featureWeight(feature: ScoredFeature, score: string, k: number, rows: number): ModelWeight {
  const { name, kind, center, deviation } = feature;
  return {
    score,
    feature: name,
    level: null,
    kind,
    weight: feature.weights[k] ?? 0,
    standardizedWeight: feature.standardizedWeights[k] ?? 0,
    missingWeight: feature.missingWeights[k] ?? 0,
    center,
    deviation,
    rows: rows - feature.missingRows,
  };
}

/** As people look for them: whole numbers and decimals by size, others as text, a missing value last. */
function inOrder({ type, levels }: ScoredCategory): readonly ScoredLevel[] {
  const kind = numericKindOf(type);
  if (kind !== 'integer' && kind !== 'decimal') return levels;
  const size = ({ level }: ScoredLevel) => (level === null ? Number.POSITIVE_INFINITY : Number(level));
  return levels.toSorted((a, b) => (size(a) === size(b) ? 0 : size(a) - size(b)));
}

function levelWeights(category: ScoredCategory, score: string, k: number): ModelWeight[] {
  const { name, unseen } = category;
  const of = { ...unmeasured, score, feature: name };
  return [
    ...inOrder(category).map(
      ({ level, weights, rows }): ModelWeight => ({
        ...of,
        level,
        kind: level === null ? 'missing' : 'level',
        weight: weights[k] ?? 0,
        rows,
      }),
    ),
    { ...of, level: null, kind: 'unseen', weight: unseen[k] ?? 0, rows: 0 },
  ];
}
