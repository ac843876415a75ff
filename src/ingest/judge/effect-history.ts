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

/** Share of its mean prediction below which a model errs by rounding alone; one that gets all classes right errs by none. */
const rounding = 1e-9;

/** Share of the rows from which on something is of all of them. */
export const wholeBatch = 0.9;

/**
 * Some model errs many times as much on these rows as it usually does; not where it was sure of other classes in all of
 * them: when the world moves so far, all rows move. Of a model that never errs it says nothing.
 */
export function errsManyfold(history: TableHistory, effects: readonly ModelEffect[]): boolean {
  return effects.some((effect) => {
    const past = effectsOf(history, effect);
    const usual = middle(past.map(({ error }) => error));
    return (
      past.length >= learningUpdates &&
      effect.surprises < wholeBatch * effect.rows &&
      usual > rounding * Math.abs(effect.center) &&
      effect.error >= manyfold * usual
    );
  });
}

/** Of a feature's relation to the label; NaN where it had none. @param place where it is expected */
export function relationAt({ relations }: ModelEffect, feature: string, place: number): number {
  const guess = relations[place];
  if (guess?.[0] === feature) return guess[1];
  return relations.find(([name]) => name === feature)?.[1] ?? Number.NaN;
}
