import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { Everview, EverviewError } from '../src/index.ts';

const places = 1_000;

const byPlace = `SELECT p.name, p.region, count(*) AS sales, sum(s.units) AS units, sum(s.price) AS turnover
  FROM sales s JOIN places p ON p.id = s.place GROUP BY p.name, p.region`;

/** Views over each other, by name; each is kept. */
const chain = {
  by_region: 'SELECT region, sum(sales) AS sales, sum(turnover) AS turnover FROM by_place GROUP BY region',
  large: 'SELECT region, turnover FROM by_region WHERE sales > 0',
  extent: 'SELECT count(*) AS regions, sum(turnover) AS turnover FROM large',
} as const;

function salesRows(first: number, count: number): string {
  return (
    `SELECT range AS id, (range * 7919 % ${places})::INTEGER AS place, (1 + range % 9)::INTEGER AS units, ` +
    `(range % 1000 / 8)::DECIMAL(10, 3) AS price FROM range(${first}, ${first + count})`
  );
}

const tables = `CREATE TABLE places (id INTEGER, name VARCHAR, region VARCHAR);
  INSERT INTO places SELECT range, 'place ' || range, 'region ' || range % 20 FROM range(${places});
  CREATE TABLE sales (id BIGINT, place INTEGER, units INTEGER, price DECIMAL(10, 3));`;

type BareDatabase = { readonly instance: DuckDBInstance; readonly connection: DuckDBConnection };

/** Tables of sales and places in Everview, with views over them, and the same tables in DuckDB itself. */
export class Sales {
  readonly engine: Everview;
  readonly #bare: BareDatabase | null;
  #first = 0;
  #next: number;

  constructor(engine: Everview, bare: BareDatabase | null, rows: number) {
    this.engine = engine;
    this.#bare = bare;
    this.#next = rows;
  }

  /** One update: half of `count` rows come, and as many of the oldest go. */
  async change(count: number): Promise<void> {
    const half = Math.ceil(count / 2);
    const [gone, come] = [this.#first + half, salesRows(this.#next, half)];
    this.#first += half;
    this.#next += half;
    const statements = [`DELETE FROM sales WHERE id < ${gone}`, `INSERT INTO sales ${come}`];
    await this.engine.transaction(async (update) => {
      for (const statement of statements) await update.execute(statement);
    });
    for (const statement of statements) await this.#bare?.connection.run(statement);
  }

  /** The rows of a query, which must be answered in the way named. */
  async read(sql: string, path: string): Promise<void> {
    const answer = await this.engine.query(sql);
    if (answer.path !== path)
      throw new EverviewError('internal', `answered ${answer.path}, not ${path}: ${sql}`);
  }

  /** The rows of the view, by its definition. */
  async recompute(): Promise<void> {
    await this.#bareRows(byPlace);
  }

  /** The rows of the last view of the chain, by all four definitions. */
  async recomputeChain(): Promise<void> {
    const named = Object.entries({ by_place: byPlace, ...chain }).map(
      ([name, query]) => `${name} AS (${query})`,
    );
    await this.#bareRows(`WITH ${named.join(', ')} SELECT * FROM extent`);
  }

  async #bareRows(sql: string): Promise<void> {
    const reader = await this.#bare?.connection.runAndReadAll(sql);
    reader?.getRowObjects();
  }

  async close(): Promise<void> {
    await this.engine.close();
    this.#bare?.connection.closeSync();
    this.#bare?.instance.closeSync();
  }
}

/** @param path of the files, without their endings. */
export async function openSales(path: string, rows: number, { isBare } = { isBare: true }): Promise<Sales> {
  // One way at a time is measured, whichever the engine would choose.
  const engine = await Everview.open(`${path}.db`, { scheduler: 'manual', refresh: 'incremental' });
  await engine.sql(tables);
  await engine.execute(`INSERT INTO sales ${salesRows(0, rows)}`);
  await engine.execute(`CREATE MATERIALIZED VIEW by_place AS ${byPlace}`);
  for (const [name, query] of Object.entries(chain)) {
    if (isBare) await engine.execute(`CREATE MATERIALIZED VIEW ${name} AS ${query}`);
  }
  if (!isBare) return new Sales(engine, null, rows);
  const instance = await DuckDBInstance.create(`${path}.duckdb`);
  const connection = await instance.connect();
  await connection.run(tables);
  await connection.run(`INSERT INTO sales ${salesRows(0, rows)}`);
  await connection.run('CHECKPOINT');
  return new Sales(engine, { instance, connection }, rows);
}
