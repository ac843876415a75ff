import { createToken, type IToken, Lexer, type TokenType } from 'chevrotain';
import { EverviewError, placeIn, type TextPlace } from '../core/errors.ts';
import {
  endOfBlockComment,
  endOfDollarString,
  endOfEscapeString,
  endOfQuoted,
  sqlForms,
  startsEscapeString,
} from './sql-lexical.ts';

/** Matches every token but the end mark: what fragments of SQL consist of. */
export const Piece = createToken({ name: 'Piece', label: 'an expression', pattern: Lexer.NA });
/** What may stand for a name: identifiers, quoted ones, and the words of the grammar that are not reserved. */
export const Name = createToken({ name: 'Name', label: 'a name', pattern: Lexer.NA });
/** As `Name`, reserved words too: options may be called anything. */
export const OptionName = createToken({ name: 'OptionName', label: 'an option', pattern: Lexer.NA });

/** Words that cannot be a name unless quoted. */
const reservedWords = [
  ...['AS', 'CHECK', 'CONSTRAINT', 'CREATE', 'DEFAULT', 'DO', 'FOR', 'FOREIGN', 'FROM', 'INTO', 'NOT'],
  ...['NULL', 'ON', 'PRIMARY', 'REFERENCES', 'SELECT', 'SET', 'TABLE', 'UNIQUE', 'USING', 'WHERE'],
  ...['WITH'],
] as const;

const freeWords = [
  ...[
    'ACCEPT',
    'ACKNOWLEDGE',
    'APPROVE',
    'REJECT',
    'BECAUSE',
    'HOLD',
    'INCIDENT',
    'INCIDENTS',
    'PROMOTE',
    'RESOLVE',
  ],
  ...[
    'ALTER',
    'BEGIN',
    'BY',
    'CASCADE',
    'COMMIT',
    'COMPARE',
    'CONFLICT',
    'COPY',
    'CORRECT',
    'DELETE',
    'DESC',
  ],
  ...[
    'DESCRIBE',
    'DISTINCT',
    'DRILL',
    'DROP',
    'EXCLUDE',
    'EXISTS',
    'EXPLAIN',
    'EXPORT',
    'FULL',
    'IF',
    'IGNORE',
  ],
  ...[
    'INCREMENTAL',
    'INSERT',
    'KEY',
    'MATCH',
    'MATERIALIZED',
    'MODEL',
    'MODELS',
    'NAME',
    'NOTHING',
    'OF',
    'OR',
  ],
  ...[
    'PER',
    'PERFORMANCE',
    'PROFILE',
    'QUARANTINE',
    'RATE',
    'REFRESH',
    'REGRET',
    'RELEASE',
    'REPLACE',
    'RETURNING',
    'ROLLBACK',
    'SHOW',
    'STALENESS',
  ],
  ...[
    'TABLES',
    'TO',
    'TOLERANCE',
    'TRAINING',
    'TRANSACTION',
    'UPDATE',
    'VALIDATE',
    'VALUES',
    'VERSION',
    'VIEW',
    'VIEWS',
  ],
  ...['WEIGHTS', 'WORK'],
] as const;

export type Keyword = (typeof reservedWords)[number] | (typeof freeWords)[number];

export const keywords: readonly Keyword[] = [...reservedWords, ...freeWords];

const plain = (form: RegExp) => new RegExp(form.source);

/** What stands from `offset` to where `endOf` says, as Chevrotain takes it. */
function upTo(text: string, offset: number, end: number | null): [string] | null {
  return end === null ? null : [text.slice(offset, end)];
}

export const Identifier = createToken({
  name: 'Identifier',
  pattern: plain(sqlForms.word),
  categories: [Name, OptionName, Piece],
});
export const QuotedIdentifier = createToken({
  name: 'QuotedIdentifier',
  pattern: (text, offset) =>
    text[offset] === '"' ? upTo(text, offset, endOfQuoted(text, offset, '"')) : null,
  start_chars_hint: ['"'],
  categories: [Name, OptionName, Piece],
  line_breaks: true,
});
export const StringLiteral = createToken({
  name: 'StringLiteral',
  label: 'a text in single quotes',
  pattern: (text, offset) =>
    text[offset] === "'" ? upTo(text, offset, endOfQuoted(text, offset, "'")) : null,
  start_chars_hint: ["'"],
  categories: [Piece],
  line_breaks: true,
});

function keywordToken(word: Keyword, reserved: boolean): TokenType {
  return createToken({
    name: word,
    label: word,
    pattern: new RegExp(word, 'i'),
    longer_alt: Identifier,
    categories: reserved ? [OptionName, Piece] : [Name, OptionName, Piece],
  });
}

const keywordTokens = new Map<Keyword, TokenType>([
  ...reservedWords.map((word) => [word, keywordToken(word, true)] as const),
  ...freeWords.map((word) => [word, keywordToken(word, false)] as const),
]);

/** The token type of a word of the grammar. */
export function kw(word: Keyword): TokenType {
  const type = keywordTokens.get(word);
  if (type === undefined) throw new EverviewError('internal', `no token for the word ${word}`);
  return type;
}

function mark(name: string, pattern: RegExp): TokenType {
  return createToken({ name, label: `"${name}"`, pattern, categories: [Piece] });
}

export const LeftParen = mark('(', /\(/);
export const RightParen = mark(')', /\)/);
export const Comma = mark(',', /,/);
export const Dot = mark('.', /\./);
export const Star = mark('*', /\*/);
export const Equals = mark('=', /=/);
export const Semicolon = createToken({ name: ';', label: '";"', pattern: /;/ });
/** `$1`, `$name` or `?`. */
export const Parameter = createToken({ name: 'Parameter', pattern: /\$\w+|\?/, categories: [Piece] });
const Unterminated = createToken({ name: 'Unterminated', pattern: /'|"|\/\*/, categories: [Piece] });

const WhiteSpace = createToken({
  name: 'WhiteSpace',
  pattern: plain(sqlForms.space),
  group: Lexer.SKIPPED,
  line_breaks: true,
});
const LineComment = createToken({
  name: 'LineComment',
  pattern: plain(sqlForms.lineComment),
  group: Lexer.SKIPPED,
});
const BlockComment = createToken({
  name: 'BlockComment',
  pattern: (text, offset) => {
    return text.startsWith('/*', offset) ? upTo(text, offset, endOfBlockComment(text, offset)) : null;
  },
  start_chars_hint: ['/'],
  group: Lexer.SKIPPED,
  line_breaks: true,
});
export const NumberLiteral = createToken({
  name: 'Number',
  label: 'a number',
  pattern: plain(sqlForms.number),
  categories: [Piece],
});
const EscapeString = createToken({
  name: 'EscapeString',
  pattern: (text, offset) =>
    startsEscapeString(text, offset) ? upTo(text, offset, endOfEscapeString(text, offset)) : null,
  start_chars_hint: ['e', 'E'],
  categories: [Piece],
  line_breaks: true,
});
const DollarString = createToken({
  name: 'DollarString',
  pattern: (text, offset) => {
    const end = endOfDollarString(text, offset);
    return upTo(text, offset, typeof end === 'number' ? end : null);
  },
  start_chars_hint: ['$'],
  categories: [Piece],
  line_breaks: true,
});

/** In order of preference. */
export const allTokens: readonly TokenType[] = [
  WhiteSpace,
  LineComment,
  BlockComment,
  EscapeString,
  StringLiteral,
  DollarString,
  QuotedIdentifier,
  // A word that begins another one (NOT, NOTHING) must come after it.
  ...[...keywordTokens.values()].sort((a, b) => b.name.length - a.name.length),
  Identifier,
  NumberLiteral,
  Parameter,
  mark('=>', /=>/),
  mark('::', /::/),
  mark('comparison', /<=|>=|<>|!=/),
  LeftParen,
  RightParen,
  mark('[', /\[/),
  mark(']', /\]/),
  mark('{', /\{/),
  mark('}', /\}/),
  Comma,
  Dot,
  Star,
  Equals,
  Semicolon,
  Unterminated,
  // Written as a range: Chevrotain takes the first characters of [\s\S] to be the spaces only.
  createToken({ name: 'Operator', pattern: /[!-\uffff]/, categories: [Piece], line_breaks: false }),
  ...[Name, OptionName, Piece],
];

const lexer = new Lexer([...allTokens], {
  positionTracking: 'onlyOffset',
  lineTerminatorsPattern: /\n/g,
  lineTerminatorCharacters: ['\n'],
});

/**
 * DuckDB takes a text up to the first NUL, and so another statement than was given.
 * @throws EverviewError `syntax-error`
 */
export function assertNoNul(text: string): void {
  const offset = text.indexOf('\0');
  if (offset < 0) return;
  throw new EverviewError('syntax-error', 'a NUL character stands here', {
    at: placeIn(text, offset, 1),
    hint: 'remove it; chr(0) makes one, and rows and parameters may hold it',
  });
}

/**
 * The tokens of a text, comments and space left out. Every character belongs to some token.
 * @throws EverviewError `syntax-error` for a string, a quoted name or a comment that is never closed, and for control
 * characters.
 */
export function tokenize(text: string): IToken[] {
  assertNoNul(text);
  const { tokens, errors } = lexer.tokenize(text);
  const [control] = errors;
  if (control !== undefined) {
    const at = placeIn(text, control.offset, control.length);
    throw new EverviewError('syntax-error', 'a control character stands here', { at, hint: 'remove it' });
  }
  const open = tokens.find((token) => token.tokenType === Unterminated);
  if (open === undefined) return tokens;
  const [what, close] =
    open.image === '/*' ? ['comment', '*/'] : open.image === '"' ? ['quoted name', '"'] : ['text', "'"];
  throw new EverviewError('syntax-error', `the ${what} that starts here is never closed`, {
    at: placeIn(text, open.startOffset, open.image.length),
    hint: `close it with ${close}`,
  });
}

/** Where a token stands in its text. */
export function placeOf(text: string, token: IToken): TextPlace {
  return placeIn(text, token.startOffset, token.image.length);
}
