import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { EverviewError } from '../core/errors.ts';
import { createMutex } from '../core/mutex.ts';
import type { Session, Store } from '../core/session.ts';
import type { SqlParser } from '../core/sql-tree.ts';
import { type DatabaseLock, lockDatabase } from './database-lock.ts';
import { openFailure, storeFailure } from './duckdb-failure.ts';
import { DuckdbSession, madeAhead } from './duckdb-session.ts';
import { DuckdbSqlParser } from './duckdb-sql-parser.ts';
import { migrate } from './migrations.ts';
import { systemProcesses } from './running-processes.ts';

export type DuckdbStoreOptions = {
  /** DuckDB's `memory_limit`, such as `1GB`. */
  readonly memoryLimit?: string | undefined;
  readonly threads?: number | undefined;
};

/**
 * Size of the write-ahead log at which a commit checkpoints. A checkpoint writes the last row group of every changed
 * table anew, however little came: at DuckDB's 16MB every other update of a wide table waits for one.
 */
const checkpointBytes = 256_000_000;

/**
 * Rows that no checkpoint has written stand in memory: a small limit asks for checkpoints at a quarter of it.
 * @param memoryLimit as DuckDB takes it, such as `1GB` or `512 MiB`
 */
export function checkpointThreshold(memoryLimit: string | undefined): string {
  const [, number, unit = '', binary] = /^([\d.]+) ?([KMGT])(i?)B$/i.exec(memoryLimit ?? '') ?? [];
  if (number === undefined) return `${checkpointBytes}B`;
  const bytes = Number(number) * (binary === '' ? 1_000 : 1_024) ** ('KMGT'.indexOf(unit.toUpperCase()) + 1);
  return `${Math.round(Math.min(checkpointBytes, bytes / 4))}B`;
}

type Reader = { readonly connection: DuckDBConnection; readonly session: DuckdbSession };

/**
 * Optimizations of DuckDB 1.5 that give wrong rows, the first two as of 1.5.6:
 *
 * - `join_elimination` drops a left join none of whose right columns is read, where the right side was grouped by the key,
 *   although an UNNEST over the groups has made several rows of each (its issue 25213). Bags of the past are such rows.
 * - `join_filter_pushdown` pushes the keys of a join below a LIMIT (22924) or a DISTINCT ON under it, which then chooses among
 *   other rows.
 * - `top_n_window_elimination` made, for `row_number() OVER (…) <= k`, a row of NULLs of an empty input (23675), one row of
 *   equal ones after a join (23588), and none where all rows tie by a NULL constant (24363). 1.5.6 mends these, of a
 *   dozen such in a year; it stays off until a release brings none.
 */
export const wrongOptimizers = 'join_elimination,top_n_window_elimination,join_filter_pushdown';

/** Opens (or creates) the one file and brings the engine's own tables to this release's form. */
export async function openDuckdbStore(path: string, options: DuckdbStoreOptions = {}): Promise<DuckdbStore> {
  const settings: Record<string, string> = {
    autoinstall_known_extensions: 'false',
    checkpoint_threshold: checkpointThreshold(options.memoryLimit),
    disabled_optimizers: wrongOptimizers,
    // The snapshot is of BEGIN, and not of the first access to the database after it.
    immediate_transaction_mode: 'true',
    ...(options.memoryLimit === undefined ? {} : { memory_limit: options.memoryLimit }),
    ...(options.threads === undefined ? {} : { threads: String(options.threads) }),
  };
  const lock = lockDatabase(path, systemProcesses());
  let instance: DuckDBInstance | undefined;
  try {
    instance = await DuckDBInstance.create(path, settings);
    lock.confirm();
    const writer = await connect(instance);
    const isNew = await migrated(writer);
    return new DuckdbStore({ instance, lock }, writer, await connect(instance), isNew);
  } catch (cause) {
    instance?.closeSync();
    lock.release();
    throw openFailure(path, cause, options.memoryLimit);
  }
}

/** @returns whether the file was new. A failure closes the instance, and with it the transaction. */
async function migrated(writer: DuckDBConnection): Promise<boolean> {
  const session = new DuckdbSession(writer);
  session.later('BEGIN TRANSACTION');
  const isNew = await migrate(session);
  await session.run('COMMIT');
  session.release();
  return isNew;
}

async function connect(instance: DuckDBInstance): Promise<DuckDBConnection> {
  const connection = await instance.connect();
  await connection.run(`SET TimeZone = 'UTC'`);
  await connection.run(madeAhead.stream);
  return connection;
}

type OpenedFile = { readonly instance: DuckDBInstance; readonly lock: DatabaseLock };

export class DuckdbStore implements Store {
  readonly #instance: DuckDBInstance;
  readonly #lock: DatabaseLock;
  readonly #writerConnection: DuckDBConnection;
  readonly #writer: DuckdbSession;
  readonly #writing = createMutex();
  /** Held for a commit with its publication, and for taking snapshots: neither sees the other half done. */
  readonly #committing = createMutex();
  /** Readers at rest, or about to be: their last transaction may still be ending. Null: it could not be ended. */
  readonly #idle: Promise<Reader | null>[] = [];
  readonly #busy = new Set<Promise<unknown>>();
  #closed = false;

  /** Parses on a connection of its own, outside every transaction. */
  readonly parser: SqlParser;
  readonly #parserConnection: DuckDBConnection;
  readonly #parserSession: DuckdbSession;

  /** The file was made by this opening: it holds nothing yet. */
  readonly isNew: boolean;

  constructor(
    { instance, lock }: OpenedFile,
    writer: DuckDBConnection,
    parserConnection: DuckDBConnection,
    isNew: boolean,
  ) {
    this.isNew = isNew;
    this.#instance = instance;
    this.#lock = lock;
    this.#writerConnection = writer;
    this.#writer = new DuckdbSession(writer);
    this.#parserConnection = parserConnection;
    this.#parserSession = new DuckdbSession(parserConnection);
    this.parser = new DuckdbSqlParser(this.#parserSession);
  }

  write<T>(work: (tx: Session) => Promise<T>, publish: (result: T) => void = () => {}): Promise<T> {
    return this.#tracked(this.#writing(() => this.#transaction(work, publish)));
  }

  async #transaction<T>(work: (tx: Session) => Promise<T>, publish: (result: T) => void): Promise<T> {
    this.#assertOpen();
    this.#writer.later('BEGIN TRANSACTION');
    let result: T;
    try {
      result = await work(this.#writer);
    } catch (failure) {
      await this.#rollback();
      throw storeFailureOr(failure);
    }
    return this.#committing(async () => {
      try {
        await this.#writer.run('COMMIT');
      } catch (failure) {
        await this.#rollback();
        throw failure;
      }
      publish(result);
      return result;
    });
  }

  async #rollback(): Promise<void> {
    try {
      await this.#writer.run('ROLLBACK');
    } catch {
      // DuckDB has already ended a transaction that it aborted itself; the first failure is the one to tell.
    }
  }

  read<T, C>(capture: () => C, work: (snapshot: Session, captured: C) => Promise<T>): Promise<T> {
    return this.readParallel(1, capture, ([snapshot], captured) => work(snapshot, captured));
  }

  readParallel<T, C>(
    count: number,
    capture: () => C,
    work: (snapshots: readonly [Session, ...Session[]], captured: C) => Promise<T>,
  ): Promise<T> {
    return this.#tracked(this.#read(count, capture, work));
  }

  async #read<T, C>(
    count: number,
    capture: () => C,
    work: (snapshots: readonly [Session, ...Session[]], captured: C) => Promise<T>,
  ): Promise<T> {
    const { readers, captured } = await this.#committing(async () => {
      const begun = await Promise.allSettled(Array.from({ length: count }, () => this.#begin()));
      const opened = begun.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      try {
        for (const one of begun) if (one.status === 'rejected') throw one.reason;
        return { readers: opened, captured: capture() };
      } catch (failure) {
        this.#end(opened);
        throw failure;
      }
    });
    try {
      const [first, ...rest] = readers.map((reader) => reader.session);
      if (first === undefined) throw new EverviewError('internal', 'a read needs at least one snapshot');
      return await work([first, ...rest], captured);
    } catch (failure) {
      throw storeFailureOr(failure);
    } finally {
      this.#end(readers);
    }
  }

  async #begin(): Promise<Reader> {
    this.#assertOpen();
    const reader = (await this.#idle.pop()) ?? (await this.#newReader());
    await reader.session.run('BEGIN TRANSACTION');
    return reader;
  }

  async #newReader(): Promise<Reader> {
    const connection = await connect(this.#instance);
    return { connection, session: new DuckdbSession(connection) };
  }

  /** Nobody waits for the end of a transaction that has only read, but whoever uses the reader next. */
  #end(readers: readonly Reader[]): void {
    const end = async (reader: Reader) => {
      try {
        await reader.session.run('ROLLBACK');
        return reader;
      } catch {
        reader.session.release();
        reader.connection.closeSync();
        return null;
      }
    };
    this.#idle.push(...readers.map(end));
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    await Promise.allSettled([...this.#busy]);
    for (const reader of await Promise.all(this.#idle)) {
      reader?.session.release();
      reader?.connection.closeSync();
    }
    this.#parserSession.release();
    this.#parserConnection.closeSync();
    this.#writer.release();
    this.#writerConnection.closeSync();
    this.#instance.closeSync();
    this.#lock.release();
  }

  #assertOpen(): void {
    if (this.#closed) throw new EverviewError('closed', 'the database was closed', { hint: 'open it again' });
  }

  #tracked<T>(work: Promise<T>): Promise<T> {
    this.#busy.add(work);
    const done = () => this.#busy.delete(work);
    work.then(done, done);
    return work;
  }
}

function storeFailureOr(failure: unknown): unknown {
  return failure instanceof Error &&
    !(failure instanceof EverviewError) &&
    failure.message.includes(' Error: ')
    ? storeFailure(failure)
    : failure;
}
