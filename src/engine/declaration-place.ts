import { type EverviewError, placeIn, type TextPlace } from '../core/errors.ts';
import type { SqlFragment, Statement } from '../declare/statement.ts';

/**
 * Where in a CREATE or ALTER statement a failure belongs that was found without its text: at the option or the piece that
 * names what is wrong. Null: nothing in the statement names it.
 */
export function declarationPlace(
  failure: EverviewError,
  statement: Extract<Statement, { kind: 'create' | 'alter' }>,
): TextPlace | null {
  const own = statement.name.name.toLowerCase();
  // The message quotes names from the general to the particular: the last is the one that is wrong.
  const named = [...failure.message.matchAll(/"([^"]+)"/g)]
    .map((match) => String(match[1]))
    .filter((name) => name.toLowerCase() !== own)
    .reverse();
  const mentioned = statement.options.find(({ name }) =>
    new RegExp(`\\b${name.name.replaceAll('_', '[_ ]')}\\b`, 'i').test(failure.message),
  );
  for (const name of named) {
    for (const { value } of mentioned === undefined ? [] : [mentioned]) {
      const place = placeOfName(value, name, statement.text);
      if (place !== null) return place;
    }
    for (const { value } of statement.options) {
      const place = placeOfName(value, name, statement.text);
      if (place !== null) return place;
    }
  }
  if (mentioned !== undefined) return mentioned.name.at;
  const behindName = statement.name.at.offset + statement.name.at.length;
  const body = { text: statement.text.slice(behindName), at: placeIn(statement.text, behindName) };
  const type = failure.code === 'unknown-type' ? /: (\S+)$/.exec(failure.message)?.[1] : undefined;
  for (const name of type === undefined ? named : [type]) {
    const place = placeOfName(body, name, statement.text);
    if (place !== null) return place;
  }
  return placeOfCheck(failure.message, statement.text);
}

/** Where the text has the CHECK that a message quotes as `CHECK (expression)`. */
function placeOfCheck(message: string, text: string): TextPlace | null {
  const expression = /^CHECK \(([\s\S]+)\) of "/.exec(message)?.[1];
  const offset = expression === undefined ? -1 : text.indexOf(expression);
  return expression === undefined || offset < 0 ? null : placeIn(text, offset, expression.length);
}

/** Where a fragment has `name` as a whole word, or in quotes. */
function placeOfName(fragment: SqlFragment, name: string, text: string): TextPlace | null {
  const escaped = name.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const found = new RegExp(`(?<![\\p{L}\\p{N}_])${escaped}(?![\\p{L}\\p{N}_])`, 'iu').exec(fragment.text);
  return found === null ? null : placeIn(text, fragment.at.offset + found.index, name.length);
}
