/**
 * A value of a row in JavaScript. 64- and 128-bit integers are `bigint`; a DECIMAL is a number up to 15 digits and
 * a string beyond; DATE and TIMESTAMP are `Date` (UTC; one between two milliseconds is a `FineDate`), or where none reaches
 * (`infinity`, the year 294000) a string as DuckDB prints it; TIME and INTERVAL are such strings; BLOB is bytes; lists are arrays and structs
 * are objects.
 */
export type SqlValue =
  | null
  | boolean
  | number
  | bigint
  | string
  | Date
  | Uint8Array
  | readonly SqlValue[]
  | { readonly [key: string]: SqlValue };

export type Row = { readonly [column: string]: SqlValue };

export type SqlParameter = null | boolean | number | bigint | string | Date | Uint8Array;
