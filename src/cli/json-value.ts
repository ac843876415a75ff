import type { SqlValue } from '../index.ts';

export type Json =
  | null
  | boolean
  | number
  | string
  | readonly Json[]
  | { readonly [key: string]: Json | undefined };

/**
 * A value in JSON. Integers beyond 2^53 are strings, NaN and the infinities are the strings `NaN`, `Infinity` and
 * `-Infinity`, a DATE is `2001-01-31`, a TIMESTAMP `2001-01-31T06:30:00.000Z` (with more digits where it has them), bytes are base64.
 */
export function jsonValue(value: SqlValue, type: string): Json {
  if (value === null) return null;
  switch (typeof value) {
    case 'boolean':
    case 'string':
      return value;
    case 'number':
      return jsonNumber(type === 'FLOAT' ? shortestFloat(value) : value);
    case 'bigint':
      return value >= Number.MIN_SAFE_INTEGER && value <= Number.MAX_SAFE_INTEGER
        ? Number(value)
        : String(value);
    case 'object':
      if (value instanceof Date) return jsonMoment(value, type);
      if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
      if (isList(value)) return value.map((item) => jsonValue(item, elementType(type)));
      return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, jsonValue(inner, '')]));
  }
}

/** The number of the fewest digits that is the same FLOAT: 0.1, where the FLOAT itself is 0.10000000149011612. */
export function shortestFloat(value: number): number {
  for (let digits = 1; digits < 9; digits++) {
    const rounded = Number(value.toPrecision(digits));
    if (Math.fround(rounded) === value) return rounded;
  }
  return Number.isFinite(value) ? Number(value.toPrecision(9)) : value;
}

export function jsonNumber(value: number): number | string {
  return Number.isFinite(value) ? value : String(value);
}

function jsonMoment(moment: Date, type: string): string {
  if (Number.isNaN(moment.getTime())) return 'invalid';
  const iso = moment.toISOString();
  return type === 'DATE' ? iso.slice(0, iso.indexOf('T')) : iso;
}

/** `Array.isArray` alone does not narrow a readonly array. */
function isList(
  value: readonly SqlValue[] | { readonly [key: string]: SqlValue },
): value is readonly SqlValue[] {
  return Array.isArray(value);
}

/** `DATE[]` → `DATE`, `DATE[3]` → `DATE`; empty when the type is no list. */
function elementType(type: string): string {
  return type.match(/^(.*)\[\d*\]$/s)?.[1] ?? '';
}
