import { EverviewError } from '../index.ts';
import type { Failure, PlaceInText } from './failure-report.ts';
import { OutputLost } from './terminal.ts';

/** A failure as the shell shows it; `statement` is where the failed statement begins in the text that was given. */
export function failureOf(error: unknown, place: PlaceInText | null = null): Failure {
  const statement = place ?? { line: 1, column: 1 };
  if (error instanceof EverviewError) {
    const { code, message, hint, at } = error;
    return {
      code,
      message,
      hint: hint ?? null,
      at: at === undefined ? null : { line: at.line, column: at.column, length: at.length },
      statement,
    };
  }
  if (error instanceof OutputLost) {
    return { code: 'file-error', message: error.message, hint: null, at: null, statement };
  }
  return {
    code: 'internal',
    message: error instanceof Error ? error.message : String(error),
    hint: 'this is a bug in Everview; please report it with the statement that led here',
    at: null,
    statement,
  };
}
