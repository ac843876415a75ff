import {
  BIGINT,
  DOUBLE,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBInstance,
  INTEGER,
} from '@duckdb/node-api';
import { Float64, Int32, Int64, Table, vectorFromArray } from 'apache-arrow';
import { Everview } from '../src/index.ts';
import { checkpointThreshold } from '../src/store/duckdb-store.ts';

export const places = 1_000;

export type Order = {
  readonly id: number;
  readonly place: number;
  readonly units: number;
  readonly price: number;
};

/** Rows with numbers from `first` on, as objects. */
export function orderObjects(first: number, count: number): Order[] {
  return Array.from({ length: count }, (_, index) => {
    const id = first + index;
    return { id, place: (id * 7) % places, units: 1 + (id % 9), price: (id % 1_000) / 8 };
  });
}

/** The same rows as an Arrow table. */
export function orderTable(first: number, count: number): Table {
  const rows = orderObjects(first, count);
  return new Table({
    id: vectorFromArray(
      rows.map((row) => BigInt(row.id)),
      new Int64(),
    ),
    place: vectorFromArray(
      rows.map((row) => row.place),
      new Int32(),
    ),
    units: vectorFromArray(
      rows.map((row) => row.units),
      new Int32(),
    ),
    price: vectorFromArray(
      rows.map((row) => row.price),
      new Float64(),
    ),
  });
}

/** The same rows as a SELECT. */
export function orderSelect(first: number, count: number): string {
  return (
    `SELECT range AS id, (range * 7 % ${places})::INTEGER AS place, (1 + range % 9)::INTEGER AS units, ` +
    `(range % 1000) / 8 AS price FROM range(${first}, ${first + count})`
  );
}

const viewQuery = `SELECT p.name, count(*) AS orders, sum(o.units) AS units, avg(o.price) AS mean_price
  FROM orders o JOIN places p ON p.id = o.place GROUP BY p.name`;

const placesTable = 'CREATE TABLE places (id INTEGER PRIMARY KEY, name VARCHAR NOT NULL)';
const placesRows = `SELECT range::INTEGER AS id, 'place ' || range AS name FROM range(${places})`;
const ordersTable = `CREATE TABLE orders (id BIGINT PRIMARY KEY, place INTEGER NOT NULL REFERENCES places (id),
  units INTEGER NOT NULL CHECK (units > 0), price DOUBLE)`;
const plainTables = `CREATE TABLE places (id INTEGER, name VARCHAR);
  CREATE TABLE orders (id BIGINT, place INTEGER, units INTEGER, price DOUBLE)`;

/** An engine with `orders`, `existing` rows of it, and the view by place that moves with every update. */
export async function openOrders(path: string, existing: number, isConstrained = true): Promise<Everview> {
  const everview = await Everview.open(path, { scheduler: 'manual' });
  await everview.sql(`
    ${isConstrained ? `${placesTable}; ${ordersTable}` : plainTables};
    INSERT INTO places ${placesRows};
    INSERT INTO orders ${orderSelect(0, existing)};
    CREATE MATERIALIZED VIEW by_place WITH (refresh = immediate) AS ${viewQuery};
  `);
  return everview;
}

/** The same tables in DuckDB itself, with or without the constraints. */
export class BareOrders {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(path: string, existing: number, isConstrained: boolean): Promise<BareOrders> {
    const instance = await DuckDBInstance.create(path, {
      checkpoint_threshold: checkpointThreshold(undefined),
    });
    const connection = await instance.connect();
    if (isConstrained) {
      await connection.run(placesTable);
      await connection.run(ordersTable);
      await connection.run(`INSERT INTO places ${placesRows}`);
      await connection.run(`INSERT INTO orders ${orderSelect(0, existing)}`);
    } else {
      await connection.run(`CREATE TABLE places AS ${placesRows}`);
      await connection.run(`CREATE TABLE orders AS ${orderSelect(0, existing)}`);
    }
    await connection.run(`CREATE TABLE by_place AS ${viewQuery}`);
    await connection.run('CHECKPOINT');
    return new BareOrders(instance, connection);
  }

  /** One transaction around `work`. */
  async transaction(work: () => Promise<unknown>): Promise<void> {
    await this.#connection.run('BEGIN TRANSACTION');
    await work();
    await this.#connection.run('COMMIT');
  }

  async insertSelect(first: number, count: number): Promise<void> {
    await this.#connection.run(`INSERT INTO orders ${orderSelect(first, count)}`);
  }

  /** Through DuckDB's appender, chunk by chunk. */
  async append(columns: readonly (readonly (number | bigint)[])[]): Promise<void> {
    const appender = await this.#connection.createAppender('orders');
    const count = columns[0]?.length ?? 0;
    for (let from = 0; from < count; from += chunkRows) {
      const chunk = DuckDBDataChunk.create(
        [BIGINT, INTEGER, INTEGER, DOUBLE],
        Math.min(chunkRows, count - from),
      );
      columns.forEach((column, index) => {
        chunk.setColumnValues(index, column.slice(from, from + chunkRows));
      });
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
  }

  /** Takes the rows from number `first` on out again. */
  async shrink(first: number): Promise<void> {
    await this.#connection.run(`DELETE FROM orders WHERE id >= ${first}`);
  }

  /** The view's contents from nothing. */
  async recompute(): Promise<void> {
    await this.#connection.run(`CREATE OR REPLACE TABLE by_place AS ${viewQuery}`);
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

const chunkRows = 2_048;

/** Objects as the appender's columns. */
export function columnsOfObjects(rows: readonly Order[]): (number | bigint)[][] {
  return [
    rows.map((row) => BigInt(row.id)),
    rows.map((row) => row.place),
    rows.map((row) => row.units),
    rows.map((row) => row.price),
  ];
}

/** An Arrow table as the appender's columns. */
export function columnsOfTable(table: Table): (number | bigint)[][] {
  return ['id', 'place', 'units', 'price'].map((name) => [...(table.getChild(name)?.toArray() ?? [])]);
}
