import type { IParserErrorMessageProvider, IToken, TokenType } from 'chevrotain';
import { distance } from 'fastest-levenshtein';
import { EverviewError, placeIn, type TextPlace } from '../core/errors.ts';
import { keywords, placeOf } from './statement-lexer.ts';

/** What went wrong, as the grammar reports it through Chevrotain's only channel, the message. */
type Mismatch = { readonly expected: readonly string[] };

function mismatch(expected: readonly TokenType[]): string {
  const labels = expected.map((type) => type.LABEL ?? type.name);
  return JSON.stringify({ expected: [...new Set(labels)] } satisfies Mismatch);
}

export const mismatchMessages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected }) => mismatch([expected]),
  buildNotAllInputParsedMessage: () => mismatch([]),
  buildNoViableAltMessage: ({ expectedPathsPerAlt }) =>
    mismatch(expectedPathsPerAlt.flat().flatMap((path) => path.slice(0, 1))),
  buildEarlyExitMessage: ({ expectedIterationPaths }) =>
    mismatch(expectedIterationPaths.flatMap((path) => path.slice(0, 1))),
};

/** `A, B or C`. */
export function alternatives(words: readonly string[]): string {
  return words.length < 2 ? words.join('') : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;
}

/** The keyword a word was probably meant to be; stricter than for names, as any name may stand where words do. */
export function mistypedKeyword(word: string, among: readonly string[]): string | null {
  const typed = word.toUpperCase();
  if (!/^\w{2,}$/.test(typed)) return null;
  const limit = Math.max(1, Math.floor(typed.length / 3));
  const ranked = among
    .map((keyword) => ({ keyword, edits: isTransposed(typed, keyword) ? 1 : distance(typed, keyword) }))
    .filter(({ edits }) => edits > 0 && edits <= limit)
    .sort((a, b) => a.edits - b.edits);
  return ranked[0]?.keyword ?? null;
}

/** Two letters that stand beside each other are exchanged. */
function isTransposed(typed: string, keyword: string): boolean {
  if (typed.length !== keyword.length) return false;
  const at = [...typed].findIndex((letter, index) => letter !== keyword[index]);
  const exchanged = `${typed.slice(0, at)}${typed.slice(at + 1, at + 2)}${typed.slice(at, at + 1)}${typed.slice(at + 2)}`;
  return at >= 0 && exchanged === keyword;
}

/**
 * The error for a token where something else was expected.
 * @param found null at the end of the text.
 */
export function unexpectedToken(
  text: string,
  found: IToken | null,
  expected: readonly string[],
  hint?: string,
): EverviewError {
  if (expected.length === 0 && found !== null && text.slice(0, found.startOffset).trimEnd().endsWith(';'))
    return secondStatement(placeOf(text, found));
  const wanted = expected.length === 0 ? null : `expected ${alternatives(expected)}`;
  const at = found === null ? endOf(text) : placeOf(text, found);
  const shown = found === null ? 'the statement ends here' : `found ${shorten(found.image)}`;
  const message =
    wanted === null
      ? `the statement should end before ${shorten(found?.image ?? '')}`
      : `${wanted}, ${shown}`;
  return new EverviewError('syntax-error', message, { at, hint: hint ?? keywordHint(found, expected) });
}

/** @param at of its first word */
export function secondStatement(at: TextPlace): EverviewError {
  return new EverviewError('syntax-error', 'a second statement starts after the ;', {
    at,
    hint: 'give one statement at a time; sql() runs several',
  });
}

function keywordHint(found: IToken | null, expected: readonly string[]): string | undefined {
  if (found === null || found.tokenType.name !== 'Identifier') return undefined;
  const meant = mistypedKeyword(found.image, expected.length === 0 ? keywords : expected);
  return meant === null ? undefined : `did you mean ${meant}?`;
}

function endOf(text: string): TextPlace {
  const end = text.trimEnd().length;
  return placeIn(text, Math.max(0, end - 1), Math.min(1, end));
}

function shorten(image: string): string {
  return image.length > 40 ? `${image.slice(0, 37)}…` : image;
}

/** The labels the grammar expected, out of a parser error's message. */
export function expectedLabels(message: string): readonly string[] {
  const parsed: unknown = JSON.parse(message);
  if (typeof parsed !== 'object' || parsed === null || !('expected' in parsed)) return [];
  return Array.isArray(parsed.expected) ? parsed.expected.filter((label) => typeof label === 'string') : [];
}
