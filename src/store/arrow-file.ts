import { createReadStream } from 'node:fs';
import { type RecordBatch, RecordBatchReader } from 'apache-arrow';
import { EverviewError } from '../core/errors.ts';
import { fileFailure } from './source-file.ts';

/** Record batches of an Arrow IPC file or stream. */
export async function* arrowBatches(path: string): AsyncIterable<RecordBatch> {
  const stream = createReadStream(path);
  let batches = 0;
  try {
    const reader = await RecordBatchReader.from(stream);
    await reader.open();
    if (reader.schema === undefined || reader.schema === null) throw noArrow(path);
    for await (const batch of reader) {
      batches += 1;
      yield batch;
    }
  } catch (failure) {
    throw fileFailure(path, failure);
  } finally {
    stream.destroy();
  }
  if (batches === 0) throw noArrow(path);
}

function noArrow(path: string): EverviewError {
  return new EverviewError('file-error', `"${path}" is no whole Arrow file or stream`, {
    hint: 'nothing of the file was taken',
  });
}
