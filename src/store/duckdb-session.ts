import {
  type DuckDBConnection,
  type DuckDBDataChunk,
  type DuckDBMaterializedResult,
  type DuckDBPreparedStatement,
  type DuckDBResult,
  ResultReturnType,
} from '@duckdb/node-api';
import { EverviewError } from '../core/errors.ts';
import { PackedColumn } from '../core/packed-column.ts';
import { placedValues } from '../core/placed-values.ts';
import { distinctNames, type Schema } from '../core/schema.ts';
import type { AppendedColumn, ColumnBatch, Reading, Session } from '../core/session.ts';
import type { Row, SqlParameter, SqlValue } from '../core/value.ts';
import { chunkOf, chunkRows } from './append-chunk.ts';
import { BatchRelease } from './batch-release.ts';
import { bindAsAppended, bindParameters, typesOfParameters } from './bind-parameters.ts';
import { columnBatchOf } from './column-batch.ts';
import { brokenOffFailure, storeFailure } from './duckdb-failure.ts';
import { sqlValueConverter } from './duckdb-value.ts';

/**
 * Prepared, though without parameters. Nothing else that has none may be: DuckDB plans by what it knows of the data,
 * and an old plan goes wrong with new data (`count(x)` planned as `count(*)` while no x was NULL).
 */
const boundaries: ReadonlySet<string> = new Set(['BEGIN TRANSACTION', 'COMMIT', 'ROLLBACK']);

/** Prepared statements kept per connection; the least recently used one goes first. */
const preparedLimit = 256;

/** From here on the text of a row costs more than an appender, and each pattern of NULLs is a text. */
const mostAppendedByStatement = 250;

/** `temp."stage"` → catalog `temp`, table `stage`; `data."t"` → schema `data`, table `t`. */
function relationParts(relation: string): { catalog: string | null; schema: string; table: string } {
  const match = /^(?:(\w+)\.)?"((?:[^"]|"")+)"$/.exec(relation);
  const table = match?.[2]?.replaceAll('""', '"');
  if (match === null || table === undefined) {
    throw new EverviewError('internal', `not a relation name: ${relation}`);
  }
  return match[1] === 'temp'
    ? { catalog: 'temp', schema: 'main', table }
    : { catalog: null, schema: match[1] ?? 'main', table };
}

/**
 * How much of what is read batch by batch may have been made before it is asked for. At DuckDB's 1 MB it stops and starts
 * for every batch of fifty columns; of much more each batch has left the processor's cache when it is read. And once it
 * has stopped it makes no more until little of that is left, while a user who works on the batches waits in turns:
 * 200,000 rows of four columns, used in 40 ms, took 120 ms with 4 MB, and 90 with room for one batch. But then one
 * thread at most makes batches: where they take long to make, two that are ahead are quicker by a third.
 */
export const madeAhead = {
  stream: "SET streaming_buffer_size = '4MB'",
  'in-step': "SET streaming_buffer_size = '64KB'",
} as const satisfies Partial<Record<Reading, string>>;

/** A DuckDB connection as a Session. Does not own the connection. */
export class DuckdbSession implements Session {
  readonly #connection: DuckDBConnection;
  readonly #prepared = new Map<string, DuckDBPreparedStatement>();
  readonly #read = new BatchRelease();
  /** The statements nobody waits for. */
  #unawaited: Promise<unknown> | null = null;
  /** What is read batch by batch, until it has been read to its end. */
  #streaming: Promise<DuckDBResult> | null = null;
  readonly #brokenOff = new WeakSet<DuckDBResult>();
  /** As whoever made the connection set it. */
  #madeAhead: keyof typeof madeAhead = 'stream';
  /** The batch of it that is under way while the one before is looked at. */
  #fetching: Promise<DuckDBDataChunk | null> | null = null;
  /** What was described last, planned: it mostly is what is asked for next. */
  #described: { readonly sql: string; readonly statement: DuckDBPreparedStatement } | null = null;

  constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  async run(sql: string, params: readonly SqlParameter[] = []): Promise<number> {
    try {
      return (await this.#materialized(sql, params)).rowsChanged;
    } catch (cause) {
      throw storeFailure(cause);
    }
  }

  later(sql: string, params: readonly SqlParameter[] = []): void {
    const before = this.#unawaited;
    const running =
      before === null ? this.#execute(sql, params) : before.then(() => this.#execute(sql, params));
    running.catch(() => {});
    this.#unawaited = running;
  }

  settled(): Promise<void> {
    return this.#ended();
  }

  /** @throws what a statement that nobody waited for failed with; it is told once. */
  async #ended(): Promise<void> {
    const running = this.#unawaited;
    if (running === null) return;
    try {
      await running;
    } catch (cause) {
      if (this.#unawaited === running) throw storeFailure(cause);
    } finally {
      if (this.#unawaited === running) this.#unawaited = null;
    }
  }

  async rows(sql: string, params: readonly SqlParameter[] = []): Promise<Row[]> {
    try {
      const result = await this.#materialized(sql, params);
      const names = distinctNames(result.columnNames());
      const rows: Row[] = [];
      for (const chunk of chunksOf(result)) for (const row of rowsOf(chunk, names)) rows.push(row);
      return rows;
    } catch (cause) {
      throw storeFailure(cause);
    }
  }

  async *batches(
    sql: string,
    params: readonly SqlParameter[] = [],
    reading: Reading = 'stream',
  ): AsyncIterable<ColumnBatch> {
    try {
      const whole = reading === 'small' ? await this.#materialized(sql, params) : null;
      const result = whole ?? (await this.#streamed(sql, params, reading === 'in-step' ? reading : 'stream'));
      const types = result.columnTypes();
      const typeIds = types.map((type) => type.typeId);
      const names = distinctNames(result.columnNames());
      const schema = names.map((name, index) => ({ name, type: String(types[index]) }));
      const chunks = whole === null ? this.#fetchedChunks(result) : chunksOf(whole);
      for await (const chunk of chunks) {
        const batch = columnBatchOf(chunk, schema, typeIds);
        yield batch;
        this.#read.release(batch);
      }
    } catch (cause) {
      throw storeFailure(cause);
    }
  }

  async *rowBatches(sql: string, params: readonly SqlParameter[] = []): AsyncIterable<Row[]> {
    try {
      const result = await this.#streamed(sql, params, 'stream');
      const names = distinctNames(result.columnNames());
      for await (const chunk of this.#fetchedChunks(result)) yield [...rowsOf(chunk, names)];
    } catch (cause) {
      throw storeFailure(cause);
    }
  }

  async #materialized(sql: string, params: readonly SqlParameter[]): Promise<DuckDBMaterializedResult> {
    // What failed without anybody waiting is taken back with the rest.
    if (sql === 'ROLLBACK') await this.#ended().catch(() => {});
    else if (this.#unawaited !== null) await this.#ended();
    return this.#execute(sql, params);
  }

  async #execute(sql: string, params: readonly SqlParameter[]): Promise<DuckDBMaterializedResult> {
    if (this.#streaming !== null) await this.#endStream(sql === 'ROLLBACK');
    const described = this.#takeDescribed(params.length === 0 ? sql : null);
    if (described !== null) return described.run().finally(() => described.destroySync());
    if (params.length === 0 && !boundaries.has(sql)) return this.#connection.run(sql);
    return (await this.#bound(sql, params)).run();
  }

  async #streamed(
    sql: string,
    params: readonly SqlParameter[],
    reading: keyof typeof madeAhead,
  ): Promise<DuckDBResult> {
    await this.#ended();
    await this.#endStream(false);
    this.#fetching = null;
    this.#streaming = this.#startStream(sql, params, reading);
    return this.#streaming;
  }

  async #startStream(
    sql: string,
    params: readonly SqlParameter[],
    reading: keyof typeof madeAhead,
  ): Promise<DuckDBResult> {
    const described = this.#takeDescribed(params.length === 0 ? sql : null);
    if (this.#madeAhead !== reading) await this.#connection.run(madeAhead[reading]);
    this.#madeAhead = reading;
    if (described !== null) return described.stream().finally(() => described.destroySync());
    return params.length === 0 ? this.#connection.stream(sql) : (await this.#bound(sql, params)).stream();
  }

  /**
   * Each chunk is fetched while the one before is looked at: a fetch is a trip to another thread, on which DuckDB works
   * on when what it made ahead is used up.
   *
   * @throws EverviewError `internal` where another statement has come in between, and the rest was read for nobody
   */
  async *#fetchedChunks(result: DuckDBResult): AsyncIterable<DuckDBDataChunk> {
    this.#assertNotBrokenOff(result);
    for (let coming = this.#fetch(result); ; ) {
      const chunk = await coming;
      this.#assertNotBrokenOff(result);
      if (chunk === null) break;
      coming = this.#fetch(result);
      yield chunk;
    }
    this.#streaming = null;
  }

  #assertNotBrokenOff(result: DuckDBResult): void {
    if (this.#brokenOff.has(result)) throw new EverviewError('internal', 'another statement ended this one');
  }

  #fetch(result: DuckDBResult): Promise<DuckDBDataChunk | null> {
    const fetching = fetchRows(result);
    // It fails whoever asks for the chunk; nobody may.
    fetching.catch(() => {});
    this.#fetching = fetching;
    return fetching;
  }

  /**
   * Reads to its end what somebody has stopped reading: until then, or until the collector comes by, the result keeps
   * the file open, whoever closes it, and writes to it when it lets go.
   * @param isOver the transaction is: it need not survive that the query is broken off
   */
  async #endStream(isOver: boolean): Promise<void> {
    const streaming = this.#streaming;
    this.#streaming = null;
    if (streaming === null) return;
    try {
      if (isOver) this.#connection.interrupt();
      const result = await streaming;
      this.#brokenOff.add(result);
      // It may have begun only now, and known of no interruption.
      if (isOver) this.#connection.interrupt();
      await this.#fetching;
      while ((await fetchRows(result)) !== null);
    } catch {
      // It has failed, and so has ended.
    }
  }

  /**
   * The plan of the statement described right before, if it is this one. It is not too old for the data: whatever ran
   * in between, the end of the transaction too, has taken it away.
   *
   * @param sql null: none is wanted any more
   */
  #takeDescribed(sql: string | null): DuckDBPreparedStatement | null {
    const described = this.#described;
    this.#described = null;
    if (described === null || described.sql === sql) return described?.statement ?? null;
    described.statement.destroySync();
    return null;
  }

  async describe(sql: string): Promise<Schema> {
    try {
      await this.#ended();
      await this.#endStream(false);
      this.#takeDescribed(null);
      const statement = await this.#connection.prepare(sql);
      this.#described = { sql, statement };
      return Array.from({ length: statement.columnCount }, (_, index) => ({
        name: statement.columnName(index),
        type: String(statement.columnType(index)),
      }));
    } catch (cause) {
      throw storeFailure(cause);
    }
  }

  async append(relation: string, schema: Schema, columns: readonly AppendedColumn[]): Promise<void> {
    const rowCount = columns[0]?.length ?? 0;
    if (rowCount === 0) return;
    const { catalog, schema: schemaName, table } = relationParts(relation);
    try {
      await this.#ended();
      await this.#endStream(false);
      this.#takeDescribed(null);
      const isNarrow = catalog === null && schema.length <= mostAppendedByStatement;
      if (
        rowCount === 1 &&
        isNarrow &&
        columns.every(isUnpacked) &&
        schema.every(({ type }) => typesOfParameters.has(type))
      )
        return await this.#appendOne(relation, schema, columns);
      const appender = await this.#connection.createAppender(table, schemaName, catalog);
      try {
        const types = schema.map((_, index) => appender.columnType(index));
        for (let from = 0; from < rowCount; from += chunkRows) {
          appender.appendDataChunk(chunkOf(types, columns, from, Math.min(rowCount, from + chunkRows)));
        }
        appender.flushSync();
      } finally {
        appender.closeSync();
      }
    } catch (cause) {
      throw storeFailure(cause);
    }
  }

  /**
   * A prepared INSERT of one row takes half of what an appender does, which DuckDB plans anew. The types stand in it,
   * for a relation of that name may come to have others.
   */
  async #appendOne(relation: string, schema: Schema, columns: readonly ArrayLike<SqlValue>[]): Promise<void> {
    const { places, parameters } = placedValues(columns.map((column) => column[0] ?? null));
    const typed = places.map((place, index) => `${place}::${schema[index]?.type}`);
    const statement = await this.#preparedFor(`INSERT INTO ${relation} VALUES (${typed.join(', ')})`);
    bindAsAppended(statement, parameters);
    await statement.run();
  }

  /** Frees the prepared statements; the connection's owner closes it. */
  release(): void {
    this.#takeDescribed(null);
    for (const statement of this.#prepared.values()) statement.destroySync();
    this.#prepared.clear();
  }

  async #bound(sql: string, params: readonly SqlParameter[]): Promise<DuckDBPreparedStatement> {
    const statement = await this.#preparedFor(sql);
    bindParameters(statement, params);
    return statement;
  }

  async #preparedFor(sql: string): Promise<DuckDBPreparedStatement> {
    const known = this.#prepared.get(sql);
    const statement = known ?? (await this.#connection.prepare(sql));
    this.#prepared.delete(sql);
    this.#prepared.set(sql, statement);
    if (this.#prepared.size > preparedLimit) {
      const [oldest, stale] = this.#prepared.entries().next().value ?? [];
      if (oldest !== undefined) this.#prepared.delete(oldest);
      stale?.destroySync();
    }
    return statement;
  }
}

function isUnpacked(column: AppendedColumn): column is ArrayLike<SqlValue> {
  return !(column instanceof PackedColumn);
}

function* rowsOf(chunk: DuckDBDataChunk, names: readonly string[]): Iterable<Row> {
  const isPlain = !names.includes('__proto__');
  for (const values of chunk.convertRows(sqlValueConverter)) {
    if (isPlain) {
      const row: Record<string, SqlValue> = {};
      for (const [place, name] of names.entries()) row[name] = values[place] ?? null;
      yield row;
    } else {
      // An assignment would take the value for the row's prototype; entries are twice as slow.
      yield Object.fromEntries(names.map((name, place) => [name, values[place] ?? null]));
    }
  }
}

/** The chunks are in memory already: the library's own reader would go to another thread and back for each. */
function* chunksOf(result: DuckDBMaterializedResult): Iterable<DuckDBDataChunk> {
  for (let index = 0; index < result.chunkCount; index++) yield result.getChunk(index);
}

/** @throws EverviewError `store-failure` where it has failed: to DuckDB's C interface that is an end like another */
async function fetchRows(result: DuckDBResult): Promise<DuckDBDataChunk | null> {
  const chunk = await result.fetchChunk();
  if (chunk !== null && chunk.rowCount > 0) return chunk;
  if (result.returnType === ResultReturnType.INVALID) throw brokenOffFailure();
  return null;
}
