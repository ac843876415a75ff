import { drawCondition, drawExpression, type ScopedColumn } from './broad-expression.ts';
import type { BroadChange, BroadTable } from './broad-history.ts';
import { type BroadColumn, literalOf } from './broad-value.ts';
import type { Random } from './random.ts';

/** More rows than this are not left in a table. */
const mostRows = 30;

/** A table while a history is written: how many rows it has at most, and the keys given out. */
export class TableDraft {
  readonly table: BroadTable;
  readonly #random: Random;
  readonly #isOdd: boolean;
  #rows = 0;
  #lastKey = 0;

  constructor(random: Random, table: BroadTable, isOdd: boolean) {
    this.table = table;
    this.#random = random;
    this.#isOdd = isOdd;
  }

  /** One change, whatever fits the number of rows. */
  change(): BroadChange {
    if (this.#rows > mostRows) return this.#remove();
    const kind = this.#random.weighted({
      insert: this.#rows < 4 ? 12 : 5,
      update: 4,
      delete: 3,
      repeat: this.table.key === null && this.#rows < 12 ? 1 : 0,
      empty: 0.25,
    });
    switch (kind) {
      case 'insert':
        return this.insert(this.#random.pick([1, 1, 1, 2, 2, 3, 5]));
      case 'update':
        return this.#statement(
          `UPDATE ${this.table.name} SET ${this.#assignments()} WHERE ${this.#condition()}`,
        );
      case 'delete':
        return this.#statement(`DELETE FROM ${this.table.name} WHERE ${this.#condition()}`);
      case 'repeat': {
        this.#rows *= 2;
        const { name } = this.table;
        return this.#statement(`INSERT INTO ${name} SELECT * FROM ${name} WHERE ${this.#condition()}`);
      }
      case 'empty':
        return this.#remove();
    }
  }

  insert(count: number): BroadChange {
    const rows = this.#random.list(count, () => this.table.columns.map((column) => this.#value(column)));
    this.#rows += count;
    const [first] = rows;
    const again = this.table.key === null && first !== undefined && this.#random.chance(0.2) ? [first] : [];
    return { kind: 'insert', table: this.table.name, rows: [...rows, ...again] };
  }

  #statement(sql: string): BroadChange {
    return { kind: 'statement', table: this.table.name, sql };
  }

  /** Most rows, or all. */
  #remove(): BroadChange {
    const isAll = this.#random.chance(0.3);
    this.#rows = isAll ? 0 : Math.ceil(this.#rows / 2);
    if (isAll) return this.#statement(`DELETE FROM ${this.table.name}`);
    const half =
      this.table.key === null
        ? `k IS NULL OR k < 2 OR g = 'a'`
        : `${this.table.key} % 2 = ${this.#random.int(0, 1)}`;
    return this.#statement(`DELETE FROM ${this.table.name} WHERE ${half}`);
  }

  #value(column: BroadColumn): string {
    if (column.name === this.table.key) return String(++this.#lastKey);
    if (this.#random.chance(0.12)) return 'NULL';
    if (column.name === 'k') return String(this.#random.int(0, 4));
    return literalOf(this.#random, column.type, this.#isOdd);
  }

  #columns(): ScopedColumn[] {
    return this.table.columns.map((column) => ({ ...column, text: column.name }));
  }

  #condition(): string {
    const { key } = this.table;
    const kind = this.#random.weighted({ row: key === null ? 0 : 4, group: 4, any: 2 });
    if (kind === 'row') {
      const keys = this.#random.list(this.#random.int(1, 3), () =>
        this.#random.int(1, Math.max(1, this.#lastKey)),
      );
      return `${key} IN (${keys.join(', ')})`;
    }
    if (kind === 'group') return this.#random.pick([`k = ${this.#random.int(0, 4)}`, 'k IS NULL', `g = 'a'`]);
    return drawCondition(this.#random, this.#columns());
  }

  /** One or two columns; the key only by a fresh value, which one row takes. */
  #assignments(): string {
    const columns = this.#columns().filter((column) => column.name !== this.table.key);
    const chosen = this.#random.sample(columns, this.#random.pick([1, 1, 2]));
    return chosen
      .map((column) => {
        const computed = this.#random.chance(0.4)
          ? drawExpression(this.#random, [column], column.type)
          : null;
        return `${column.name} = ${computed?.text ?? this.#value(column)}`;
      })
      .join(', ');
  }

  /** A row under another key. */
  rekey(): BroadChange | null {
    const { key, name } = this.table;
    if (key === null || this.#lastKey === 0) return null;
    const old = this.#random.int(1, this.#lastKey);
    return this.#statement(`UPDATE ${name} SET ${key} = ${++this.#lastKey} WHERE ${key} = ${old}`);
  }
}

const optional: readonly BroadColumn[] = [
  { name: 'a', type: 'int', stable: true },
  { name: 'b', type: 'bigint', stable: true },
  { name: 'd', type: 'decimal', stable: true },
  { name: 'x', type: 'double', stable: true },
  { name: 's', type: 'text', stable: true },
  { name: 'f', type: 'bool', stable: true },
  { name: 'dt', type: 'date', stable: true },
  { name: 'ts', type: 'timestamp', stable: true },
  { name: 'tz', type: 'timestamptz', stable: true },
  { name: 'l', type: 'list', stable: true },
];

/** Columns of the same names in every table have the same types, so that tables join. */
export function drawTable(random: Random, name: string): BroadTable {
  const isKeyed = random.chance(0.6);
  const isWide = random.chance(0.08);
  const wide = isWide
    ? random.list(24, (place): BroadColumn => ({ ...random.pick(optional), name: `w${place}` }))
    : [];
  const columns: BroadColumn[] = [
    ...(isKeyed ? [{ name: 'id', type: 'bigint', stable: true } as const] : []),
    { name: 'k', type: 'int', stable: true },
    { name: 'g', type: 'text', stable: true },
    ...random.sample(optional, random.int(2, 4)),
    ...wide,
  ];
  return { name, columns, key: isKeyed ? 'id' : null };
}
