import type { ModelParameters, QuadraticForm, ScoredCategory } from './scorer.ts';
import {
  addTo,
  denseSize,
  type Levels,
  levelCount,
  levelRows,
  measuredCount,
  pairedSums,
  type SumsState,
} from './sums-state.ts';

/** The state in which the rare levels of each category are one, and which those are. */
export type PooledLevels = {
  readonly state: SumsState;
  /** Per categorical feature: the rare levels, sorted; none where fewer than two are rare. */
  readonly rare: readonly Levels[];
};

/** Cannot be a level of the data: of these none holds a NUL (`assertQuotable`). */
const pooledLevel = '\u0000rare';

/**
 * Levels with fewer than `least` training rows as one level. One-hot columns add up, so their sums do: what is solved is
 * the model of the pooled column, exactly. NULL stays apart; one rare level alone stays as it is.
 * @param counts rows of each level, in layout order: of all classes, where the state is one class's
 */
export function poolRareLevels(
  state: SumsState,
  least: number,
  counts: Float64Array = levelRows(state),
): PooledLevels {
  let place = 0;
  const rare = state.levels.map((levels): Levels => {
    const few = levels.filter((level) => {
      const rows = counts[place] ?? 0;
      place += 1;
      return level !== null && rows < least;
    });
    return few.length < 2 ? [] : few;
  });
  if (rare.every((levels) => levels.length === 0)) return { state, rare };
  const levels = state.levels.map((known, feature): Levels => {
    const few = rare[feature] ?? [];
    return few.length === 0 ? known : [pooledLevel, ...known.filter((level) => !few.includes(level))];
  });
  return { state: regrouped(state, levels, targetsOf(state.levels, levels)), rare };
}

/** For each level in layout order, its place in the layout of `to`: that of the pooled level where it is gone. */
function targetsOf(from: readonly Levels[], to: readonly Levels[]): number[] {
  let offset = 0;
  return from.flatMap((levels, feature) => {
    const known = to[feature] ?? [];
    const first = offset;
    offset += known.length;
    return levels.map((level) => first + Math.max(0, known.indexOf(level)));
  });
}

function regrouped(state: SumsState, levels: readonly Levels[], target: readonly number[]): SumsState {
  const size = denseSize(measuredCount(state));
  const before = target.length;
  const total = levelCount(levels);
  const grouped = pairedSums(total * size);
  const together = new Float64Array(total * total);
  const counted = new Float64Array(total);
  target.forEach((to, from) => {
    counted[to] = (counted[to] ?? 0) + (state.tally?.levels[from] ?? 0);
    for (let entry = 0; entry < size; entry++) {
      addTo(grouped, to * size + entry, state.grouped.high[from * size + entry] ?? 0);
      addTo(grouped, to * size + entry, state.grouped.low[from * size + entry] ?? 0);
    }
    for (let other = from; other < before; other++) {
      const count = state.together[from * before + other] ?? 0;
      const toOther = target[other] ?? 0;
      const index = Math.min(to, toOther) * total + Math.max(to, toOther);
      together[index] = (together[index] ?? 0) + count;
    }
  });
  return { ...state, levels, grouped, together, tally: state.tally && { ...state.tally, levels: counted } };
}

/** A model of pooled levels with each rare level again by its name; a level never seen counts as rare. */
export function withLevels(
  parameters: ModelParameters,
  { rare }: PooledLevels,
  sums: SumsState,
): ModelParameters {
  const rowsOf = rowsOfLevels(sums);
  const categories = parameters.scorer.categories.map((category, feature) => {
    const few = rare[feature] ?? [];
    const pooled = category.levels.find(({ level }) => level === pooledLevel);
    if (few.length === 0 || pooled === undefined) return category;
    const named = few.map((level) => ({ level, weights: pooled.weights, rows: rowsOf(feature, level) }));
    const others = category.levels.filter(({ level }) => level !== pooledLevel);
    return { ...category, levels: [...named, ...others], unseen: pooled.weights };
  });
  const quadratic = parameters.scorer.quadratic?.map((form) => formWithLevels(form, parameters, categories));
  return { ...parameters, scorer: { ...parameters.scorer, categories, quadratic: quadratic ?? null } };
}

/**
 * A form over pooled levels as one over those by name, with the pooled level's column taken from the others of its
 * category and put into the constants: so that a rare level, and one never seen, counts as that without a column.
 */
function formWithLevels(
  form: QuadraticForm,
  { scorer }: ModelParameters,
  categories: readonly ScoredCategory[],
): QuadraticForm {
  const measured = 2 * scorer.features.length;
  let first = measured;
  const placed = scorer.categories.map(({ levels }) => {
    const from = first;
    first += levels.length;
    return (level: string | null) => {
      const place = levels.findIndex((one) => one.level === level);
      return place < 0 ? null : from + place;
    };
  });
  const pooled = placed.map((placeOf) => placeOf(pooledLevel));
  if (pooled.every((place) => place === null)) return form;
  const { constants, rows } = form;
  const weightAt = (row: readonly number[], place: number | null) => (place === null ? 0 : (row[place] ?? 0));
  return {
    constants: constants.map((constant, line) =>
      pooled.reduce<number>((sum, place) => sum + weightAt(rows[line] ?? [], place), constant),
    ),
    rows: rows.map((row) => [
      ...Array.from({ length: measured }, (_, place) => row[place] ?? 0),
      ...categories.flatMap(({ levels }, category) => {
        const common = weightAt(row, pooled[category] ?? null);
        return levels.map(({ level }) => {
          const place = placed[category]?.(level) ?? null;
          return place === null ? 0 : weightAt(row, place) - common;
        });
      }),
    ]),
  };
}

function rowsOfLevels(state: SumsState): (feature: number, level: string | null) => number {
  const rows = levelRows(state);
  return (feature, level) => {
    const before = levelCount(state.levels.slice(0, feature));
    const place = state.levels[feature]?.indexOf(level) ?? -1;
    return place < 0 ? 0 : (rows[before + place] ?? 0);
  };
}
