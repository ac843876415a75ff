import {
  DATE,
  DECIMAL,
  type DuckDBConnection,
  DuckDBDataChunk,
  DuckDBDateValue,
  DuckDBDecimalValue,
  DuckDBInstance,
  type DuckDBType,
  type DuckDBValue,
  INTEGER,
  VARCHAR,
} from '@duckdb/node-api';
import type { Schema } from '../../src/core/schema.ts';
import { wrongOptimizers } from '../../src/store/duckdb-store.ts';
import { differenceOf, type TextRow } from './compare-contents.ts';
import { parseText, type RefColumn, type RefRelation, type RefRow } from './reference/value.ts';

/** `decimal`: hundredths of a DECIMAL(15,2); `date`: days since 1970-01-01. */
export type AppendedKind = 'integer' | 'decimal' | 'date' | 'text';

/** A DuckDB of its own in memory, without anything of the engine: what it answers, less known faults, is what is right. */
export class BareDuckdb {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection) {
    this.#instance = instance;
    this.#connection = connection;
  }

  static async open(settings: Readonly<Record<string, string>> = {}): Promise<BareDuckdb> {
    const all = { disabled_optimizers: wrongOptimizers, ...settings };
    const instance = await DuckDBInstance.create(':memory:', all);
    const connection = await instance.connect();
    await connection.run(`SET TimeZone = 'UTC'`);
    return new BareDuckdb(instance, connection);
  }

  async run(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }

  /** For selected texts: NULL or what CAST(… AS VARCHAR) gives. */
  async rows(sql: string): Promise<readonly TextRow[]> {
    return (await this.#connection.runAndReadAll(sql)).getRowObjects();
  }

  async describe(sql: string): Promise<Schema> {
    const rows = (await this.#connection.runAndReadAll(`DESCRIBE ${sql}`)).getRowObjects();
    return rows.map((row) => ({ name: String(row['column_name']), type: String(row['column_type']) }));
  }

  async append(
    table: string,
    kinds: readonly AppendedKind[],
    rows: readonly (readonly (number | string)[])[],
  ): Promise<void> {
    const appender = await this.#connection.createAppender(table);
    for (let from = 0; from < rows.length; from += chunkRows) {
      const part = rows.slice(from, from + chunkRows);
      const chunk = DuckDBDataChunk.create(
        kinds.map((kind) => appendedTypes[kind]),
        part.length,
      );
      kinds.forEach((kind, place) => {
        chunk.setColumnValues(
          place,
          part.map((row) => appendedValue(kind, row[place])),
        );
      });
      appender.appendDataChunk(chunk);
    }
    appender.closeSync();
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }
}

const chunkRows = 2_048;

const appendedTypes: Readonly<Record<AppendedKind, DuckDBType>> = {
  integer: INTEGER,
  decimal: DECIMAL(15, 2),
  date: DATE,
  text: VARCHAR,
};

function appendedValue(kind: AppendedKind, value: number | string | undefined): DuckDBValue {
  switch (kind) {
    case 'integer':
      return Number(value);
    case 'decimal':
      return new DuckDBDecimalValue(BigInt(value ?? 0), 15, 2);
    case 'date':
      return new DuckDBDateValue(Number(value));
    case 'text':
      return String(value);
  }
}

/** What `sql` gives: FLOAT and DOUBLE as numbers that may be a little off, all else as exact texts. */
export async function bareAnswer(bare: BareDuckdb, sql: string): Promise<RefRelation> {
  const columns = (await bare.describe(sql)).map(({ name, type }): RefColumn => {
    const exact = type !== 'DOUBLE' && type !== 'FLOAT';
    return { name, type: exact ? 'text' : 'double', exact };
  });
  return { columns, rows: rowsOf(columns, await bare.rows(textsOf(columns, `(${sql})`))) };
}

/**
 * How a relation elsewhere, `from`, differs from the answer; null when they are the same bag. FLOAT and DOUBLE columns
 * may differ by 1e-9 relative (`differenceOf`), all others must be equal.
 */
export async function differenceFromBare(
  expected: RefRelation,
  from: string,
  read: (sql: string) => Promise<readonly object[]>,
): Promise<string | null> {
  const { columns } = expected;
  return differenceOf(expected, rowsOf(columns, await read(textsOf(columns, from))));
}

function textsOf(columns: readonly RefColumn[], from: string): string {
  const names = columns.map((_, place) => `c${place}`);
  const texts = names.map((name) => `CAST(${name} AS VARCHAR) AS ${name}`);
  return `SELECT ${texts.join(', ')} FROM ${from} AS t (${names.join(', ')})`;
}

function rowsOf(columns: readonly RefColumn[], rows: readonly object[]): RefRow[] {
  return rows.map((row) => {
    const cells = new Map<string, unknown>(Object.entries(row));
    return columns.map((column, place) => {
      const text = cells.get(`c${place}`) ?? null;
      return text === null ? null : parseText(String(text), column.type);
    });
  });
}
