import { EverviewError } from '../core/errors.ts';
import type { Column } from '../core/schema.ts';
import type { Row } from '../core/value.ts';
import type { Provenance } from '../query/answer.ts';
import { type AskedQuery, answerQuery, type PreparedAnswer } from './answer-query.ts';
import type { EngineCore } from './engine-core.ts';

/** An answer that is read while it is made: it holds its snapshot until it is read to the end, or closed. */
export type StreamedAnswer = Provenance & {
  readonly columns: readonly Column[];
  /** Rows in batches of at most 2,048; can be asked for once. */
  batches(): AsyncIterable<readonly Row[]>;
  /** Lets go of the snapshot; needed only when the batches are not read to their end. */
  close(): Promise<void>;
};

export function streamAnswer(
  core: EngineCore,
  asked: AskedQuery,
  onEnd: (ended: StreamedAnswer) => void,
): Promise<StreamedAnswer> {
  return new Promise((resolve, reject) => {
    const whole = answerQuery(core, asked, (snapshot, prepared) => {
      return new Promise<void>((finished) => {
        const stream = streamed(prepared, snapshot.rowBatches(prepared.sql), finished, () => whole);
        resolve(stream);
        whole.then(
          () => onEnd(stream),
          () => onEnd(stream),
        );
      });
    });
    whole.catch(reject);
  });
}

function streamed(
  prepared: PreparedAnswer,
  rows: AsyncIterable<readonly Row[]>,
  finished: () => void,
  released: () => Promise<void>,
): StreamedAnswer {
  let isAskedFor = false;
  let given = 0;
  let hasEnded = false;
  // Once, whichever way it ends: what was given is charged for.
  const end = (): void => {
    if (hasEnded) return;
    hasEnded = true;
    prepared.charge(given);
    finished();
  };
  async function* batches(): AsyncGenerator<readonly Row[]> {
    try {
      // Asked for, and not begun: the reader is somebody else's by now.
      if (hasEnded) throw closedStream();
      for await (const batch of rows) {
        if (hasEnded) throw closedStream();
        given += batch.length;
        yield batch;
      }
      if (hasEnded) throw closedStream();
    } catch (failure) {
      // The snapshot was taken away under the batch that was being made.
      throw hasEnded ? closedStream() : failure;
    } finally {
      end();
    }
  }
  return {
    ...prepared.provenance,
    columns: prepared.schema,
    batches() {
      if (hasEnded) throw closedStream();
      if (isAskedFor) throw readTwice();
      isAskedFor = true;
      return batches();
    },
    close: async () => {
      end();
      await released();
    },
  };
}

function closedStream(): EverviewError {
  return new EverviewError('closed', 'the stream was closed before its end', {
    hint: 'read the batches to their end before close(), or ask again',
  });
}

function readTwice(): EverviewError {
  return new EverviewError('closed', 'the batches of a stream are read once', {
    hint: 'keep what is needed again, or stream the query again',
  });
}
