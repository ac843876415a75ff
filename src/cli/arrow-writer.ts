import { tableToIPC } from 'apache-arrow';
import { EverviewError, toArrow, toArrowBatches } from '../index.ts';
import type { AnswerWriter } from './answer-writer.ts';
import { encodeArrowStream } from './encode-arrow-stream.ts';
import { failureOf } from './failure.ts';
import { renderFailure } from './failure-report.ts';
import type { Output } from './terminal.ts';

/** The rows of the one statement that has any, as an Arrow IPC stream. */
export function createArrowWriter(stdout: Output, stderr: Output): AnswerWriter {
  let written = false;
  const begin = (): void => {
    if (written) throw severalResults();
    written = true;
  };
  return {
    async result(_statement, result) {
      if (result.columns.length === 0) return;
      begin();
      await stdout.write(tableToIPC(toArrow(result), 'stream'));
    },
    async stream(_statement, answer) {
      begin();
      const encoded = encodeArrowStream(toArrowBatches(answer.columns, answer.batches()));
      for await (const bytes of encoded) await stdout.write(bytes);
    },
    failure: (_statement, failure, text) => stderr.write(renderFailure(failure, text, stderr.colors)),
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
