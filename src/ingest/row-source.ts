import type { RecordBatch, Table } from 'apache-arrow';
import type { SqlValue } from '../core/value.ts';
import type { RawOption } from '../declare/statement.ts';

/** A row as a TypeScript program gives it: column name → value; checked one by one, so anything may be in it. */
export type InputRow = { readonly [column: string]: unknown };

export type ArrowInput = Table | RecordBatch | Iterable<RecordBatch> | AsyncIterable<RecordBatch>;

/** Where the rows of an insert come from. */
export type RowSource =
  /** A SELECT or VALUES text over physical names. Columns go by position, or by name with `byName`. */
  | { readonly kind: 'sql'; readonly text: string }
  /** Objects, by name; a column no row has takes its DEFAULT. Arrays are read once. */
  | { readonly kind: 'rows'; readonly rows: Iterable<InputRow> | AsyncIterable<InputRow> }
  /** One array (or typed array) per column, all as long as each other. */
  | { readonly kind: 'columns'; readonly columns: { readonly [column: string]: ArrayLike<SqlValue> } }
  /** Columns by name; types that cannot hold every value are refused. */
  | { readonly kind: 'arrow'; readonly data: ArrowInput }
  | { readonly kind: 'file'; readonly path: string; readonly options: readonly RawOption[] };
