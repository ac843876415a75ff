import type { History } from './history.ts';
import { stepSql } from './step-sql.ts';

type Encoded = { readonly $int: string } | { readonly $double: string };

/** A history as JSON text with its SQL beside it, for people; bigint and non-finite numbers are told apart. */
export function historyToJson(history: History, note: string): string {
  const sql = history.steps.map(stepSql);
  return `${JSON.stringify({ note, sql, history }, encode, 2)}\n`;
}

function encode(_: string, value: unknown): unknown {
  if (typeof value === 'bigint') return { $int: String(value) } satisfies Encoded;
  if (typeof value === 'number' && !Number.isFinite(value))
    return { $double: String(value) } satisfies Encoded;
  return value;
}

/** Only reads what `historyToJson` wrote. */
export function historyFromJson(text: string): History {
  const parsed: { readonly history: History } = JSON.parse(text, decode);
  return parsed.history;
}

function decode(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if ('$int' in value) return BigInt(String(value.$int));
  if ('$double' in value) return Number(value.$double);
  return value;
}
