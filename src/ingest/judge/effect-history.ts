import type { ModelEffect } from '../profile/model-effect.ts';
import type { TableHistory } from './table-history.ts';

/** What is compared of a model's effect. */
export type EffectStatistic = 'loss' | 'error' | 'skill' | 'move' | 'largest-move' | 'surprises' | 'relation';

/** What the model made of earlier updates, by its present definition; oldest first. */
export function effectsOf(
  history: TableHistory,
  { model, definition }: Pick<ModelEffect, 'model' | 'definition'>,
): ModelEffect[] {
  return history.units.flatMap(({ profile }) =>
    profile.effects.filter((one) => one.model === model && one.definition === definition),
  );
}

/** Of a feature's relation to the label; NaN where it had none. @param place where it is expected */
export function relationAt({ relations }: ModelEffect, feature: string, place: number): number {
  const guess = relations[place];
  if (guess?.[0] === feature) return guess[1];
  return relations.find(([name]) => name === feature)?.[1] ?? Number.NaN;
}
