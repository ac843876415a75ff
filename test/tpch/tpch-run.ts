import type { Everview } from '../../src/index.ts';
import { type BareDuckdb, bareAnswer, differenceFromBare } from '../support/bare-duckdb.ts';
import { TpchGenerator, type TpchOrders, type TpchRow } from './generate-tpch.ts';
import { type TpchQuery, tpchQueries, uncutTpchQueries } from './tpch-queries.ts';
import { createTableSql, type TpchTableName, tpchLoadOrder, tpchTables } from './tpch-schema.ts';

export type TpchSize = { readonly scale: number; readonly seed: number };

/** TPC-H in an engine, whose views are the 22 queries (those with LIMIT also without), and the rows in a bare DuckDB. */
export class TpchRun {
  readonly db: Everview;
  readonly bare: BareDuckdb;
  readonly generator: TpchGenerator;
  readonly queries: readonly TpchQuery[];
  #inserted = 0;
  #deleted = 0;

  constructor(db: Everview, bare: BareDuckdb, size: TpchSize) {
    this.db = db;
    this.bare = bare;
    this.generator = new TpchGenerator(size.scale, size.seed);
    this.queries = [...tpchQueries(size.scale), ...uncutTpchQueries(size.scale)];
  }

  /** Tables with their base rows, then the views, with options (`WITH (…)`) or without. */
  async load(viewOptions = ''): Promise<void> {
    for (const name of tpchLoadOrder) {
      await this.db.execute(createTableSql(tpchTables[name], true));
      await this.bare.run(createTableSql(tpchTables[name], false));
    }
    for (const [name, rows] of this.generator.dimensions()) await this.#insert(name, rows);
    const step = 20_000;
    for (let first = 0; first < this.generator.baseOrders; first += step) {
      const count = Math.min(step, this.generator.baseOrders - first);
      await this.#insertOrders(this.generator.orders(first, count));
    }
    for (const { name, sql } of this.queries) {
      await this.db.execute(`CREATE MATERIALIZED VIEW ${name} ${viewOptions} AS ${sql}`);
    }
  }

  /** RF1, one update: new orders with their lineitems. */
  async insertOrders(count: number): Promise<void> {
    await this.#insertOrders(this.generator.inserted(this.#inserted, count));
    this.#inserted += count;
  }

  /** RF2, one update: the oldest base orders leave, lineitems first. */
  async deleteOrders(count: number): Promise<void> {
    const keys = this.generator.deletedKeys(this.#deleted, count).join(', ');
    this.#deleted += count;
    await this.update([
      `DELETE FROM lineitem WHERE l_orderkey IN (${keys})`,
      `DELETE FROM orders WHERE o_orderkey IN (${keys})`,
    ]);
  }

  /** One update of several statements, in both. */
  async update(statements: readonly string[]): Promise<void> {
    await this.db.sql(`BEGIN; ${statements.join('; ')}; COMMIT`);
    for (const statement of statements) await this.bare.run(statement);
  }

  /** How the view differs from the bare DuckDB's recompute; null when it does not. */
  async difference({ name, sql }: TpchQuery): Promise<string | null> {
    const expected = await bareAnswer(this.bare, sql);
    return differenceFromBare(expected, name, async (text) => (await this.db.query(text)).rows);
  }

  /** All rows of the view as one text, in an order of their own. */
  async contents({ name }: TpchQuery): Promise<string> {
    const { rows } = await this.db.query(`SELECT CAST(COLUMNS(*) AS VARCHAR) FROM ${name} ORDER BY ALL`);
    return JSON.stringify(rows);
  }

  close(): Promise<void> {
    this.bare.close();
    return this.db.close();
  }

  async #insertOrders({ orders, lineitem }: TpchOrders): Promise<void> {
    await this.db.transaction(async (update) => {
      await update.insert('orders', objectsOf('orders', orders));
      await update.insert('lineitem', objectsOf('lineitem', lineitem));
    });
    await this.#append('orders', orders);
    await this.#append('lineitem', lineitem);
  }

  async #insert(name: TpchTableName, rows: readonly TpchRow[]): Promise<void> {
    await this.db.insert(name, objectsOf(name, rows));
    await this.#append(name, rows);
  }

  #append(name: TpchTableName, rows: readonly TpchRow[]): Promise<void> {
    return this.bare.append(
      name,
      tpchTables[name].columns.map(([, kind]) => kind),
      rows,
    );
  }
}

type InputObject = { readonly [column: string]: number | string | Date };

function objectsOf(name: TpchTableName, rows: readonly TpchRow[]): InputObject[] {
  const { columns } = tpchTables[name];
  return rows.map((row) =>
    Object.fromEntries(columns.map(([column, kind], place) => [column, inputOf(kind, row[place] ?? '')])),
  );
}

function inputOf(
  kind: 'integer' | 'decimal' | 'date' | 'text',
  value: number | string,
): number | string | Date {
  switch (kind) {
    case 'integer':
    case 'text':
      return value;
    case 'decimal':
      return centsText(Number(value));
    case 'date':
      return new Date(Number(value) * 86_400_000);
  }
}

function centsText(cents: number): string {
  const size = Math.abs(cents);
  return `${cents < 0 ? '-' : ''}${Math.floor(size / 100)}.${String(size % 100).padStart(2, '0')}`;
}
