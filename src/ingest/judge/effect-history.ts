import type { ModelEffect } from '../profile/model-effect.ts';
import { middle } from './middle.ts';
import { learningUpdates, type TableHistory } from './table-history.ts';

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

/** Times its usual error from which on a model says more than that the rows are hard for it. */
export const manyfold = 10;

/** Some model errs many times as much on these rows as it usually does. */
export function errsManyfold(history: TableHistory, effects: readonly ModelEffect[]): boolean {
  return effects.some((effect) => {
    const past = effectsOf(history, effect);
    return (
      past.length >= learningUpdates && effect.error >= manyfold * middle(past.map(({ error }) => error))
    );
  });
}

/** Of a feature's relation to the label; NaN where it had none. @param place where it is expected */
export function relationAt({ relations }: ModelEffect, feature: string, place: number): number {
  const guess = relations[place];
  if (guess?.[0] === feature) return guess[1];
  return relations.find(([name]) => name === feature)?.[1] ?? Number.NaN;
}
