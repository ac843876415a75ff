import { EverviewError } from '../core/errors.ts';
import type { FeaturePlan } from './feature-plan.ts';
import { predictionColumn } from './head.ts';
import type { RidgeParameters } from './ridge-parameters.ts';
import type { Scorer } from './scorer.ts';

/** The output columns of a model of numbers: of its own label, then of the further ones. */
export function predictionNames({ furtherLabels }: FeaturePlan): string[] {
  return [predictionColumn, ...furtherLabels.map((label) => `${predictionColumn}_${label}`)];
}

/**
 * Linear functions over the same features and rows as one scorer, a score each.
 * @param columns the output columns, one per function.
 */
export function linearScorer(
  plan: FeaturePlan,
  fits: readonly RidgeParameters[],
  columns: readonly string[],
): Scorer {
  const [first] = fits;
  if (first === undefined) throw new EverviewError('internal', `model "${plan.model}" has no score`);
  return {
    missing: first.missing,
    features: plan.measured.map(({ name, source, kind }, index) => {
      const each = fits.flatMap((fit) => fit.features[index] ?? []);
      const [own] = each;
      return {
        name,
        source,
        kind,
        center: own?.center ?? 0,
        deviation: own?.deviation ?? 0,
        weights: each.map(({ weight }) => weight),
        standardizedWeights: each.map(({ standardizedWeight }) => standardizedWeight),
        missingWeights: each.map(({ missingWeight }) => missingWeight),
        missingRows: own?.missingRows ?? 0,
      };
    }),
    categories: plan.categorical.map(({ name, source, type }, index) => ({
      name,
      source,
      type,
      levels: (first.categories[index]?.levels ?? []).map(({ level, rows }, place) => ({
        level,
        weights: fits.map((fit) => fit.categories[index]?.levels[place]?.weight ?? 0),
        rows,
      })),
      unseen: fits.map(() => 0),
    })),
    offsets: fits.map(({ offset }) => offset),
    quadratic: null,
    head: { kind: 'identity', columns },
    bound: null,
  };
}
