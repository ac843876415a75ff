import { EmbeddedActionsParser, EOF, type IToken, type TokenType, tokenMatcher } from 'chevrotain';
import { EverviewError, placeIn, type TextPlace } from '../core/errors.ts';
import type { Assignment, Name as PlacedName, RawOption, SqlFragment } from './statement.ts';
import {
  allTokens,
  Comma,
  Equals,
  kw,
  LeftParen,
  Name,
  OptionName,
  Piece,
  placeOf,
  QuotedIdentifier,
  RightParen,
  StringLiteral,
  tokenize,
} from './statement-lexer.ts';
import { mismatchMessages, unexpectedToken } from './syntax-error.ts';

/** Says whether a fragment of SQL ends before `next`; `after` follows it, `previous` is before it. */
export type Stop = (next: IToken, after: IToken, previous: IToken | null) => boolean;

const closers: ReadonlyMap<string, string> = new Map([
  ['(', ')'],
  ['[', ']'],
  ['{', '}'],
]);

/** At one of the words, or a comma. */
export function stopAt(...types: readonly TokenType[]): Stop {
  return (next) => types.some((type) => tokenMatcher(next, type));
}

/** `WITH (`: the options that end an update. A CTE has a name there and a type has TIME. */
export const atUpdateOptions: Stop = (next, after) =>
  tokenMatcher(next, kw('WITH')) && tokenMatcher(after, LeftParen);

/** `FROM` as a clause; after DISTINCT it is the comparison. */
export const atFrom: Stop = (next, _after, previous) =>
  tokenMatcher(next, kw('FROM')) && !(previous !== null && tokenMatcher(previous, kw('DISTINCT')));

export function anyOf(...stops: readonly Stop[]): Stop {
  return (next, after, previous) => stops.some((stop) => stop(next, after, previous));
}

const nowhere: Stop = () => false;

/** Names, fragments and lists: the parts all statements are made of. */
export class GrammarBase extends EmbeddedActionsParser {
  protected source = '';

  constructor() {
    super([...allTokens], { errorMessageProvider: mismatchMessages, maxLookahead: 2 });
  }

  /** Makes `text` the input, from `offset` on. */
  protected load(text: string, offset = 0): void {
    this.source = text;
    const tokens = tokenize(text);
    this.input = offset === 0 ? tokens : tokens.filter((token) => token.startOffset >= offset);
  }

  protected is(type: TokenType, ahead = 1): boolean {
    return tokenMatcher(this.LA(ahead), type);
  }

  protected placeOf(token: IToken): TextPlace {
    return placeOf(this.source, token);
  }

  protected slice(first: IToken, last: IToken): SqlFragment {
    const end = last.startOffset + last.image.length;
    return {
      text: this.source.slice(first.startOffset, end),
      at: placeIn(this.source, first.startOffset, end - first.startOffset),
    };
  }

  /** A syntax error at the next token. */
  protected unexpected(expected: readonly string[], hint?: string): EverviewError {
    const next = this.LA(1);
    return unexpectedToken(this.source, next.tokenType === EOF ? null : next, expected, hint);
  }

  protected toName(token: IToken): PlacedName {
    const quoted = token.tokenType === QuotedIdentifier;
    const name = quoted ? token.image.slice(1, -1).replaceAll('""', '"') : token.image;
    if (name === '') {
      throw new EverviewError('syntax-error', 'a name cannot be empty', { at: this.placeOf(token) });
    }
    return { name, at: this.placeOf(token) };
  }

  protected readonly name = this.RULE('name', (): PlacedName => {
    const token = this.CONSUME(Name);
    return this.ACTION(() => this.toName(token));
  });

  /** `'text'`, without its quotes. */
  protected readonly stringValue = this.RULE('stringValue', (): string => {
    const { image } = this.CONSUME(StringLiteral);
    return image.slice(1, -1).replaceAll("''", "'");
  });

  /** `(a, b)`; at least one name. */
  protected readonly nameList = this.RULE('nameList', (): PlacedName[] => {
    const names: PlacedName[] = [];
    this.CONSUME(LeftParen);
    this.AT_LEAST_ONE_SEP({
      SEP: Comma,
      DEF: () => {
        names.push(this.SUBRULE(this.name));
      },
    });
    this.CONSUME(RightParen);
    return names;
  });

  /**
   * SQL text up to where `stop` says, a closing bracket of an outer one, or the end. Brackets inside are balanced and
   * hide what they hold from `stop`. With `anyFirst` the first word is taken even where `stop` would end.
   */
  protected readonly fragment = this.RULE(
    'fragment',
    (what: string, stop: Stop, anyFirst = false): SqlFragment => {
      this.ACTION(() => {
        const ends = this.LA(1).tokenType === EOF || /^[,)\]};]$/.test(this.LA(1).image);
        if (ends || (!anyFirst && stop(this.LA(1), this.LA(2), null))) throw this.unexpected([what]);
      });
      const first = this.CONSUME(Piece);
      return this.ACTION(() => this.slice(first, this.takeBalanced(first, stop)));
    },
  );

  /** A whole SELECT, up to where `stop` says. */
  protected readonly select = this.RULE('select', (stop: Stop = nowhere): SqlFragment => {
    const first = this.OR([
      { ALT: () => this.CONSUME(kw('SELECT')) },
      { ALT: () => this.CONSUME(kw('WITH')) },
      { ALT: () => this.CONSUME(kw('FROM')) },
      { ALT: () => this.CONSUME(kw('VALUES')) },
      { ALT: () => this.CONSUME(LeftParen) },
    ]);
    return this.ACTION(() => this.slice(first, this.takeBalanced(first, stop)));
  });

  /** Takes the tokens that follow `first`; gives back the last. Not while the grammar is recorded. */
  private takeBalanced(first: IToken, stop: Stop): IToken {
    const open: IToken[] = [];
    for (let last = first; ; last = this.LA(0)) {
      if (closers.has(last.image)) open.push(last);
      else if (/^[)\]}]$/.test(last.image)) this.closeBracket(open, last);
      const next = this.LA(1);
      const ends = next.tokenType === EOF || next.image === ';';
      const opener = open.at(-1);
      if (ends && opener !== undefined) {
        throw new EverviewError('syntax-error', `the ${opener.image} that starts here is never closed`, {
          at: this.placeOf(opener),
          hint: `close it with ${closers.get(opener.image)}`,
        });
      }
      const atOuter = opener === undefined && (/^[)\]}]$/.test(next.image) || stop(next, this.LA(2), last));
      if (ends || atOuter) return last;
      this.SKIP_TOKEN();
    }
  }

  private closeBracket(open: IToken[], close: IToken): void {
    const opener = open.pop();
    if (opener !== undefined && closers.get(opener.image) === close.image) return;
    throw new EverviewError('syntax-error', `${close.image} closes nothing`, {
      at: this.placeOf(close),
      hint: opener === undefined ? undefined : `${opener.image} is closed with ${closers.get(opener.image)}`,
    });
  }

  /** `(expression)`, without the brackets. */
  protected readonly parenthesized = this.RULE('parenthesized', (): SqlFragment => {
    this.CONSUME(LeftParen);
    const inner = this.SUBRULE(this.fragment, { ARGS: ['an expression', nowhere] });
    this.CONSUME(RightParen);
    return inner;
  });

  /** `(name = value, …)`. */
  protected readonly options = this.RULE('options', (): RawOption[] => {
    const options: RawOption[] = [];
    this.CONSUME(LeftParen);
    this.AT_LEAST_ONE_SEP({
      SEP: Comma,
      DEF: () => {
        const token = this.CONSUME(OptionName);
        this.CONSUME(Equals);
        const value = this.SUBRULE(this.fragment, { ARGS: ['a value', stopAt(Comma)] });
        this.ACTION(() => options.push({ name: this.toName(token), value }));
      },
    });
    this.CONSUME(RightParen);
    return options;
  });

  /** `a = expression, …` up to where `stop` says. */
  protected readonly assignments = this.RULE('assignments', (stop: Stop): Assignment[] => {
    const assignments: Assignment[] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: Comma,
      DEF: () => {
        const column = this.SUBRULE(this.name);
        this.CONSUME(Equals);
        const value = this.SUBRULE(this.fragment, { ARGS: ['an expression', stop] });
        assignments.push({ column, value });
      },
    });
    return assignments;
  });
}
