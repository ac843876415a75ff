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

/** After one of these DuckDB answers nothing more. */
const lastFailures = ['INTERNAL Error', 'FATAL Error'];

/** DuckDB's message without its class, its stack and the echo of the (rewritten) statement. */
function plainMessage(message: string): string {
  const [told = message] = message
    .replace(/^[A-Z][A-Za-z ]+ Error: /, '')
    .split(/\n\s*\n?(?:LINE \d+:|Stack Trace:)/);
  return told.trim();
}

/** An EverviewError for what DuckDB threw; EverviewErrors pass through. */
export function storeFailure(cause: unknown): EverviewError {
  if (cause instanceof EverviewError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  const data = { duckdb: message };
  if (queryFailures.some((kind) => message.startsWith(kind))) {
    return new EverviewError('invalid-query', plainMessage(message), { cause, data });
  }
  const isLast = lastFailures.some((kind) => message.startsWith(kind));
  return new EverviewError('store-failure', plainMessage(message), {
    cause,
    data,
    hint: isLast
      ? 'DuckDB failed inside and answers nothing more: close the database and open it again; nothing of the statement was kept'
      : 'nothing of the statement was kept; check disk space and memory, then try again',
  });
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
export function openFailure(path: string, cause: unknown): EverviewError {
  const message = cause instanceof Error ? cause.message : String(cause);
  if (/could not set lock|already attached|being used by another process/i.test(message)) {
    return lockedFailure(path, { cause });
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
