/** A place in a statement's text. Lines and columns count from 1, `offset` from 0 in UTF-16 units. */
export type TextPlace = {
  readonly line: number;
  readonly column: number;
  readonly offset: number;
  readonly length: number;
};

/**
 * Every failure a user can meet, with its category and what it means. The README's table is checked against this
 * one. Categories: `declaration` (the text or its options), `data` (an update's rows), `policy` (a promise that
 * cannot be kept now), `state` (the file, the engine's life), `engine` (a bug: please report it).
 */
export const errorTable = {
  'syntax-error': ['declaration', 'the text is not a statement Everview or DuckDB knows'],
  'unknown-option': ['declaration', 'a WITH option that this kind of object does not have'],
  'invalid-option': ['declaration', 'an option whose value is of the wrong kind, unit or range'],
  'unknown-column': ['declaration', 'a column that the relation does not have'],
  'unknown-relation': ['declaration', 'a name that is no table, view, training set or model'],
  'unknown-type': ['declaration', 'a column type that DuckDB does not know'],
  'duplicate-name': ['declaration', 'the name is taken; CREATE OR REPLACE replaces'],
  'wrong-kind': ['declaration', 'the statement does not apply to this kind of object'],
  'has-dependents': ['declaration', 'other objects are defined over this one; CASCADE takes them along'],
  'cyclic-definition': ['declaration', 'the definition would depend on itself'],
  'invalid-definition': ['declaration', 'the definition cannot mean anything as it stands'],
  'not-incremental': [
    'declaration',
    'refresh = incremental is strict, and this view can only be refreshed in full',
  ],
  'non-deterministic': [
    'declaration',
    'a function whose answer changes from call to call cannot be in a kept view',
  ],
  unsupported: ['declaration', 'known, and not offered (yet)'],
  'invalid-query': ['declaration', 'DuckDB refused the query'],
  'constraint-violation': ['data', 'rows break a declared constraint and on_violation is reject'],
  'replayed-batch': ['data', 'the very rows of an earlier insert came again, and on_replay is reject'],
  'suspect-update': [
    'data',
    'the update is not as usual, to a degree that blocks it, and on_finding is reject',
  ],
  'invalid-row': ['data', 'a row does not fit the table: unknown column, missing value or wrong type'],
  'schema-mismatch': [
    'data',
    'columns of a file, of rows or of Arrow data are missing, or go by other names; nothing was taken',
  ],
  'file-error': ['data', 'a file could not be read or written whole; nothing of it was taken, or left'],
  'duplicate-source-row': ['data', 'one statement would change the same row twice'],
  'staleness-exceeded': ['policy', 'on_stale_read is fail and the view is staler than declared'],
  'unknown-incident': ['declaration', 'a number that no incident has'],
  'not-held': ['policy', 'the update does not wait for a decision'],
  'incident-state': ['policy', 'the incident is resolved, and nothing more can be done about it'],
  'no-model-version': ['policy', 'no version of the model was promoted, so none may answer'],
  'predictions-paused': [
    'policy',
    'an incident of a table that the model learns from, or of how it does, is open, and pause_on has its predictions refused',
  ],
  'not-promotable': [
    'policy',
    'the version of the model failed its gate, is of another definition, or learned from rows that are gone, so it may not answer',
  ],
  'history-expired': ['policy', 'the version is older than the history horizon'],
  'not-enough-rows': ['policy', 'the training set holds too few rows for a fit, or its rows determine none'],
  'database-locked': ['state', 'the file is open already, in this process or another one'],
  'not-a-database': ['state', 'the file is no Everview database, or from a newer release'],
  closed: ['state', 'the engine was closed'],
  'transaction-state': ['state', 'BEGIN inside an update, or COMMIT outside one'],
  'store-failure': ['state', 'the store refused a statement (disk full, out of memory, input/output)'],
  'invalid-experiment': [
    'declaration',
    'an experiment of the laboratory that cannot be run as it is written; the message says where',
  ],
  'worker-lost': ['state', 'a process of the laboratory ended before its replay did; what was done is kept'],
  'not-delivered': ['state', 'a notice of an incident was not taken where it went; it is tried again'],
  usage: ['state', 'the command line cannot be understood'],
  internal: ['engine', 'a bug in Everview'],
} as const satisfies Record<string, readonly [category: string, meaning: string]>;

export type ErrorCode = keyof typeof errorTable;

export type ErrorDetails = {
  /** What to do about it. */
  readonly hint?: string | undefined;
  readonly at?: TextPlace | undefined;
  readonly cause?: unknown;
  /** Facts for programs: the object, the constraint, the rows. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
};

export class EverviewError extends Error {
  override readonly name = 'EverviewError';
  readonly code: ErrorCode;
  readonly hint: string | undefined;
  readonly at: TextPlace | undefined;
  readonly data: Readonly<Record<string, unknown>> | undefined;

  /** @param message lower case; names the object and what happened to it. */
  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.code = code;
    this.hint = details.hint;
    this.at = details.at;
    this.data = details.data;
  }
}

/** The place of `offset` in `text`. */
export function placeIn(text: string, offset: number, length = 1): TextPlace {
  const before = text.slice(0, offset);
  const lastBreak = before.lastIndexOf('\n');
  return { line: before.split('\n').length, column: offset - lastBreak, offset, length };
}
