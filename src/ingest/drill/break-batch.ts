import type { BatchColumn, BatchColumns } from '../profile/batch-columns.ts';
import { type ColumnChange, chooseRows, pick, shuffle, taken } from './break-column.ts';
import { distinctOf, isCategory, isFractional, isMeasured, isNumber } from './column-traits.ts';

export type InjectionContext = {
  /** Share of the rows hit, 0 to 1. */
  readonly share: number;
  /** From 0 to below 1. */
  readonly random: () => number;
  /** The batch before, for what repeats old values. */
  readonly previous: BatchColumns;
};

export type Injected = { readonly columns: readonly string[]; readonly batch: BatchColumns };

/** Null: the error cannot happen to this batch. */
export type BatchChange = (batch: BatchColumns, context: InjectionContext) => Injected | null;

export function onColumn(fits: (column: BatchColumn) => boolean, change: ColumnChange): BatchChange {
  return (batch, { share, random }) => {
    const column = pick(batch.columns.filter(fits), random);
    if (column === undefined) return null;
    const changed = change(column, { has: chooseRows(batch.rows, share, random), random, share });
    return { columns: [column.name], batch: replaced(batch, [changed]) };
  };
}

function replaced(batch: BatchColumns, columns: readonly BatchColumn[]): BatchColumns {
  return {
    rows: batch.rows,
    columns: batch.columns.map((old) => columns.find(({ name }) => name === old.name) ?? old),
  };
}

export function stale(batch: BatchColumns, { share, random, previous }: InjectionContext): Injected | null {
  const column = pick(batch.columns.filter(isMeasured), random);
  const old = previous.columns.find(({ name }) => name === column?.name);
  if (column === undefined || old === undefined || previous.rows === 0) return null;
  const has = chooseRows(batch.rows, share, random);
  const shuffled = shuffle(old, { has: () => true, random, share: 1 });
  const numbers = column.numbers.map((value, row) =>
    has(row) ? (shuffled.numbers[row % previous.rows] ?? 0) : value,
  );
  const present = column.present.map((one, row) =>
    has(row) ? (shuffled.present[row % previous.rows] ?? 0) : one,
  );
  return { columns: [column.name], batch: replaced(batch, [{ ...column, numbers, present }]) };
}

export function swap(batch: BatchColumns, { share, random }: InjectionContext): Injected | null {
  const numbers = batch.columns.filter(isNumber);
  const a = pick(numbers, random);
  const b = pick(
    numbers.filter((one) => one !== a),
    random,
  );
  if (a === undefined || b === undefined) return null;
  const has = chooseRows(batch.rows, share, random);
  const mixedWith = (own: BatchColumn, other: BatchColumn): BatchColumn => ({
    ...own,
    numbers: own.numbers.map((value, row) => (has(row) ? (other.numbers[row] ?? 0) : value)),
    present: own.present.map((one, row) => (has(row) ? (other.present[row] ?? 0) : one)),
  });
  return { columns: [a.name, b.name], batch: replaced(batch, [mixedWith(a, b), mixedWith(b, a)]) };
}

function keepRows(batch: BatchColumns, rows: readonly number[]): BatchColumns {
  return {
    rows: rows.length,
    columns: batch.columns.map((column) => taken(column, rows.length, (row) => rows[row] ?? 0)),
  };
}

export function dropRows(batch: BatchColumns, isDropped: (row: number) => boolean): Injected {
  const rows = Array.from({ length: batch.rows }, (_, row) => row).filter((row) => !isDropped(row));
  return { columns: [], batch: keepRows(batch, rows) };
}

export function duplicate(batch: BatchColumns, { share, random }: InjectionContext): Injected {
  const has = chooseRows(batch.rows, share, random);
  const rows = Array.from({ length: batch.rows }, (_, row) => row).flatMap((row) =>
    has(row) ? [row, row] : [row],
  );
  return { columns: [], batch: keepRows(batch, rows) };
}

/** A frequent value of a category loses the share of its rows. */
export function missingSegment(batch: BatchColumns, { share, random }: InjectionContext): Injected | null {
  const candidates = batch.columns.filter(
    (column) =>
      isCategory(column) || (column.kind === 'number' && distinctOf(column) >= 3 && distinctOf(column) <= 30),
  );
  const column = pick(candidates, random);
  if (column === undefined) return null;
  const valueAt = (row: number) => (column.kind === 'text' ? column.texts[row] : column.numbers[row]);
  const counts = new Map<unknown, number>();
  for (let row = 0; row < batch.rows; row++) counts.set(valueAt(row), (counts.get(valueAt(row)) ?? 0) + 1);
  const frequent = [...counts].filter(([, rows]) => rows >= batch.rows * 0.05 && rows <= batch.rows * 0.6);
  const lost = pick(frequent, random);
  if (lost === undefined) return null;
  const has = chooseRows(batch.rows, share, random);
  return { ...dropRows(batch, (row) => valueAt(row) === lost[0] && has(row)), columns: [column.name] };
}

export function addNoise(batch: BatchColumns, { share, random }: InjectionContext): Injected | null {
  const column = pick(batch.columns.filter(isFractional), random);
  if (column === undefined) return null;
  const { mean, deviation } = momentsOf(column);
  if (!(deviation > 0)) return null;
  const has = chooseRows(batch.rows, share, random);
  const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
  const numbers = column.numbers.map((value, row) => (has(row) ? value + deviation * normal() : value));
  return Number.isFinite(mean)
    ? { columns: [column.name], batch: replaced(batch, [{ ...column, numbers }]) }
    : null;
}

function momentsOf({ numbers, present }: BatchColumn) {
  const values = numbers.filter((value, row) => present[row] === 1 && Number.isFinite(value));
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0);
  return { mean, deviation: Math.sqrt(squares / values.length) };
}
