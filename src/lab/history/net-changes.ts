import type { Row } from '../../index.ts';
import type { TableRows } from '../history.ts';
import { canonicalRow, canonicalText } from './canonical.ts';
import type { DeclaredTable } from './declared.ts';
import type { Moment } from './timeline.ts';

/**
 * What moments come to as one update: a row that came and went again is not in it, and one that was replaced twice is
 * replaced once. Moments have to be given in order, all of them: of tables without a key it knows how many copies of a
 * row there are, since a DELETE takes all of them.
 */
export class NetChanges {
  readonly #tables: readonly DeclaredTable[];
  readonly #copies = new Map<string, number>();
  /** Tables without a key that lose rows at some time: of the others copies need not be counted. */
  readonly #counted: ReadonlySet<DeclaredTable>;

  constructor(tables: readonly DeclaredTable[], moments: readonly Moment[]) {
    this.#tables = tables;
    const losing = moments.filter(({ weight, table }) => weight < 0 && table.key.length === 0);
    this.#counted = new Set(losing.map(({ table }) => table));
  }

  of(moments: readonly Moment[]): TableRows[] {
    return this.#tables.flatMap((table) => {
      const own = moments.filter((moment) => moment.table === table);
      if (own.length === 0) return [];
      const change = own.every(({ weight }) => weight > 0)
        ? this.#inserted(table, own)
        : this.#net(table, own);
      return change.rows.length + (change.deleted?.length ?? 0) === 0 ? [] : [change];
    });
  }

  #inserted(table: DeclaredTable, moments: readonly Moment[]): TableRows {
    const rows = moments.map(({ row }) => row);
    if (this.#counted.has(table)) for (const row of rows) this.#count(table, canonicalRow(row), 1);
    return { table: table.name, rows };
  }

  #net(table: DeclaredTable, moments: readonly Moment[]): TableRows {
    const bag = new Map<string, { readonly row: Row; weight: number }>();
    for (const { row, weight } of moments) {
      const text = canonicalRow(row);
      const found = bag.get(text);
      if (found === undefined) bag.set(text, { row, weight });
      else found.weight += weight;
    }
    return table.key.length === 0 ? this.#netCopies(table, bag) : netByKey(table, [...bag.values()]);
  }

  #netCopies(
    table: DeclaredTable,
    bag: ReadonlyMap<string, { readonly row: Row; readonly weight: number }>,
  ): TableRows {
    const rows: Row[] = [];
    const deleted: Row[] = [];
    for (const [text, { row, weight }] of bag) {
      const there = this.#count(table, text, weight);
      if (weight < 0) deleted.push(row);
      for (let copy = 0; copy < (weight < 0 ? there : weight); copy++) rows.push(row);
    }
    return { table: table.name, rows, deleted };
  }

  /** @returns the copies there are then. */
  #count(table: DeclaredTable, text: string, weight: number): number {
    const place = `${table.name} ${text}`;
    const count = (this.#copies.get(place) ?? 0) + weight;
    this.#copies.set(place, count);
    return count;
  }
}

function netByKey(
  table: DeclaredTable,
  net: readonly { readonly row: Row; readonly weight: number }[],
): TableRows {
  const keyOf = (row: Row) => table.key.map((column) => canonicalText(row[column])).join();
  const rows = net.filter(({ weight }) => weight > 0).map(({ row }) => row);
  const coming = new Set(rows.map(keyOf));
  const gone = net.filter(({ weight }) => weight < 0).map(({ row }) => row);
  const deleted = gone.filter((row) => !coming.has(keyOf(row)));
  return {
    table: table.name,
    rows,
    replaces: deleted.length < gone.length,
    deleted: deleted.map((row) =>
      Object.fromEntries(table.key.map((column) => [column, row[column] ?? null])),
    ),
  };
}
