import type { SqlValue } from '../index.ts';
import { type Json, jsonValue, shortestFloat } from './json-value.ts';

/** A value as people and spreadsheets read it, on one line; null for NULL. */
export function cellText(value: SqlValue, type: string): string | null {
  if (value === null) return null;
  switch (typeof value) {
    case 'string':
      return value;
    case 'number':
      return numberText(value, type);
    case 'bigint':
    case 'boolean':
      return String(value);
    case 'object':
      if (value instanceof Date) return momentText(value, type);
      if (value instanceof Uint8Array) return bytesText(value);
      return JSON.stringify(jsonValue(value, type) satisfies Json);
  }
}

/** A DECIMAL with all digits of its scale. */
function numberText(value: number, type: string): string {
  const scale = /^DECIMAL\(\d+,\s*(\d+)\)$/.exec(type)?.[1];
  if (scale !== undefined) return value.toFixed(Number(scale));
  return Object.is(value, -0) ? '-0' : String(type === 'FLOAT' ? shortestFloat(value) : value);
}

/** `2001-01-31`, `2001-01-31 06:30:00`, `2001-01-31 06:30:00.250+00`: as DuckDB prints and reads them. */
function momentText(moment: Date, type: string): string {
  if (Number.isNaN(moment.getTime())) return 'invalid';
  // DuckDB knows no sign before a year beyond 9999.
  const [day = '', time = ''] = moment.toISOString().replace(/^\+0*/, '').split('T');
  if (type === 'DATE') return day;
  const clock = time.replace(/(\.000)?Z$/, '');
  return `${day} ${clock}${type === 'TIMESTAMP WITH TIME ZONE' ? '+00' : ''}`;
}

/** As DuckDB writes a BLOB: printable ASCII as it is, the rest as `\xAB`. */
function bytesText(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) =>
    byte >= 0x20 && byte < 0x7f && byte !== 0x5c && byte !== 0x22 && byte !== 0x27
      ? String.fromCharCode(byte)
      : `\\x${byte.toString(16).toUpperCase().padStart(2, '0')}`,
  ).join('');
}
