import { AsyncByteQueue, type RecordBatch, RecordBatchStreamWriter } from 'apache-arrow';

/**
 * Record batches as an Arrow IPC stream, piece by piece. (Arrow's own pipe writes ahead without bound and leaves a
 * rejected promise behind when its source fails.)
 */
export async function* encodeArrowStream(batches: AsyncIterable<RecordBatch>): AsyncIterable<Uint8Array> {
  const sink = new ByteCollector();
  const writer = new RecordBatchStreamWriter().reset(sink);
  for await (const batch of batches) {
    writer.write(batch);
    yield sink.take();
  }
  writer.finish();
  yield sink.take();
}

class ByteCollector extends AsyncByteQueue<Uint8Array> {
  #pieces: Uint8Array[] = [];

  override write(value: ArrayBufferView | ArrayBufferLike): void {
    // Copied: the writer goes on with its buffers.
    this.#pieces.push(
      ArrayBuffer.isView(value)
        ? new Uint8Array(value.buffer, value.byteOffset, value.byteLength).slice()
        : new Uint8Array(value).slice(),
    );
  }

  take(): Uint8Array {
    const taken = Buffer.concat(this.#pieces);
    this.#pieces = [];
    return taken;
  }
}
