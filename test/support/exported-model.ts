import { InferenceSession, Tensor, type TypedTensor } from 'onnxruntime-node';
import * as web from 'onnxruntime-web/wasm';
import type { Row, SqlValue } from '../../src/index.ts';
import { missingMoment, missingText } from '../../src/model/onnx/exported-values.ts';

/** What a runtime gives for one row: null where the file gives no prediction. */
export type RuntimeAnswer = Readonly<Record<string, number | string | boolean | null>>;

type Feed = { readonly type: string; readonly data: Float64Array | Float32Array | BigInt64Array | string[] };

/** Columns of rows as the exported file wants them. */
function feedsOf(
  inputs: readonly { readonly name: string; readonly type: string }[],
  rows: readonly Row[],
): Map<string, Feed> {
  return new Map(
    inputs.map(({ name, type }) => [
      name,
      feedOf(
        type,
        rows.map((row) => row[name] ?? null),
      ),
    ]),
  );
}

function feedOf(type: string, values: readonly SqlValue[]): Feed {
  switch (type) {
    case 'float64':
      return { type, data: Float64Array.from(values, numberOf) };
    case 'float32':
      return { type, data: Float32Array.from(values, numberOf) };
    case 'int64':
      return { type, data: BigInt64Array.from(values, momentOf) };
    case 'string':
      return { type, data: values.map((value) => (value === null ? missingText : String(value))) };
    default:
      throw new Error(`an input of type ${type}`);
  }
}

function numberOf(value: SqlValue): number {
  return value === null ? Number.NaN : Number(value);
}

function momentOf(value: SqlValue): bigint {
  return value instanceof Date && !Number.isNaN(value.getTime()) ? BigInt(value.getTime()) : missingMoment;
}

type Inputs = readonly { readonly name: string; readonly type: string }[];

function inputsOf(
  metadata: readonly { readonly name: string; readonly isTensor: boolean; readonly type?: unknown }[],
): Inputs {
  return metadata.map(({ name, type }) => ({ name, type: String(type) }));
}

export async function answersOfNode(bytes: Uint8Array, rows: readonly Row[]): Promise<RuntimeAnswer[]> {
  const session = await InferenceSession.create(bytes, { intraOpNumThreads: 1 });
  try {
    const feeds = feedsOf(inputsOf(session.inputMetadata), rows);
    const results = await session.run(
      Object.fromEntries([...feeds].map(([name, feed]) => [name, nodeTensor(feed, rows.length)])),
    );
    return byRow(
      Object.entries(results).map(([name, result]) => {
        if (!(result instanceof Tensor)) throw new Error(`output ${name} is no tensor`);
        return [name, [...result.data]];
      }),
      rows.length,
    );
  } finally {
    await session.release();
  }
}

function nodeTensor(
  { type, data }: Feed,
  rows: number,
): TypedTensor<'float64' | 'float32' | 'int64' | 'string'> {
  if (data instanceof Float64Array) return new Tensor('float64', data, [rows]);
  if (data instanceof Float32Array) return new Tensor('float32', data, [rows]);
  if (data instanceof BigInt64Array) return new Tensor('int64', data, [rows]);
  if (type === 'string') return new Tensor('string', data, [rows]);
  throw new Error(`a feed of ${type}`);
}

/** The same file in WebAssembly, as a browser or an edge worker runs it. */
export async function answersOfWeb(bytes: Uint8Array, rows: readonly Row[]): Promise<RuntimeAnswer[]> {
  web.env.wasm.numThreads = 1;
  const session = await web.InferenceSession.create(bytes, { executionProviders: ['wasm'] });
  try {
    const feeds = feedsOf(inputsOf(session.inputMetadata), rows);
    const results = await session.run(
      Object.fromEntries([...feeds].map(([name, feed]) => [name, webTensor(feed, rows.length)])),
    );
    return byRow(
      Object.entries(results).map(([name, result]) => {
        if (!(result instanceof web.Tensor)) throw new Error(`output ${name} is no tensor`);
        return [name, [...result.data]];
      }),
      rows.length,
    );
  } finally {
    await session.release();
  }
}

function webTensor(
  { type, data }: Feed,
  rows: number,
): web.TypedTensor<'float64' | 'float32' | 'int64' | 'string'> {
  if (data instanceof Float64Array) return new web.Tensor('float64', data, [rows]);
  if (data instanceof Float32Array) return new web.Tensor('float32', data, [rows]);
  if (data instanceof BigInt64Array) return new web.Tensor('int64', data, [rows]);
  if (type === 'string') return new web.Tensor('string', data, [rows]);
  throw new Error(`a feed of ${type}`);
}

function byRow(columns: readonly (readonly [string, readonly unknown[]])[], rows: number): RuntimeAnswer[] {
  return Array.from({ length: rows }, (_, row) =>
    Object.fromEntries(columns.map(([name, values]) => [name, answerOf(name, values[row])])),
  );
}

function answerOf(name: string, value: unknown): number | string | boolean | null {
  if (typeof value === 'number' && name === 'prediction_certain') return value === 1;
  if (typeof value === 'number') return Number.isNaN(value) ? null : value;
  if (typeof value === 'bigint') return value === 0n ? null : Number(value);
  if (typeof value === 'string') return value === missingText ? null : value;
  if (typeof value === 'boolean') return value;
  throw new Error(`output ${name} gave ${String(value)}`);
}
