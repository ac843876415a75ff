import { InferenceSession, Tensor } from 'onnxruntime-node';
import { EverviewError } from '../core/errors.ts';
import { encodeGraph, type Graph } from './onnx-graph.ts';

/** Row-major doubles. */
export type Matrix = { readonly data: Float64Array; readonly shape: readonly number[] };

/** Fixed, so that no result can depend on the machine. */
const threads = 2;

/**
 * Keeps one onnxruntime session per graph: loading one is costly, and its memory is not always given back.
 */
export class OnnxRuntime {
  readonly #sessions = new Map<Graph, Promise<InferenceSession>>();
  #closed = false;

  /** @throws EverviewError `internal` when onnxruntime refuses the graph, `closed` after `close`. */
  async run(graph: Graph, inputs: Readonly<Record<string, Matrix>>): Promise<Record<string, Float64Array>> {
    const session = await this.#session(graph);
    const feeds = Object.fromEntries(
      Object.entries(inputs).map(([name, { data, shape }]) => [name, new Tensor('float64', data, shape)]),
    );
    try {
      const results = await session.run(feeds);
      return Object.fromEntries(
        Object.entries(results).map(([name, result]) => [name, doubles(name, result)]),
      );
    } catch (cause) {
      throw new EverviewError('internal', `onnxruntime failed in graph "${graph.name}"`, { cause });
    }
  }

  #session(graph: Graph): Promise<InferenceSession> {
    if (this.#closed)
      throw new EverviewError('closed', 'the model runtime was closed', { hint: 'open it again' });
    const known = this.#sessions.get(graph);
    if (known !== undefined) return known;
    const opening = InferenceSession.create(encodeGraph(graph), {
      intraOpNumThreads: threads,
      interOpNumThreads: 1,
      executionMode: 'sequential',
      // a thread that spins for the next product would take a core from DuckDB's scan
      extra: { session: { intra_op: { allow_spinning: '0' } } },
    });
    this.#sessions.set(graph, opening);
    return opening;
  }

  async close(): Promise<void> {
    this.#closed = true;
    const sessions = [...this.#sessions.values()];
    this.#sessions.clear();
    for (const session of sessions) await (await session).release();
  }
}

function doubles(name: string, result: InferenceSession.OnnxValueMapType[string]): Float64Array {
  if (result instanceof Tensor && result.data instanceof Float64Array) return result.data;
  throw new EverviewError('internal', `graph output "${name}" is no tensor of doubles`);
}
