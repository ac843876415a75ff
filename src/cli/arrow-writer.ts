import { EverviewError, type StatementResult } from '../index.ts';
import type { AnswerWriter } from './answer-writer.ts';
import { failureOf } from './failure.ts';
import { renderFailure } from './failure-report.ts';
import type { Output } from './terminal.ts';

/** The rows of the one statement that has any, as an Arrow IPC stream once all have run. */
export function createArrowWriter(
  stdout: Output,
  stderr: Output,
  encode: (result: StatementResult) => Uint8Array,
): AnswerWriter {
  let kept: StatementResult | null = null;
  return {
    async result(_statement, result) {
      if (result.columns.length === 0) return;
      if (kept !== null) throw severalResults();
      kept = result;
    },
    failure: (_statement, failure, text) => stderr.write(renderFailure(failure, text, stderr.colors)),
    async end() {
      if (kept !== null) await stdout.write(encode(kept));
    },
  };
}

function severalResults(): EverviewError {
  return new EverviewError('usage', 'the Arrow format carries one result, and a second statement has rows', {
    hint: 'run the queries one by one, or use --format json',
  });
}

/** Why Arrow cannot be written here, or null. */
export function arrowRefusal(stdout: Output): ReturnType<typeof failureOf> | null {
  if (!stdout.isTerminal) return null;
  return failureOf(
    new EverviewError('usage', 'the Arrow format is binary and is not written to a terminal', {
      hint: 'send it to a file or a program: everview sql --format arrow … > answer.arrows',
    }),
  );
}
