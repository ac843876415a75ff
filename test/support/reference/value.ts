/**
 * The reference engine's own values. What a value is depends on its static type: `int` and `time` (microseconds since
 * the epoch) and `decimal` (hundredths) are bigint, `double` is number.
 */
export type RefValue = null | boolean | bigint | number | string;

export type RefType = 'int' | 'decimal' | 'double' | 'text' | 'bool' | 'time';

export type RefRow = readonly RefValue[];

/** `exact`: false for what sums or averages of floating-point numbers went into. */
export type RefColumn = { readonly name: string; readonly type: RefType; readonly exact: boolean };

export type RefRelation = { readonly columns: readonly RefColumn[]; readonly rows: readonly RefRow[] };

/** DuckDB's order of two values of one type: NaN equals itself and is the greatest. */
export function compareValues(a: Exclude<RefValue, null>, b: Exclude<RefValue, null>): number {
  if (typeof a === 'number' && typeof b === 'number') {
    if (Number.isNaN(a) || Number.isNaN(b)) return Number(Number.isNaN(a)) - Number(Number.isNaN(b));
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

/** Text that is equal exactly when the values are the same, NULL being the same as NULL. */
export function keyOf(values: RefRow): string {
  return values.map((value) => (value === null ? '∅' : `${typeof value}:${value}`)).join('|');
}

/** An SQL literal of the type. */
export function literalSql(value: RefValue, type: RefType): string {
  if (value === null) return 'NULL';
  switch (type) {
    case 'int':
      return Number(value) < 0 ? `(${value})` : String(value);
    case 'bool':
      return String(value);
    case 'decimal':
      return `CAST('${decimalText(BigInt(value))}' AS DECIMAL(10,2))`;
    case 'double':
      return `CAST('${doubleText(Number(value))}' AS DOUBLE)`;
    case 'text':
      return `'${String(value).replaceAll("'", "''")}'`;
    case 'time':
      return `TIMESTAMP '${timeText(BigInt(value))}'`;
  }
}

export function decimalText(hundredths: bigint): string {
  const size = hundredths < 0n ? -hundredths : hundredths;
  const fraction = String(size % 100n).padStart(2, '0');
  return `${hundredths < 0n ? '-' : ''}${size / 100n}.${fraction}`;
}

function doubleText(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return String(value);
}

export function timeText(microseconds: bigint): string {
  return new Date(Number(microseconds / 1_000n)).toISOString().replace('T', ' ').replace('Z', '');
}

/** SQL that gives a column as text which `parseText` reads back without loss. */
export function textSql(column: string, type: RefType): string {
  return type === 'time' ? `CAST(epoch_us(${column}) AS VARCHAR)` : `CAST(${column} AS VARCHAR)`;
}

export function parseText(text: string, type: RefType): RefValue {
  switch (type) {
    case 'int':
    case 'time':
      return BigInt(text);
    case 'decimal': {
      const [whole = '0', fraction = ''] = text.split('.');
      const size = BigInt(whole.replace('-', '')) * 100n + BigInt(fraction.padEnd(2, '0').slice(0, 2));
      return text.startsWith('-') ? -size : size;
    }
    case 'double':
      return text === 'inf'
        ? Number.POSITIVE_INFINITY
        : text === '-inf'
          ? Number.NEGATIVE_INFINITY
          : Number(text);
    case 'bool':
      return text === 'true';
    case 'text':
      return text;
  }
}
