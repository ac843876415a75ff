import type { RecordBatch } from 'apache-arrow';
import { EverviewError } from '../core/errors.ts';
import { nearestHint } from '../core/nearest.ts';
import { columnNames, findColumn, type Schema } from '../core/schema.ts';
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
        readonly columns: readonly FileColumn[] /** SQL text of a key that no column takes, or NULL. */;
        readonly strayKeys?: string;
      }
    | { readonly kind: 'arrow'; readonly batches: AsyncIterable<RecordBatch> }
  );

/** DuckDB's own words as a `file-error`; failures that are none of the file's pass through. */
export function fileFailure(path: string, failure: unknown): unknown {
  if (failure instanceof EverviewError && failure.code !== 'invalid-query') return failure;
  const message = failure instanceof Error ? failure.message : String(failure);
  return new EverviewError('file-error', `"${path}" cannot be read whole: ${message.split('\n')[0]}`, {
    cause: failure,
    hint: 'nothing of the file was taken',
  });
}

/** The wanted columns in the file's order. @throws EverviewError `file-error` for one too many, twice, or missing. */
export function matchColumns({ path, wanted, table }: FileRequest, names: readonly string[]): Schema {
  const seen = new Set<string>();
  const matched = names.map((name) => {
    const column = findColumn(wanted, name);
    if (column === undefined) {
      throw new EverviewError(
        'file-error',
        `"${path}" has a column "${name}" that "${table}" does not take`,
        {
          hint: nearestHint(name, columnNames(wanted)),
        },
      );
    }
    if (seen.has(column.name)) throw new EverviewError('file-error', `"${path}" has column "${name}" twice`);
    seen.add(column.name);
    return column;
  });
  const missing = wanted.find((column) => !seen.has(column.name));
  if (missing !== undefined) {
    throw new EverviewError('file-error', `"${path}" has no column "${missing.name}"`, {
      hint: `it has ${names.join(', ')}; name the columns to take: COPY ${table} (a, b) FROM …`,
    });
  }
  return matched;
}
