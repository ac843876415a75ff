import type { FeaturePlan } from './feature-plan.ts';
import {
  copyWithLevels,
  emptyState,
  type Levels,
  mergeInto,
  mergeLevels,
  rowCount,
  type SumsState,
  tidied,
} from './sums-state.ts';

/** The sums of the training rows of one class of the label; those of a model share frame and levels. */
export type ClassSums = { readonly label: string; readonly sums: SumsState };

/** The sums of all classes together. */
export function pooledSums(plan: FeaturePlan, classes: readonly ClassSums[]): SumsState | null {
  const [first] = classes;
  if (first === undefined) return null;
  const pooled = copyWithLevels(emptyState(plan, first.sums.frame), first.sums.levels);
  for (const { sums } of classes) mergeInto(pooled, sums, 1);
  return tidied(pooled);
}

/** In order of their labels, without classes that no row has and levels that no class has. */
export function tidiedClasses(classes: readonly ClassSums[]): ClassSums[] {
  const alive = classes
    .filter(({ sums }) => rowCount(sums) > 0)
    .map(({ label, sums }) => ({ label, sums: tidied(sums) }))
    .sort((a, b) => (a.label < b.label ? -1 : 1));
  const [first] = alive;
  if (first === undefined) return [];
  const levels = first.sums.levels.map(
    (_, feature): Levels =>
      alive.reduce<Levels>((known, { sums }) => mergeLevels(known, sums.levels[feature] ?? []), []),
  );
  return alive.map(({ label, sums }) => ({ label, sums: copyWithLevels(sums, levels) }));
}
