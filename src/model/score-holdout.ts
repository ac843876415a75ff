import { EverviewError } from '../core/errors.ts';
import type { OutputKind } from '../core/metric.ts';
import type { ColumnBatch, ColumnVector, Session } from '../core/session.ts';
import type { Contender } from './contender.ts';
import { type HoldoutRows, holdoutSql, ownSlicesSql } from './holdout-sql.ts';
import { blockCount } from './metrics/block-losses.ts';
import { ClassPlace } from './metrics/class-place.ts';
import { NumberPlace } from './metrics/number-place.ts';
import type { PlaceScores, PlaceSums, ScoredBatch } from './metrics/place-scores.ts';
import { RowGroups } from './metrics/row-groups.ts';

export type HoldoutRequest = Omit<HoldoutRows, 'classes'> & {
  /** Errors up to which a number counts as right, for flips. */
  readonly tolerances: readonly number[];
};

/** How a candidate, and the current model beside it, fared on rows with known labels. */
export type Evaluation = {
  readonly kind: OutputKind;
  readonly holdout: PlaceScores;
  /** Before the hold-out, the newest first. */
  readonly earlier: readonly PlaceScores[];
  /** Of the hold-out. */
  readonly slices: readonly SliceScores[];
};

export type SliceScores = PlaceScores & {
  readonly column: string;
  /** As text; null for NULL, and for the rest. */
  readonly value: string | null;
  /** All values with too few rows to be judged on their own. */
  readonly isRest: boolean;
};

/** Fewer rows say little of a slice. */
export const fewestSliceRows = 30;

/** With more columns predictions take longer to make than to add up, and are made by several threads ahead. */
const mostColumnsInStep = 20;

/** More slices are more than one looks at. */
const ownSlices = { least: fewestSliceRows, most: 200 } as const;

/**
 * Scores models on the same rows, in one scan, through the path that answers queries. Rows count that have a label
 * (a finite one, of numbers) and a prediction by every model. Rows are added up here, without rounding: so a score
 * is the same to the last bit in whatever order they lie, which the threads that wrote them decide (law 7).
 */
export async function scoreHoldout(session: Session, request: HoldoutRequest): Promise<Evaluation> {
  const rows: HoldoutRows = { ...request, classes: classesOf(request.contenders) };
  const slices = await Promise.all(
    request.slices.map(async (column) => {
      const found = await session.rows(ownSlicesSql(rows, column, ownSlices));
      return new Slices(
        column,
        found.map(({ value }) => (value === null || value === undefined ? null : String(value))),
        () => placeOf(rows, request.tolerances, true),
      );
    }),
  );
  const places = request.windows.map((_, index) => placeOf(rows, request.tolerances, index === 0));
  const byCell = new RowGroups(places.length * blockCount);
  const reading = rows.schema.length <= mostColumnsInStep ? 'in-step' : 'stream';
  for await (const batch of session.batches(holdoutSql(rows), [], reading))
    addBatch(batch, rows, { places, byCell, slices });
  const [holdout, ...earlier] = places.map((place) => place.result());
  if (holdout === undefined) throw new EverviewError('internal', 'a hold-out without a window');
  return {
    kind: rows.classes === null ? 'number' : 'class',
    holdout,
    earlier,
    slices: slices.flatMap((one) => one.results()),
  };
}

/** Those of the candidate, then those that only the current model knows. Null: numbers. */
function classesOf(contenders: readonly Contender[]): string[] | null {
  const lists = contenders.map(({ output }) => (output.kind === 'class' ? output.classes : null));
  if (lists.includes(null)) return null;
  return [...new Set(lists.flatMap((list) => list ?? []))];
}

/** @param ranks whether metrics are wanted that hold on to every score: for the hold-out, not for earlier windows */
function placeOf(
  { contenders, classes }: HoldoutRows,
  tolerances: readonly number[],
  ranks: boolean,
): PlaceSums {
  if (classes === null) return new NumberPlace(contenders.length, tolerances);
  return new ClassPlace({
    contenders: contenders.length,
    classes: Math.max(2, classes.length),
    probabilities: contenders.every(
      ({ output }) => output.kind === 'class' && output.probabilities.length > 0,
    ),
    ranks,
  });
}

type Sums = {
  /** By window. */
  readonly places: readonly PlaceSums[];
  readonly byCell: RowGroups;
  readonly slices: readonly Slices[];
};

function addBatch(batch: ColumnBatch, rows: HoldoutRows, { places, byCell, slices }: Sums): void {
  const slicedFrom = batch.columns.length - slices.length;
  const [cells, ...numbers] = batch.columns.slice(0, slicedFrom);
  const sliced = batch.columns.slice(slicedFrom);
  const [labels, ...outputs] = numbers.map(({ values }) => doubles(values));
  if (!(cells?.values instanceof Int32Array) || labels === undefined)
    throw new EverviewError('internal', 'a hold-out without cells or labels');
  const scored: ScoredBatch = { labels, contenders: contendersOf(rows, outputs) };
  const counted = cells.values.slice();
  for (const column of [cells, ...numbers]) if (!column.allValid) leaveOutNulls(counted, column);
  for (const values of rows.classes === null ? [labels, ...outputs] : [labels])
    leaveOutNonFinite(counted, values);
  byCell.visit(counted, (cell, ofCell) => {
    places[Math.floor(cell / blockCount)]?.add(scored, ofCell, cell % blockCount);
  });
  for (const [index, column] of sliced.entries()) slices[index]?.add(scored, column, counted);
}

/** Rows that are NULL there are in no cell. */
function leaveOutNulls(cells: Int32Array, column: ColumnVector): void {
  for (let row = 0; row < cells.length; row++) if (!column.isValid(row)) cells[row] = -1;
}

/** Nor are rows whose number is not finite. */
function leaveOutNonFinite(cells: Int32Array, values: Float64Array): void {
  for (let row = 0; row < cells.length; row++) {
    const value = values[row] ?? 0;
    // of an infinity and of NaN the difference is NaN
    if (value - value !== 0) cells[row] = -1;
  }
}

/** The columns of a batch by contender, their probabilities by the place of the class among all. */
function contendersOf({ contenders, classes }: HoldoutRows, columns: readonly Float64Array[]) {
  const left = [...columns];
  const none = new Float64Array();
  return contenders.map(({ output }) => {
    const predictions = left.shift() ?? none;
    if (output.kind === 'number' || output.probabilities.length === 0)
      return { predictions, probabilities: [] };
    const given = left.splice(0, output.classes.length);
    const probabilities = (classes ?? []).map((label) => given[output.classes.indexOf(label)] ?? none);
    return { predictions, probabilities };
  });
}

function doubles(values: ArrayLike<unknown>): Float64Array {
  if (values instanceof Float64Array) return values;
  throw new EverviewError('internal', 'a column of a hold-out is not DOUBLE');
}

/** The hold-out by the values of a column. */
class Slices {
  readonly #column: string;
  readonly #values: readonly (string | null)[];
  readonly #indexes: ReadonlyMap<string | null, number>;
  /** By value, and at the end that of all others. */
  readonly #places: readonly PlaceSums[];
  readonly #groups: RowGroups;

  constructor(column: string, values: readonly (string | null)[], makePlace: () => PlaceSums) {
    this.#column = column;
    this.#values = values;
    this.#indexes = new Map(values.map((value, index) => [value, index]));
    this.#places = Array.from({ length: values.length + 1 }, makePlace);
    this.#groups = new RowGroups(this.#places.length * blockCount);
  }

  /** @param cells by row, negative for one that does not count */
  add(scored: ScoredBatch, column: ColumnVector, cells: Int32Array): void {
    const groups = cells.map((cell, row) => {
      if (cell < 0 || cell >= blockCount) return -1;
      const value = column.isValid(row) ? String(column.values[row]) : null;
      return (this.#indexes.get(value) ?? this.#values.length) * blockCount + cell;
    });
    this.#groups.visit(groups, (group, rows) => {
      this.#places[Math.floor(group / blockCount)]?.add(scored, rows, group % blockCount);
    });
  }

  /** Without those in which no row counts. */
  results(): SliceScores[] {
    const all = this.#places.map((place, index) => ({
      ...place.result(),
      column: this.#column,
      value: this.#values[index] ?? null,
      isRest: index === this.#values.length,
    }));
    return all.filter(({ rows }) => rows > 0);
  }
}
