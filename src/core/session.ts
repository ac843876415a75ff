import type { PackedColumn } from './packed-column.ts';
import type { Schema } from './schema.ts';
import type { Row, SqlParameter, SqlValue } from './value.ts';

/**
 * One column of a batch. `values` is a typed array for the types whose vectors are one (numbers, BOOLEAN as
 * `Uint8Array`, TIMESTAMP and BIGINT as `BigInt64Array`, …) and an array of values for the rest; `isValid(i)` is
 * false where row i is NULL. Valid until the next batch is asked for: copy what you keep.
 */
export type ColumnVector = {
  readonly values: ArrayLike<SqlValue> | Float64Array | Float32Array | Int32Array | BigInt64Array;
  /** True when no row is NULL. */
  readonly allValid: boolean;
  isValid(row: number): boolean;
};

export type ColumnBatch = {
  readonly schema: Schema;
  readonly rowCount: number;
  readonly columns: readonly ColumnVector[];
};

/** Values as they come, or packed in the column's own type. */
export type AppendedColumn = ArrayLike<SqlValue> | PackedColumn;

/**
 * `small`: it is known to fit in memory, and read at once: fewer trips to another thread. `in-step`: to use a batch takes
 * about as long as to make one, so each is made while the one before is used, and no more are made ahead.
 */
export type Reading = 'stream' | 'small' | 'in-step';

/**
 * One connection of the store: the write transaction, or a read snapshot. Statements run in the order they are
 * asked for. Failures are EverviewErrors with the store's message.
 */
export interface Session {
  /** Runs one statement and says how many rows it changed. */
  run(sql: string, params?: readonly SqlParameter[]): Promise<number>;
  /**
   * As `run`, of a statement whose result nobody waits for: it runs while the caller goes on, and before whatever the
   * session is asked for next, which fails as it does.
   */
  later(sql: string, params?: readonly SqlParameter[]): void;
  /** When nothing asked for by `later` runs any more: what is timed from then on is not timed with it. */
  settled(): Promise<void>;
  /** The whole result, as row objects. */
  rows(sql: string, params?: readonly SqlParameter[]): Promise<Row[]>;
  /** The result batch by batch (2,048 rows each, at most), never whole in memory unless it is `small`. */
  batches(sql: string, params?: readonly SqlParameter[], reading?: Reading): AsyncIterable<ColumnBatch>;
  /** As `batches`, as row objects. */
  rowBatches(sql: string, params?: readonly SqlParameter[]): AsyncIterable<Row[]>;
  /** The names and types a SELECT would return, without running it. */
  describe(sql: string): Promise<Schema>;
  /** Appends rows, column by column, to a relation named as in SQL (`schema."table"`). */
  append(relation: string, schema: Schema, columns: readonly AppendedColumn[]): Promise<void>;
}

/**
 * The one file: a single writer, and read snapshots that see one committed state each. What the engine keeps in
 * memory about the committed state changes only in `publish`, and a reader's `capture` never runs between a commit
 * and its `publish`: so what was captured always describes exactly the snapshot.
 */
export interface Store {
  /** Runs `work` in a transaction: committed when it resolves, rolled back whole when it throws. One at a time. */
  write<T>(work: (tx: Session) => Promise<T>, publish?: (result: T) => void): Promise<T>;
  /** Runs `work` on one snapshot, with what `capture` found at that very state. */
  read<T, C>(capture: () => C, work: (snapshot: Session, captured: C) => Promise<T>): Promise<T>;
  /** As `read`, on `count` connections that all see the same state. */
  readParallel<T, C>(
    count: number,
    capture: () => C,
    work: (snapshots: readonly [Session, ...Session[]], captured: C) => Promise<T>,
  ): Promise<T>;
  close(): Promise<void>;
}
