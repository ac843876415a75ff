import { createHash } from 'node:crypto';
import type { SqlValue } from '../../index.ts';
import type { History, TableRows } from '../history.ts';

/** A text that is the same for the same value, whether a whole number came as `bigint` or not. */
export function canonicalText(value: SqlValue | undefined): string {
  if (value === undefined) return '-';
  if (value === null) return 'null';
  switch (typeof value) {
    case 'boolean':
    case 'number':
    case 'bigint':
      return String(value);
    case 'string':
      return JSON.stringify(value);
    case 'object':
      break;
  }
  if (value instanceof Date) return `@${value.getTime()}${beyondMs(value)}`;
  if (value instanceof Uint8Array) return `x${Buffer.from(value).toString('hex')}`;
  if (isList(value)) return `[${value.map(canonicalText).join(',')}]`;
  return canonicalRow(value);
}

/** What its text has of the second after three digits: of a moment that lies on a millisecond, nothing. */
function beyondMs(moment: Date): string {
  return moment.toISOString().split('.')[1]?.slice(3, -1) ?? '';
}

function isList(
  value: readonly SqlValue[] | { readonly [key: string]: SqlValue },
): value is readonly SqlValue[] {
  return Array.isArray(value);
}

/** Whatever the order of its columns. */
export function canonicalRow(row: { readonly [key: string]: SqlValue }): string {
  const fields = Object.keys(row)
    .sort()
    .map((name) => `${JSON.stringify(name)}:${canonicalText(row[name])}`);
  return `{${fields.join(',')}}`;
}

/** SHA-256, hexadecimal, of what a replay is fed. */
export function historyHash(history: Omit<History, 'hash'>): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify({ startMs: history.startMs, labelDelayMs: history.labelDelayMs }));
  const add = (tables: readonly TableRows[]) => {
    for (const { table, rows, replaces = false, deleted = [] } of tables) {
      hash.update(`\n${JSON.stringify([table, replaces, deleted.length, rows.length])}\n`);
      hash.update([...deleted, ...rows].map(canonicalRow).join('\n'));
    }
  };
  add(history.initial);
  for (const { atMs, tables } of history.arrivals) {
    hash.update(`\narrival ${atMs}`);
    add(tables);
  }
  for (const { atMs, rows, keys } of history.queries) {
    hash.update(`\nquery ${atMs} ${rows} ${canonicalText(keys)}`);
  }
  return hash.digest('hex');
}
