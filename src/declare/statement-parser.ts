import { EverviewError, placeIn, type TextPlace } from '../core/errors.ts';
import { define } from './define.ts';
import { nextPiece } from './sql-lexical.ts';
import type { Statement, StatementBody } from './statement.ts';
import { StatementGrammar } from './statement-grammar.ts';
import { kw, tokenize } from './statement-lexer.ts';
import { mistypedKeyword } from './syntax-error.ts';

/** What a statement can start with, as errors list it. */
export const statementForms: readonly string[] = [
  'CREATE TABLE | VIEW | MATERIALIZED VIEW | TRAINING SET | MODEL',
  'ALTER',
  'DROP',
  'DESCRIBE',
  'SHOW TABLES | VIEWS | MODELS | STALENESS',
  'REFRESH',
  'EXPLAIN REFRESH',
  'INSERT',
  'UPDATE',
  'DELETE',
  'COPY … FROM',
  'BEGIN',
  'COMMIT',
  'ROLLBACK',
  'RELEASE | CORRECT | DROP QUARANTINE FOR',
  'SELECT',
];

const firstWords = [
  ...[
    'ALTER',
    'BEGIN',
    'COMMIT',
    'COPY',
    'CORRECT',
    'CREATE',
    'DELETE',
    'DESC',
    'DESCRIBE',
    'DROP',
    'EXPLAIN',
  ],
  ...['INSERT', 'REFRESH', 'RELEASE', 'ROLLBACK', 'SHOW', 'UPDATE'],
] as const;

const queryWords = ['SELECT', 'WITH', 'FROM', 'VALUES'] as const;

/** DuckDB's statements that would go round the engine, or that it has no use for. */
const refusedWords = new Set([
  ...[
    'ANALYZE',
    'ATTACH',
    'CALL',
    'CHECKPOINT',
    'COMMENT',
    'DEALLOCATE',
    'DETACH',
    'EXECUTE',
    'EXPORT',
    'FORCE',
  ],
  ...[
    'GRANT',
    'IMPORT',
    'INSTALL',
    'LOAD',
    'MERGE',
    'PIVOT',
    'PRAGMA',
    'PREPARE',
    'RESET',
    'SET',
    'SUMMARIZE',
  ],
  ...['TRUNCATE', 'UNPIVOT', 'USE', 'VACUUM', 'START', 'END', 'ABORT'],
]);

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
  const word = firstWord(text);
  if (word === 'query') return parseQuery(text);
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
  const range = statementRange(text);
  const [first] = range === null ? [] : tokenize(text.slice(range.start, nextPiece(text, range.start).end));
  if (range === null || first === undefined) {
    throw new EverviewError('syntax-error', 'there is no statement here', { hint: statementHint });
  }
  const word = first.image.toUpperCase();
  if (first.image === '(' || queryWords.some((query) => first.tokenType === kw(query))) return 'query';
  if (firstWords.some((known) => first.tokenType === kw(known))) return 'own';
  const at = placeIn(text, range.start, first.image.length);
  if (refusedWords.has(word)) {
    throw new EverviewError('unsupported', `${word} is not offered`, { at, hint: statementHint });
  }
  const nearest = mistypedKeyword(word, [...firstWords, ...queryWords]);
  throw new EverviewError('syntax-error', `no statement starts with ${first.image.slice(0, 40)}`, {
    at,
    hint: nearest === null ? statementHint : `did you mean ${nearest}? ${statementHint}`,
  });
}

/** From the first token to the last that is no `;`; null when there is none. */
function statementRange(text: string): { readonly start: number; readonly end: number } | null {
  let start: number | null = null;
  let end = 0;
  for (let offset = 0; offset < text.length; ) {
    const piece = nextPiece(text, offset);
    if (piece.kind === 'text' || piece.kind === 'open') {
      start ??= offset;
      end = piece.end;
    }
    offset = piece.end;
  }
  return start === null ? null : { start, end };
}

function parseQuery(text: string): StatementBody {
  const range = statementRange(text) ?? { start: 0, end: text.length };
  let offset = range.start;
  while (offset < range.end) {
    const piece = nextPiece(text, offset);
    if (piece.kind === 'open') tokenize(text);
    if (piece.kind === 'semicolon') {
      throw new EverviewError('syntax-error', 'a second statement starts after the ;', {
        at: placeIn(text, offset),
        hint: 'give one statement at a time',
      });
    }
    offset = piece.end;
  }
  const at = placeIn(text, range.start, range.end - range.start);
  return { kind: 'query', query: { text: text.slice(range.start, range.end), at } };
}

const statementHint = `statements: ${statementForms.join('; ')}`;
