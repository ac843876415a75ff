import type { Column } from '../core/schema.ts';
import type { Row, SqlParameter } from '../core/value.ts';
import type { Provenance } from '../query/answer.ts';
import { answerQuery, type PreparedAnswer } from './answer-query.ts';
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
  text: string,
  parameters: readonly SqlParameter[],
): Promise<StreamedAnswer> {
  return new Promise((resolve, reject) => {
    const whole = answerQuery(core, text, parameters, (snapshot, prepared) => {
      return new Promise<void>((finished) => {
        resolve(streamed(prepared, snapshot.rowBatches(prepared.sql, parameters), finished, () => whole));
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
  async function* batches(): AsyncIterable<readonly Row[]> {
    try {
      yield* rows;
    } finally {
      finished();
    }
  }
  return {
    ...prepared.provenance,
    columns: prepared.schema,
    batches,
    close: async () => {
      finished();
      await released();
    },
  };
}
