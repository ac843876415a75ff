import type { BatchColumn, BatchColumns } from './batch-columns.ts';
import { measureColumn } from './batch-profile.ts';
import type { ColumnKind } from './column-kind.ts';
import type { ColumnProfile } from './column-profile.ts';
import { createMeasureWork } from './measure-work.ts';

/** Counts of one column that add up over updates, and are taken away again with the rows that are deleted. */
export type ColumnCounts = {
  readonly name: string;
  readonly kind: ColumnKind;
  readonly present: number;
  readonly nulls: number;
  /** In the order of `countNames` of the kind. */
  readonly counts: readonly number[];
};

/** What an update added to, or (negative) took from, one partition of a table. */
export type ProfilePart = {
  /** Day of the event time, in days since 1970; null: rows without one, or a table without event time. */
  readonly day: number | null;
  readonly rows: number;
  readonly columns: readonly ColumnCounts[];
};

const dayMs = 86_400_000;

/**
 * The parts of a block of rows, by the day of their event time; `sign` −1: of rows that leave.
 *
 * @param whole the profiles of the block's columns, where they were measured already
 */
export function partsOf(
  batch: BatchColumns,
  eventTime: string | null,
  sign: 1 | -1,
  whole: readonly ColumnProfile[] | null = null,
): ProfilePart[] {
  const time = batch.columns.find(({ name }) => name === eventTime);
  const work = createMeasureWork();
  const byDay = new Map<number | null, number[]>();
  for (let row = 0; row < batch.rows; row++) {
    const at = time?.present[row] === 1 ? (time.numbers[row] ?? 0) : null;
    const day = at === null ? null : Math.floor(at / dayMs);
    const rows = byDay.get(day);
    if (rows === undefined) byDay.set(day, [row]);
    else rows.push(row);
  }
  return [...byDay].map(([day, rows]) => ({
    day,
    rows: sign * rows.length,
    columns:
      whole !== null && rows.length === batch.rows
        ? whole.map((column) => signed(column, sign))
        : batch.columns.map((column) => signed(measureColumn(rowsOf(column, rows), null, work), sign)),
  }));
}

function rowsOf(column: BatchColumn, rows: readonly number[]): BatchColumn {
  return {
    ...column,
    numbers: Float64Array.from(column.kind === 'text' ? [] : rows, (row) => column.numbers[row] ?? 0),
    texts: column.kind === 'text' ? rows.map((row) => column.texts[row] ?? null) : [],
    present: Uint8Array.from(rows, (row) => column.present[row] ?? 0),
  };
}

function signed({ name, kind, present, nulls, counts }: ColumnProfile, sign: 1 | -1): ColumnCounts {
  return {
    name,
    kind,
    present: sign * present,
    nulls: sign * nulls,
    counts: counts.map((count) => sign * count),
  };
}

/** The parts of each day as one; days of which nothing is left are not there. In the order of the days. */
export function mergeParts(parts: Iterable<ProfilePart>): ProfilePart[] {
  const byDay = new Map<number | null, ProfilePart>();
  for (const part of parts) {
    const known = byDay.get(part.day);
    byDay.set(part.day, known === undefined ? part : added(known, part));
  }
  return [...byDay.values()]
    .filter(({ rows }) => rows !== 0)
    .sort((a, b) => (a.day ?? Number.NEGATIVE_INFINITY) - (b.day ?? Number.NEGATIVE_INFINITY));
}

/** The parts of all days as one. */
export function totalOf(parts: readonly ProfilePart[]): ProfilePart | null {
  const [total = null] = mergeParts(parts.map(({ rows, columns }) => ({ day: null, rows, columns })));
  return total;
}

function added(a: ProfilePart, b: ProfilePart): ProfilePart {
  return {
    day: a.day,
    rows: a.rows + b.rows,
    columns: a.columns.map((column, index) => {
      const guess = b.columns[index];
      const other = guess?.name === column.name ? guess : b.columns.find(({ name }) => name === column.name);
      if (other === undefined) return column;
      return {
        ...column,
        present: column.present + other.present,
        nulls: column.nulls + other.nulls,
        counts: column.counts.map((count, place) => count + (other.counts[place] ?? 0)),
      };
    }),
  };
}
