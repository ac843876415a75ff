import type { RecordBatch } from 'apache-arrow';
import { EverviewError } from '../core/errors.ts';
import { quoteLiteral } from '../core/identifier.ts';
import { type Column, findColumn, type Schema, sameName } from '../core/schema.ts';
import { addedNotice, type GivenColumn, schemaDifference, schemaMismatch } from '../core/schema-contract.ts';
import type { RawOption } from '../declare/statement.ts';

/** A file that rows are read from, as messages name it. */
export type SourceFile = {
  readonly name: string;
  /** Where the n-th row (from 1) stands: `line 7`, or `row 6` where lines mean nothing. */
  placeOfRow(row: number): Promise<string>;
};

export type FileRequest = {
  readonly path: string;
  readonly options: readonly RawOption[];
  /** Columns that the file must have, with the types they will be cast to. */
  readonly wanted: Schema;
  /** The table they are for, for messages. */
  readonly table: string;
};

/** A column of the file as SQL over `from`, before the cast to the wanted type. */
export type FileColumn = {
  readonly column: string;
  readonly expression: string;
  readonly type: string;
  readonly isJson?: boolean;
};

export type OpenedFile = SourceFile & {
  /** A failure while the rows were read, as a `file-error` that names the line where it can. */
  explain(failure: unknown): Promise<unknown>;
  /** Removes what had to be made to read it. */
  close?(): Promise<void>;
} & (
    | {
        readonly kind: 'relation';
        readonly from: string;
        readonly columns: readonly FileColumn[];
        /** SQL text of what stands where a row's keys and values should (`an array`), or NULL. */
        readonly noRecord?: string;
        /** SQL text of a key that no column takes, or NULL. */
        readonly strayKeys?: string;
        /** What people are to be told of its columns. */
        readonly notices?: readonly string[];
      }
    | { readonly kind: 'arrow'; readonly batches: AsyncIterable<RecordBatch> }
  );

/**
 * A path as DuckDB's readers take it for that one file: to them `*`, `?` and `[` make it a pattern of several. And a folder
 * by the name `year=2001` is a column to them, in place of the file's own, unless they are told otherwise.
 */
export function readerOfFile(path: string): { readonly file: string; readonly alone: string } {
  return { file: quoteLiteral(path.replace(/[*?[]/g, '[$&]')), alone: 'hive_partitioning=false' };
}

/** DuckDB's own words as a `file-error`; failures that are none of the file's pass through. */
export function fileFailure(path: string, failure: unknown): unknown {
  if (failure instanceof EverviewError && failure.code !== 'invalid-query') return failure;
  const message = failure instanceof Error ? failure.message : String(failure);
  return new EverviewError('file-error', `"${path}" cannot be read whole: ${message.split('\n')[0]}`, {
    cause: failure,
    hint: 'nothing of the file was taken',
  });
}

/** A file's columns: those that are wanted, each where it stands, and those that nobody asked for. */
export type MatchedColumns = {
  /** In the file's order; null: not wanted. */
  readonly columns: readonly { readonly name: string; readonly wanted: Column | null }[];
  readonly notices: readonly string[];
};

/**
 * Holds a file's columns against those that are wanted; further ones are a notice.
 * @throws EverviewError `schema-mismatch` where one is missing, `file-error` where one comes twice
 */
export function matchColumns(
  { path, wanted, table }: FileRequest,
  given: readonly GivenColumn[],
): MatchedColumns {
  const repeated = given.find(
    ({ name }, index) => given.findIndex((other) => sameName(other.name, name)) < index,
  );
  if (repeated !== undefined)
    throw new EverviewError('file-error', `"${path}" has column "${repeated.name}" twice`);
  const difference = schemaDifference(wanted, given);
  const names = given.map(({ name }) => name);
  if (difference.missing.length > 0) {
    const hint = `it has ${names.join(', ')}; name the columns to take: COPY ${table} (a, b) FROM …`;
    throw schemaMismatch(`"${path}"`, table, difference, hint);
  }
  const notice = addedNotice(`"${path}"`, table, difference.added);
  return {
    columns: names.map((name) => ({ name, wanted: findColumn(wanted, name) ?? null })),
    notices: notice === null ? [] : [notice],
  };
}
