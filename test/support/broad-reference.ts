import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { wrongOptimizers } from '../../src/store/duckdb-store.ts';
import type { BroadChange, BroadTable, BroadView } from './broad-history.ts';
import { renderQuery } from './broad-query.ts';
import { changeSql, tableBody } from './broad-step-sql.ts';

/** A row as text, column by column, and the columns by what they hold. */
export type TextRow = readonly (string | null)[];

export type ViewColumns = readonly { readonly name: string; readonly type: string }[];

type KeptView = {
  readonly view: BroadView;
  readonly columns: ViewColumns;
  /** Names its text has. */
  readonly reads: readonly string[];
  /** The version since which it and all below it are defined as they are. */
  readonly since: number;
  /** What it held from each version on. */
  readonly contents: { readonly from: number; readonly rows: readonly TextRow[] }[];
};

/** By itself DuckDB may read these fields from anywhere: see `withFieldsApart` in store/duckdb-faults.ts. */
const unsharedFields = "{'first': coalesce($1, $1), 'then': coalesce($2, $2)}";

const clockText = /\b(now\(\)|current_date\b)/;

/** Bare DuckDB refused a statement: the history means nothing from here on, or the view has no meaning. */
export class Undefined extends Error {
  override readonly name = 'Undefined';
}

/** Bare DuckDB with the same rows, in which every view is its own SELECT run anew. */
export class BareReference {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #tables = new Map<string, BroadTable>();
  /** In an order in which each view comes after what it reads. */
  readonly #views = new Map<string, KeptView>();
  version = 0;
  #nowMs: number;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, nowMs: number) {
    this.#instance = instance;
    this.#connection = connection;
    this.#nowMs = nowMs;
  }

  static async open(nowMs: number): Promise<BareReference> {
    const settings = {
      threads: '1',
      disabled_optimizers: wrongOptimizers,
      // An ASOF join that loops gives no partner to a row whose time is NULL; one that sorts does.
      asof_loop_join_threshold: '1000000',
    };
    const instance = await DuckDBInstance.create(':memory:', settings);
    const connection = await instance.connect();
    await connection.run(`SET TimeZone = 'UTC'`);
    return new BareReference(instance, connection, nowMs);
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  hasTable(name: string): boolean {
    return this.#tables.has(name);
  }

  views(): BroadView[] {
    return [...this.#views.values()].map((one) => one.view);
  }

  has(name: string): boolean {
    return this.#views.has(name);
  }

  columnsOf(name: string): ViewColumns {
    return this.#views.get(name)?.columns ?? [];
  }

  /** The view and all views it is read through. */
  withBelow(name: string): BroadView[] {
    return this.views().filter((view) => view.name === name || this.#isOver(name, view.name));
  }

  async createTable(table: BroadTable): Promise<void> {
    await this.#run(`CREATE TABLE ${table.name} (${tableBody(table, false)})`);
    this.#tables.set(table.name, table);
  }

  /** @returns how many rows were touched. */
  async change(changes: readonly BroadChange[]): Promise<number> {
    let touched = 0;
    for (const change of changes) touched += await this.#run(changeSql(change));
    return touched;
  }

  /** Every view that reads one of the tables is run anew, as of `version`. */
  async recompute(tables: readonly string[], version: number): Promise<void> {
    this.version = version;
    await this.#compute(
      [...this.#views.values()].filter(({ view }) => tables.some((name) => this.#isOver(view.name, name))),
    );
  }

  /** Every view that asks for the time is run anew. */
  async advanceTo(nowMs: number): Promise<void> {
    this.#nowMs = nowMs;
    await this.#compute([...this.#views.values()].filter(({ view }) => this.dependsOnClock(view.name)));
  }

  dependsOnClock(name: string): boolean {
    return this.withBelow(name).some((view) => clockText.test(renderQuery(view.query)));
  }

  #sqlOf(view: BroadView): string {
    const now = new Date(this.#nowMs).toISOString();
    return renderQuery(view.query)
      .replaceAll(/\{'first': (.*?), 'then': (.*?)\}/g, unsharedFields)
      .replaceAll('now()', `TIMESTAMPTZ '${now}'`)
      .replaceAll('current_date', `DATE '${now.slice(0, 10)}'`);
  }

  /** @throws Undefined where DuckDB refuses the query. */
  async tryView(view: BroadView): Promise<void> {
    await this.#run(`CREATE OR REPLACE TABLE tried AS ${this.#sqlOf(view)}`);
  }

  /** Whether a view over it could not be computed, were this one to take the old one's place. */
  async breaks(view: BroadView): Promise<boolean> {
    const over = this.views().filter((one) => this.#isOver(one.name, view.name));
    if (over.length === 0) return false;
    const ctes = [view, ...over].map((one) => `${one.name} AS (${this.#sqlOf(one)})`);
    const all = over.map(({ name }) => `(SELECT count(*) FROM ${name})`);
    try {
      await this.#run(`EXPLAIN WITH ${ctes.join(', ')} SELECT ${all.join(', ')}`);
      return false;
    } catch (failure) {
      if (failure instanceof Undefined) return true;
      throw failure;
    }
  }

  /** Creates the view or puts it in the old one's place. @throws Undefined as `tryView`. */
  async setView(view: BroadView): Promise<void> {
    const sql = renderQuery(view.query);
    await this.tryView(view);
    const described = await this.#connection.runAndReadAll('FROM tried LIMIT 0');
    const types = described.columnTypes();
    const columns = described.columnNames().map((name, place) => ({ name, type: String(types[place]) }));
    const reads = [...this.#tables.keys(), ...this.#views.keys()].filter((name) =>
      new RegExp(`\\b${name}\\b`).test(sql),
    );
    const since = this.version;
    const kept: KeptView = { view, columns, reads, since, contents: [] };
    const over = [...this.#views.values()]
      .filter((one) => this.#isOver(one.view.name, view.name))
      // What it held by the old definition is not what it holds as of then by the new one.
      .map((one): KeptView => ({ ...one, since, contents: [] }));
    // To the end, since it may read what came later, and what is over it after it.
    for (const one of [kept, ...over]) {
      this.#views.delete(one.view.name);
      this.#views.set(one.view.name, one);
    }
    await this.#compute([kept, ...over]);
  }

  /** With what is over it. */
  async dropView(name: string): Promise<void> {
    const gone = this.views().filter((view) => view.name === name || this.#isOver(view.name, name));
    for (const view of gone) {
      await this.#run(`DROP TABLE ${view.name}`);
      this.#views.delete(view.name);
    }
  }

  /** What the view holds at the version; null where that was not recorded. */
  contentsAt(name: string, version: number): readonly TextRow[] | null {
    return this.#views.get(name)?.contents.findLast((one) => one.from <= version)?.rows ?? null;
  }

  /** From which version on the view can be asked for by version. */
  sinceOf(name: string): number {
    return this.#views.get(name)?.since ?? this.version;
  }

  /** All contents of the view, one after the other. */
  contentsOf(name: string): readonly (readonly TextRow[])[] {
    return this.#views.get(name)?.contents.map((one) => one.rows) ?? [];
  }

  /** Whether the view reads the relation, also through other views. */
  #isOver(name: string, relation: string): boolean {
    const reads = this.#views.get(name)?.reads ?? [];
    return reads.includes(relation) || reads.some((one) => this.#isOver(one, relation));
  }

  async #compute(views: readonly KeptView[]): Promise<void> {
    if (views.length === 0) return;
    // One by one: DuckDB's parser takes the named windows of one statement for those of the next.
    for (const { view } of views) {
      await this.#run(`CREATE OR REPLACE TABLE ${view.name} AS ${this.#sqlOf(view)}`);
    }
    const text = contentsSql(views.map(({ view, columns }) => ({ name: view.name, columns })));
    const read = await this.#connection.runAndReadAll(text);
    const rows = rowsByView(read.getRowObjectsJS());
    for (const { view, contents } of views) {
      contents.push({ from: this.version, rows: rows.get(view.name) ?? [] });
    }
  }

  async #run(sql: string): Promise<number> {
    try {
      const result = await this.#connection.run(sql);
      return result.rowsChanged;
    } catch (failure) {
      throw new Undefined(failure instanceof Error ? failure.message : String(failure));
    }
  }
}

/** One query that gives all rows of all views as text: `r` the view, `c` its columns. */
export function contentsSql(
  views: readonly { readonly name: string; readonly columns: ViewColumns; readonly from?: string }[],
): string {
  return views
    .map(({ name, columns, from }) => {
      const cells = columns.map((column) => `CAST("${column.name}" AS VARCHAR)`);
      return `SELECT '${name}' AS r, [${cells.join(', ')}] AS c FROM ${from ?? name}`;
    })
    .join(' UNION ALL ');
}

export function rowsByView(rows: readonly { readonly [column: string]: unknown }[]): Map<string, TextRow[]> {
  const found = new Map<string, TextRow[]>();
  for (const { r, c } of rows) {
    const list = found.get(String(r)) ?? [];
    list.push(Array.isArray(c) ? c.map((cell: unknown) => (cell === null ? null : String(cell))) : []);
    found.set(String(r), list);
  }
  return found;
}
