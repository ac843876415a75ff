import { type DuckDBConnection, type DuckDBDataChunk, DuckDBInstance } from '@duckdb/node-api';
import duckdb from '@duckdb/node-bindings';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import { encodeGraph } from '../src/model/onnx-graph.ts';

/** Found best on the machine of RESULTS.md, among 2,048 to 65,536 rows and one or two threads a product. */
const defaults = { blockRows: 8_192, threads: 1, streams: 2 };

export type ScanAndGemmOptions = Partial<typeof defaults>;

/**
 * The least a full fit can do: every column of a table of doubles copied whole out of DuckDB's chunks into blocks,
 * and the product of each block with itself in onnxruntime. Parallel streams over disjoint row ranges; nothing else.
 */
export class ScanAndGemm {
  readonly #instance: DuckDBInstance;
  readonly #connections: readonly DuckDBConnection[];
  readonly #gemm: InferenceSession;
  readonly #options: typeof defaults;

  private constructor(
    instance: DuckDBInstance,
    connections: readonly DuckDBConnection[],
    gemm: InferenceSession,
    options: typeof defaults,
  ) {
    this.#instance = instance;
    this.#connections = connections;
    this.#gemm = gemm;
    this.#options = options;
  }

  /** @param path of a DuckDB file; `create` is the statement that makes table `t`, of doubles only. */
  static async open(path: string, create: string, given: ScanAndGemmOptions = {}): Promise<ScanAndGemm> {
    const options = { ...defaults, ...given };
    const instance = await DuckDBInstance.create(path);
    const connections: DuckDBConnection[] = [];
    for (let stream = 0; stream < options.streams; stream++) connections.push(await instance.connect());
    await connections[0]?.run(create);
    await connections[0]?.run('CHECKPOINT');
    const gemm = await InferenceSession.create(encodeGraph(gemmGraph), {
      intraOpNumThreads: options.threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
    return new ScanAndGemm(instance, connections, gemm, options);
  }

  /** XᵀX over the first `rows` rows and `columns` columns, row-major. */
  async sum(rows: number, columns: number): Promise<Float64Array> {
    const total = new Float64Array(columns * columns);
    const streams = this.#connections.length;
    await Promise.all(
      this.#connections.map(async (connection, stream) => {
        const from = Math.floor((rows * stream) / streams);
        const to = Math.floor((rows * (stream + 1)) / streams);
        const block = new Block(columns, this.#options.blockRows);
        const result = await connection.stream(`SELECT * FROM t WHERE rowid >= ${from} AND rowid < ${to}`);
        for (let chunk = await result.fetchChunk(); chunk !== null; chunk = await result.fetchChunk()) {
          if (chunk.rowCount === 0) break;
          for (let at = 0; at < chunk.rowCount; ) {
            at += block.take(chunk, at);
            if (block.isFull) await this.#add(block, total);
          }
        }
        if (block.rows > 0) await this.#add(block.padded(), total);
      }),
    );
    return total;
  }

  async #add(block: Block, total: Float64Array): Promise<void> {
    const x = new Tensor('float64', block.data, [block.columns, block.size]);
    const { gram } = await this.#gemm.run({ x });
    const values = gram?.data;
    if (!(values instanceof Float64Array)) throw new TypeError('the product is no tensor of doubles');
    for (let index = 0; index < total.length; index++)
      total[index] = (total[index] ?? 0) + (values[index] ?? 0);
    block.clear();
  }

  async close(): Promise<void> {
    for (const connection of this.#connections) connection.closeSync();
    this.#instance.closeSync();
    await this.#gemm.release();
  }
}

const gemmGraph = {
  name: 'gemm',
  inputs: [{ name: 'x', shape: ['columns', 'rows'] }],
  nodes: [{ operator: 'Gemm', inputs: ['x', 'x'], outputs: ['gram'], attributes: { transB: 1 } }],
  outputs: [{ name: 'gram', shape: ['columns', 'columns'] }],
} as const;

/** Columns one after the other. */
class Block {
  readonly columns: number;
  readonly size: number;
  readonly data: Float64Array;
  rows = 0;

  constructor(columns: number, size: number) {
    this.columns = columns;
    this.size = size;
    this.data = new Float64Array(columns * size);
  }

  get isFull(): boolean {
    return this.rows === this.size;
  }

  clear(): void {
    this.rows = 0;
  }

  /** The block with zeros in place of the rows it lacks. */
  padded(): this {
    for (let column = 0; column < this.columns; column++) {
      this.data.fill(0, column * this.size + this.rows, (column + 1) * this.size);
    }
    return this;
  }

  take(chunk: DuckDBDataChunk, from: number): number {
    const count = Math.min(chunk.rowCount - from, this.size - this.rows);
    for (let column = 0; column < this.columns; column++) {
      const vector = duckdb.data_chunk_get_vector(chunk.chunk, column);
      const bytes = duckdb.vector_get_data(vector, chunk.rowCount * 8);
      const values = new Float64Array(bytes.buffer, bytes.byteOffset + from * 8, count);
      this.data.set(values, column * this.size + this.rows);
    }
    this.rows += count;
    return count;
  }
}
