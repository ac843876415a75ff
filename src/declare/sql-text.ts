import { type IToken, type TokenType, tokenMatcher } from 'chevrotain';
import { EverviewError } from '../core/errors.ts';
import { kw, LeftParen, tokenize } from './statement-lexer.ts';

const closers: ReadonlyMap<string, string> = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
]);

function invalid(what: string, problem: string): EverviewError {
  return new EverviewError('invalid-definition', `${what} ${problem}`);
}

/** The tokens outside all brackets. @throws EverviewError `invalid-definition` when brackets do not pair. */
function outerTokens(what: string, tokens: readonly IToken[]): IToken[] {
  const open: string[] = [];
  const outer: IToken[] = [];
  for (const token of tokens) {
    const closer = closers.get(token.image);
    if (open.length === 0) outer.push(token);
    if (closer !== undefined) open.push(closer);
    else if (/^[)\]}]$/.test(token.image) && open.pop() !== token.image)
      throw invalid(what, `has a stray ${token.image}`);
  }
  if (open.length > 0) throw invalid(what, `lacks a ${open.at(-1)}`);
  return outer;
}

function check(what: string, text: string): { text: string; outer: readonly IToken[] } {
  const tokens = tokenize(text);
  const first = tokens[0];
  const last = tokens.at(-1);
  if (first === undefined || last === undefined) throw invalid(what, 'is empty');
  if (tokens.some((token) => token.image === ';')) throw invalid(what, 'holds a ";"');
  const outer = outerTokens(what, tokens);
  return { text: text.slice(first.startOffset, last.startOffset + last.image.length), outer };
}

const columnWords = (
  ['NOT', 'NULL', 'DEFAULT', 'CHECK', 'UNIQUE', 'PRIMARY', 'REFERENCES', 'CONSTRAINT'] as const
).map(kw);

function isAny(token: IToken, types: readonly TokenType[]): boolean {
  return types.some((type) => tokenMatcher(token, type));
}

/** An expression's text without the comments and space around it. */
export function expressionText(what: string, text: string): string {
  return check(what, text).text;
}

/** As `expressionText`; in brackets when it could be taken for what follows a DEFAULT. */
export function defaultText(what: string, text: string): string {
  const { text: clean, outer } = check(what, text);
  const ambiguous = outer.slice(1).some((token) => token.image === ',' || isAny(token, columnWords));
  return ambiguous || outer[0]?.image === ',' ? `(${clean})` : clean;
}

/** As `expressionText`, for the type of a column. */
export function typeText(what: string, text: string): string {
  const { text: clean, outer } = check(what, text);
  if (outer.some((token) => token.image === ',' || isAny(token, columnWords)))
    throw invalid(what, 'is not one type');
  return clean;
}

/** As `expressionText`, for a SELECT. */
export function queryText(what: string, text: string): string {
  const { text: clean, outer } = check(what, text);
  const [first] = outer;
  const starts = [kw('SELECT'), kw('WITH'), kw('FROM'), kw('VALUES'), LeftParen];
  if (first === undefined || !isAny(first, starts)) throw invalid(what, 'is not a SELECT');
  return clean;
}
