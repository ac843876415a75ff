import { EverviewError } from '../core/errors.ts';

const queryFailures = [
  'Binder Error',
  'Catalog Error',
  'Parser Error',
  'Conversion Error',
  'Invalid Input Error',
  'Out of Range Error',
  'Not implemented Error',
  'Constraint Error',
  'Syntax Error',
];

const undecorrelated = 'Unsupported join type for flattening correlated subquery';

const wayRoundCte =
  'a kept view that is recursive stands for itself as a CTE while it lags, and in the past: REFRESH it first, or write the subquery as a join';

const unbounded = 'Invalid type for BETWEEN';

/** After one of these DuckDB answers nothing more. */
const lastFailures = ['INTERNAL Error', 'FATAL Error'];

/** DuckDB's message without its class, its stack and the echo of the (rewritten) statement. */
function plainMessage(message: string): string {
  const [told = message] = message
    .replace(/^[A-Z][A-Za-z ]+ Error: /, '')
    .split(/\n\s*\n?(?:LINE \d+:|Stack Trace:|Possible solutions:)/);
  return told.trim();
}

/** An EverviewError for what DuckDB threw; EverviewErrors pass through. */
export function storeFailure(cause: unknown): EverviewError {
  if (cause instanceof EverviewError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const data = { duckdb: message };
  if (message.includes(undecorrelated)) {
    const told =
      'DuckDB does not take a subquery tied to a row outside of it over a full, semi or anti join with a CTE in it';
    return new EverviewError('unsupported', told, { cause, data, hint: wayRoundCte });
  }
  if (message.includes(unbounded)) {
    const told =
      'DuckDB does not take a lower and an upper bound of lists, structs or maps by constants in one condition';
    return new EverviewError('unsupported', told, {
      cause,
      data,
      hint: 'write one of them as (a < b) IS TRUE',
    });
  }
  if (queryFailures.some((kind) => message.startsWith(kind))) {
    return new EverviewError('invalid-query', plainMessage(message), { cause, data });
  }
  if (isLock(message)) return lockedFailure(/file "([^"]+)"/.exec(message)?.[1] ?? 'the database', { cause });
  return new EverviewError('store-failure', plainMessage(message), { cause, data, hint: wayOutOf(message) });
}

/** For a result that was read in part when DuckDB failed. Its C interface tells that it did, and the binding not why. */
export function brokenOffFailure(): EverviewError {
  return new EverviewError('store-failure', 'DuckDB failed after part of the result, and does not say why', {
    hint: 'a value that a function or cast refuses, or too little memory: the same SELECT asked for whole says which',
  });
}

function wayOutOf(message: string): string {
  if (isCorrupt(message)) return fromCopy;
  if (message.startsWith(outOfMemory))
    return 'nothing of the statement was kept; open the database with a larger memoryLimit, or with fewer threads';
  return lastFailures.some((kind) => message.startsWith(kind))
    ? 'DuckDB failed inside and answers nothing more: close the database and open it again; nothing of the statement was kept'
    : 'nothing of the statement was kept; check disk space and memory, then try again';
}

const outOfMemory = 'Out of Memory Error';

const fromCopy = 'restore it from a copy, with the .wal that was beside that';

function isLock(message: string): boolean {
  return /could not set lock|already attached|being used by another process/i.test(message);
}

function isCorrupt(message: string): boolean {
  return /corrupt database/i.test(message);
}

/** Of a file that is opened: others that a query reads may be cut short, too. */
function isDamaged(message: string): boolean {
  return isCorrupt(message) || /could not read enough bytes/i.test(message);
}

/** What DuckDB said, whoever has told it on. */
function messageOf(cause: unknown): string {
  if (cause instanceof EverviewError && typeof cause.data?.['duckdb'] === 'string')
    return cause.data['duckdb'];
  return cause instanceof Error ? cause.message : String(cause);
}

type LockHolder = {
  readonly cause?: unknown;
  /** The file that says who holds it. */
  readonly lock?: string;
  readonly pid?: number;
  /** It is this process. */
  readonly isOwn?: boolean;
};

/** `database-locked`, with what is known of who has the file. */
export function lockedFailure(path: string, { cause, lock, pid, isOwn = false }: LockHolder): EverviewError {
  const who = isOwn ? 'already in this process' : `in another process${pid === undefined ? '' : ` (${pid})`}`;
  const otherwise = lock === undefined ? '' : `; if it is no Everview that has it, delete "${lock}"`;
  return new EverviewError('database-locked', `"${path}" is open ${who}`, {
    cause,
    hint: isOwn
      ? 'a file is opened once: close the other Everview, or use that one, which serves any number of callers'
      : `one process at a time may open a database file; close the other one, or ask it${otherwise}`,
    ...(lock === undefined ? {} : { data: { lock, pid } }),
  });
}

/** An EverviewError for what DuckDB threw when asked to open `path`. */
export function openFailure(path: string, cause: unknown, memoryLimit?: string): EverviewError {
  const message = messageOf(cause);
  if (memoryLimit !== undefined && message.startsWith(outOfMemory)) {
    return new EverviewError('invalid-option', `memoryLimit ${memoryLimit} is too small to open "${path}"`, {
      cause,
      hint: 'give 64MB at least; what queries and refreshes need beyond that goes with their rows',
    });
  }
  if (isDamaged(message)) {
    return new EverviewError('store-failure', `"${path}" is damaged: ${plainMessage(message)}`, {
      cause,
      hint: fromCopy,
    });
  }
  if (cause instanceof EverviewError) return cause;
  if (isLock(message)) {
    return lockedFailure(path, { cause });
  }
  if (/^IO Error: Extension "/.test(message)) {
    return new EverviewError(
      'not-a-database',
      `"${path}" is of another program (SQLite, say), or is no path`,
      {
        cause,
        hint: 'give the path of a file that Everview made, or of one that does not exist yet',
      },
    );
  }
  if (/not a valid DuckDB database|serialized|deserial|newer version|storage version/i.test(message)) {
    return new EverviewError(
      'not-a-database',
      `"${path}" is not an Everview database: ${plainMessage(message)}`,
      {
        cause,
        hint: 'give the path of a file that Everview made, or of one that does not exist yet',
      },
    );
  }
  if (/is a directory|no such file or directory/i.test(message)) {
    return new EverviewError('not-a-database', `"${path}" cannot be opened: ${plainMessage(message)}`, {
      cause,
      hint: 'give the path of a file in a folder that exists',
    });
  }
  return new EverviewError('store-failure', `"${path}" cannot be opened: ${plainMessage(message)}`, {
    cause,
  });
}
