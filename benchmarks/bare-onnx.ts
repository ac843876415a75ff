import { InferenceSession, Tensor } from 'onnxruntime-node';
import { encodeGraph } from '../src/model/onnx-graph.ts';

const linear = {
  name: 'linear',
  inputs: [
    { name: 'x', shape: [1, 'features'] },
    { name: 'w', shape: ['features', 1] },
    { name: 'b', shape: [1, 1] },
  ],
  nodes: [{ operator: 'Gemm', inputs: ['x', 'w', 'b'], outputs: ['score'] }],
  outputs: [{ name: 'score', shape: [1, 1] }],
} as const;

/** x·w + b of one row through a session, its tensors made once: what calling onnxruntime takes at the least. */
export class BareOnnx {
  readonly #session: InferenceSession;
  readonly #feeds: Readonly<Record<string, Tensor>>;

  private constructor(session: InferenceSession, features: number) {
    const ones = (length: number) => new Float64Array(length).fill(1);
    this.#session = session;
    this.#feeds = {
      x: new Tensor('float64', ones(features), [1, features]),
      w: new Tensor('float64', ones(features), [features, 1]),
      b: new Tensor('float64', ones(1), [1, 1]),
    };
  }

  static async open(features: number): Promise<BareOnnx> {
    const session = await InferenceSession.create(encodeGraph(linear), {
      intraOpNumThreads: 1,
      interOpNumThreads: 1,
      executionMode: 'sequential',
    });
    return new BareOnnx(session, features);
  }

  async call(): Promise<void> {
    await this.#session.run(this.#feeds);
  }

  close(): Promise<void> {
    return this.#session.release();
  }
}
