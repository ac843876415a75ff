import { EverviewError } from '../core/errors.ts';
import type { OutputKind } from '../core/metric.ts';
import type { ColumnBatch, ColumnVector, Session } from '../core/session.ts';
import type { Contender } from './contender.ts';
import { type HoldoutRows, holdoutSql, ownSlicesSql } from './holdout-sql.ts';
import { blockCount } from './metrics/block-losses.ts';
import { ClassPlace } from './metrics/class-place.ts';
import { NumberPlace } from './metrics/number-place.ts';
import type { PlaceScores, PlaceSums, ScoredBatch } from './metrics/place-scores.ts';

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
  for await (const batch of session.batches(holdoutSql(rows))) addBatch(batch, rows, places, slices);
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

function addBatch(
  batch: ColumnBatch,
  rows: HoldoutRows,
  places: readonly PlaceSums[],
  slices: readonly Slices[],
): void {
  const numbers = batch.columns.slice(0, batch.columns.length - slices.length);
  const sliced = batch.columns.slice(numbers.length);
  const [cells, labels, ...outputs] = numbers.map(({ values }) => doubles(values));
  if (cells === undefined || labels === undefined) return;
  const scored: ScoredBatch = { labels, contenders: contendersOf(rows, outputs) };
  const isNumber = rows.classes === null;
  const finite = isNumber ? [labels, ...outputs] : [labels];
  const nullable = numbers.filter(({ allValid }) => !allValid);
  for (let row = 0; row < batch.rowCount; row++) {
    if (!counts(row, nullable, finite)) continue;
    const cell = cells[row] ?? 0;
    const window = Math.floor(cell / blockCount);
    const block = cell % blockCount;
    places[window]?.add(scored, row, block);
    if (window > 0) continue;
    for (let index = 0; index < slices.length; index++)
      slices[index]?.placeFor(textAt(sliced[index], row)).add(scored, row, block);
  }
}

// Loops and no closures: this runs once a row.
function counts(row: number, nullable: readonly ColumnVector[], finite: readonly Float64Array[]): boolean {
  for (let index = 0; index < nullable.length; index++)
    if (nullable[index]?.isValid(row) === false) return false;
  for (let index = 0; index < finite.length; index++)
    if (!Number.isFinite(finite[index]?.[row])) return false;
  return true;
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

function textAt(column: ColumnVector | undefined, row: number): string | null {
  return column?.isValid(row) === true ? String(column.values[row]) : null;
}

function doubles(values: ArrayLike<unknown>): Float64Array {
  if (values instanceof Float64Array) return values;
  throw new EverviewError('internal', 'a column of a hold-out is not DOUBLE');
}

/** The hold-out by the values of a column. */
class Slices {
  readonly #column: string;
  readonly #own: ReadonlyMap<string | null, PlaceSums>;
  readonly #rest: PlaceSums;

  constructor(column: string, values: readonly (string | null)[], makePlace: () => PlaceSums) {
    this.#column = column;
    this.#own = new Map(values.map((value) => [value, makePlace()]));
    this.#rest = makePlace();
  }

  placeFor(value: string | null): PlaceSums {
    return this.#own.get(value) ?? this.#rest;
  }

  /** Without those in which no row counts. */
  results(): SliceScores[] {
    const own = [...this.#own].map(([value, place]) => ({
      ...place.result(),
      column: this.#column,
      value,
      isRest: false,
    }));
    const rest = { ...this.#rest.result(), column: this.#column, value: null, isRest: true };
    return [...own, rest].filter(({ rows }) => rows > 0);
  }
}
