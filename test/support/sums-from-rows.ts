import { twoProduct } from '../../src/model/double-double.ts';
import type { FeaturePlan } from '../../src/model/feature-plan.ts';
import {
  addTo,
  copyWithLevels,
  denseSize,
  emptyState,
  type Frame,
  levelCount,
  mergeLevels,
  type SumsState,
  tidied,
} from '../../src/model/sums-state.ts';
import { plainPlan } from './plain-plan.ts';

/** Measured values, the labels last; null is missing. */
export type SummedRow = {
  readonly measures: readonly (number | null)[];
  readonly categories?: readonly (string | null)[];
};

/** The state of these rows by its definition, one outer product after the other. `measures` counts the labels too. */
export function sumsFromRows(
  plan: FeaturePlan,
  rows: readonly SummedRow[],
  measures: number,
  at = { pivot: 0, scale: 1 },
): SumsState {
  const frame: Frame = {
    pivot: new Float64Array(measures).fill(at.pivot),
    scale: new Float64Array(measures).fill(at.scale),
  };
  const summed = {
    ...plan,
    measured: plainPlan(Array.from({ length: measures - 1 }, (_, index) => `m${index}`)).measured,
  };
  const levels = plan.categorical.map((_, feature) =>
    mergeLevels(
      [],
      rows.map((row) => row.categories?.[feature] ?? null),
    ),
  );
  const state = copyWithLevels(emptyState(summed, frame), levels);
  const size = denseSize(measures - 1);
  const total = levelCount(levels);
  for (const row of rows) {
    const missing = row.measures.slice(0, -1).map((value) => (value === null ? 1 : 0));
    const z = row.measures.map((value) => (value === null ? 0 : (value - at.pivot) / at.scale));
    const vector = [1, ...z, ...missing];
    vector.forEach((a, i) => {
      vector.forEach((b, j) => {
        for (const part of twoProduct(a, b)) addTo(state.dense, i * size + j, part);
      });
    });
    let offset = 0;
    const places = levels.map((known, feature) => {
      const place = offset + known.indexOf(row.categories?.[feature] ?? null);
      offset += known.length;
      return place;
    });
    for (const place of places) {
      for (const [entry, value] of vector.entries()) addTo(state.grouped, place * size + entry, value);
      for (const other of places) {
        if (other >= place)
          state.together[place * total + other] = (state.together[place * total + other] ?? 0) + 1;
      }
    }
  }
  return tidied(state);
}
