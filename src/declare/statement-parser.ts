import type { IToken } from 'chevrotain';
import { EverviewError, placeIn, type TextPlace } from '../core/errors.ts';
import { define } from './define.ts';
import { policyOffset } from './policy-offset.ts';
import { declaredPolicy, readQueryPolicy } from './query-policy.ts';
import { nextPiece } from './sql-lexical.ts';
import type { QueryStatement, SqlFragment, Statement, StatementBody } from './statement.ts';
import { openingWords } from './statement-forms.ts';
import { StatementGrammar } from './statement-grammar.ts';
import { assertNoNul, kw, tokenize } from './statement-lexer.ts';
import { mistypedKeyword, secondStatement } from './syntax-error.ts';

const queryWords = ['SELECT', 'WITH', 'FROM', 'VALUES'] as const;

const ownWords: ReadonlySet<string> = new Set(['DESC', ...openingWords()]);

/** DuckDB's statements that would go round the engine, or that it has no use for. */
const refusedWords = new Set(
  `ABORT ANALYZE ATTACH CALL CHECKPOINT COMMENT DEALLOCATE DETACH END EXECUTE FORCE GRANT IMPORT INSTALL LOAD
  MERGE PIVOT PRAGMA PREPARE RESET SET START SUMMARIZE TRUNCATE UNPIVOT USE VACUUM`.split(/\s+/),
);

/** What does the same, where something does. */
const insteadOf: Partial<Record<string, string>> = {
  MERGE: 'INSERT … ON CONFLICT adds rows or changes those that are there',
  TRUNCATE: 'DELETE FROM t takes all rows away',
  SET: 'options of an object change by ALTER … SET (option = value)',
  SUMMARIZE: 'PROFILE t tells what the columns of a profiled table are like',
};

// Building the grammar takes some milliseconds. It holds nothing between two calls: each sets its own input.
const grammar = new StatementGrammar();

/**
 * Reads one statement; a final `;` may stay.
 * @param at where it stands in its script; the places in the result and in errors are relative to `text` itself.
 * @throws EverviewError of category `declaration`, with the place.
 */
export function parseStatement(text: string, at: TextPlace = placeIn(text, 0, text.length)): Statement {
  return { text, at, ...parseBody(text) };
}

function parseBody(text: string): StatementBody {
  assertNoNul(text);
  const word = firstWord(text);
  if (word === 'query') return { kind: 'query', ...parseQuery(text, firstOffset(text) ?? 0) };
  const explained = explainedQueryOffset(text);
  if (explained !== null) return { kind: 'explain-query', ...parseQuery(text, explained) };
  const syntax = grammar.parse(text);
  if (syntax.kind !== 'create') return syntax;
  const { draft, ...rest } = syntax;
  if (rest.orReplace && rest.ifNotExists) {
    throw new EverviewError('syntax-error', 'OR REPLACE and IF NOT EXISTS exclude each other', {
      at: rest.name.at,
    });
  }
  return { ...rest, definition: define(draft) };
}

/** Decides by the first token alone, so that DuckDB's parser is the only judge of queries. */
function firstWord(text: string): 'query' | 'own' {
  const start = firstOffset(text);
  const [first] = start === null ? [] : tokenize(text.slice(start, nextPiece(text, start).end));
  if (start === null || first === undefined) {
    throw new EverviewError('syntax-error', 'there is no statement here', { hint: statementHint });
  }
  const word = first.image.toUpperCase();
  if (startsQuery(first)) return 'query';
  if (ownWords.has(word)) return 'own';
  const at = placeIn(text, start, first.image.length);
  if (refusedWords.has(word)) {
    const hint = insteadOf[word] ?? statementHint;
    throw new EverviewError('unsupported', `${word} is not offered`, { at, hint });
  }
  const nearest = mistypedKeyword(word, [...ownWords, ...queryWords]);
  throw new EverviewError('syntax-error', `no statement starts with ${first.image.slice(0, 40)}`, {
    at,
    hint: nearest === null ? statementHint : `did you mean ${nearest}? ${statementHint}`,
  });
}

function startsQuery(token: IToken): boolean {
  return token.image === '(' || queryWords.some((query) => token.tokenType === kw(query));
}

/** Where the query after EXPLAIN starts; null when this is no EXPLAIN of a query. */
function explainedQueryOffset(text: string): number | null {
  const start = firstOffset(text);
  if (start === null) return null;
  const { end } = nextPiece(text, start);
  const next = /^explain$/i.test(text.slice(start, end)) ? firstOffset(text, end) : null;
  if (next === null) return null;
  const [token] = tokenize(text.slice(next, nextPiece(text, next).end));
  return token !== undefined && startsQuery(token) ? next : null;
}

/** Where the first token from `from` on starts; null when there is none. */
function firstOffset(text: string, from = 0): number | null {
  for (let offset = from; offset < text.length; ) {
    const { kind, end } = nextPiece(text, offset);
    if (kind === 'text' || kind === 'open') return offset;
    offset = end;
  }
  return null;
}

/** From the token at `start` to the last that is no `;`, with the policy that ends it taken off. */
function parseQuery(text: string, start: number): Pick<QueryStatement, 'query' | 'policy'> {
  const end = queryEnd(text, start);
  const whole = text.slice(0, end);
  const found = policyOffset(text.slice(start, end));
  if (found === null) return { query: fragmentOf(text, start, end), policy: declaredPolicy };
  const policy = readQueryPolicy(grammar.parseQueryOptions(whole, start + found));
  return { query: fragmentOf(text, start, queryEnd(text.slice(0, start + found), start)), policy };
}

function fragmentOf(text: string, start: number, end: number): SqlFragment {
  return { text: text.slice(start, end), at: placeIn(text, start, end - start) };
}

function queryEnd(text: string, start: number): number {
  let end = start;
  let semicolon: number | null = null;
  for (let offset = start; offset < text.length; ) {
    const piece = nextPiece(text, offset);
    // The lexer knows what is open, and says so.
    if (piece.kind === 'open') tokenize(text);
    if (piece.kind === 'semicolon') semicolon ??= offset;
    if (piece.kind === 'text' && semicolon !== null) {
      throw secondStatement(placeIn(text, offset, piece.end - offset));
    }
    if (piece.kind === 'text') end = piece.end;
    offset = piece.end;
  }
  return end;
}

const statementHint = `statements: ${openingWords().join(', ')}`;
