import { readFile } from 'node:fs/promises';
import { EverviewError, StatementReader, splitStatements } from '../index.ts';
import type { PlacedStatement } from './run-statements.ts';
import type { Input } from './terminal.ts';

export function statementsOfText(text: string): readonly PlacedStatement[] {
  return splitStatements(text);
}

/** @throws EverviewError `file-error` when the file cannot be read or is not UTF-8. */
export async function statementsOfFile(path: string): Promise<readonly PlacedStatement[]> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    throw new EverviewError('file-error', `the file "${path}" cannot be read: ${readFailure(error)}`);
  });
  try {
    return splitStatements(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    throw notUtf8(`the file "${path}"`, error);
  }
}

/**
 * Each statement as soon as its `;` has come in; nothing more is read before the next one is asked for.
 * @throws EverviewError `file-error` for what is not UTF-8: marks in the place of letters would be taken for the text.
 */
export async function* statementsOfInput(input: Input): AsyncIterable<PlacedStatement> {
  const reader = new StatementReader();
  const decoder = new TextDecoder('utf-8', { fatal: true });
  const decoded = (chunk?: Uint8Array) => {
    try {
      return decoder.decode(chunk, { stream: chunk !== undefined });
    } catch (cause) {
      throw notUtf8('standard input', cause);
    }
  };
  for await (const chunk of input.chunks()) yield* reader.push(decoded(chunk));
  yield* reader.push(decoded());
  yield* reader.end();
}

function notUtf8(what: string, cause: unknown): EverviewError {
  return new EverviewError('file-error', `${what} is not UTF-8 text`, { hint: 'save it as UTF-8', cause });
}

function readFailure(error: NodeJS.ErrnoException): string {
  switch (error.code) {
    case 'ENOENT':
      return 'there is none of that name';
    case 'EISDIR':
      return 'it is a folder';
    case 'EACCES':
      return 'permission denied';
    default:
      return error.message;
  }
}
