import {
  type CompiledQuery,
  type DatabaseConnection,
  type Dialect,
  type Driver,
  Kysely,
  PostgresAdapter,
  PostgresIntrospector,
  PostgresQueryCompiler,
  type QueryResult,
} from 'kysely';
import { EverviewError } from '../core/errors.ts';
import type { Row, SqlParameter } from '../core/value.ts';

/** Runs one compiled SELECT and gives its rows. */
export type RunQuery = (sql: string, parameters: readonly SqlParameter[]) => Promise<readonly Row[]>;

/** Kysely over the engine's queries. Reads only: updates go through `insert`, `transaction` and `execute`. */
export function createKysely<DB>(run: RunQuery): Kysely<DB> {
  const dialect: Dialect = {
    createAdapter: () => new PostgresAdapter(),
    createDriver: () => new QueryDriver(run),
    createIntrospector: (db) => new PostgresIntrospector(db),
    createQueryCompiler: () => new PostgresQueryCompiler(),
  };
  return new Kysely<DB>({ dialect });
}

class QueryDriver implements Driver {
  readonly #connection: DatabaseConnection;

  constructor(run: RunQuery) {
    this.#connection = new QueryConnection(run);
  }

  async init(): Promise<void> {}
  async acquireConnection(): Promise<DatabaseConnection> {
    return this.#connection;
  }
  beginTransaction(): Promise<void> {
    return Promise.reject(readsOnly('a Kysely transaction'));
  }
  commitTransaction(): Promise<void> {
    return Promise.reject(readsOnly('a Kysely transaction'));
  }
  rollbackTransaction(): Promise<void> {
    return Promise.reject(readsOnly('a Kysely transaction'));
  }
  async releaseConnection(): Promise<void> {}
  async destroy(): Promise<void> {}
}

class QueryConnection implements DatabaseConnection {
  readonly #run: RunQuery;

  constructor(run: RunQuery) {
    this.#run = run;
  }

  async executeQuery<R>(query: CompiledQuery): Promise<QueryResult<R>> {
    if (query.query.kind !== 'SelectQueryNode' && query.query.kind !== 'RawNode')
      throw readsOnly(query.query.kind);
    const rows = await this.#run(query.sql, query.parameters.map(parameterOf));
    // Kysely's R is what the caller declared the query to give; the engine cannot know it at run time.
    return { rows: [...rows] as R[] };
  }

  // biome-ignore lint/correctness/useYield: refuses before anything could be streamed
  async *streamQuery<R>(): AsyncIterableIterator<QueryResult<R>> {
    throw new EverviewError('unsupported', 'streaming through Kysely is not offered', {
      hint: 'db.stream(query.compile().sql, query.compile().parameters)',
    });
  }
}

function readsOnly(what: string): EverviewError {
  return new EverviewError('unsupported', `${what} cannot run through Kysely: it is for queries`, {
    hint: 'db.insert, db.transaction and db.execute take updates',
  });
}

function parameterOf(value: unknown): SqlParameter {
  if (
    value === null ||
    typeof value === 'boolean' ||
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    typeof value === 'string' ||
    value instanceof Date ||
    value instanceof Uint8Array
  ) {
    return value;
  }
  throw new EverviewError('invalid-query', `a parameter of type ${typeof value} cannot be bound`, {
    hint: 'bind numbers, bigints, strings, booleans, dates, bytes or null',
  });
}
