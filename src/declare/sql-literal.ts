import { EverviewError } from '../core/errors.ts';
import { quoteLiteral } from '../core/identifier.ts';
import { Parameter, tokenize } from './statement-lexer.ts';

/**
 * A JavaScript value as a SQL literal of the type a bound parameter would have: a number that is no safe integer is a
 * DOUBLE, a `Date` is a TIMESTAMP in UTC.
 * @throws EverviewError `invalid-definition` for what has no literal: NaN, infinities, objects.
 */
export function formatLiteral(value: unknown): string {
  switch (typeof value) {
    case 'boolean':
      return String(value);
    case 'string':
      return quoteLiteral(value);
    case 'bigint':
      return value < 0n ? `(${value})` : String(value);
    case 'number':
      if (Number.isFinite(value)) return formatNumber(value);
      break;
    case 'object': {
      if (value === null) return 'NULL';
      if (value instanceof Uint8Array) return formatBytes(value);
      if (value instanceof Date && /^\d{4}-/.test(isoOf(value))) {
        return `TIMESTAMP '${isoOf(value).replace('T', ' ').replace('Z', '')}'`;
      }
      break;
    }
  }
  throw new EverviewError('invalid-definition', `${String(value)} cannot be written into a query`, {
    hint: 'parameters of a declared query are booleans, finite numbers, texts, dates, bytes or null',
  });
}

function formatNumber(value: number): string {
  const text = Number.isSafeInteger(value) || /e/.test(String(value)) ? String(value) : `${value}e0`;
  return value < 0 ? `(${text})` : text;
}

function isoOf(date: Date): string {
  return Number.isNaN(date.getTime()) ? '' : date.toISOString();
}

function formatBytes(bytes: Uint8Array): string {
  return `'${[...bytes].map((byte) => `\\x${byte.toString(16).padStart(2, '0').toUpperCase()}`).join('')}'::BLOB`;
}

/**
 * A query with its parameters (`?` in order, or `$1`, `$2`, …) written into it.
 * @throws EverviewError `invalid-definition` when a parameter is missing or has no literal.
 */
export function inlineParameters(sql: string, parameters: readonly unknown[]): string {
  let text = '';
  let end = 0;
  let next = 0;
  for (const token of tokenize(sql)) {
    if (token.tokenType !== Parameter) continue;
    const index = token.image === '?' ? next++ : Number(token.image.slice(1)) - 1;
    if (!(index in parameters)) {
      throw new EverviewError('invalid-definition', `the query has no value for ${token.image}`);
    }
    text += sql.slice(end, token.startOffset) + formatLiteral(parameters[index]);
    end = token.startOffset + token.image.length;
  }
  return text + sql.slice(end);
}
