import { EverviewError } from '../core/errors.ts';
import { denseSize, type Levels, measuredCount, type SumsState } from './sums-state.ts';

/** "EVSM" and the layout's number. */
export const sumsMagic = 0x4556534d;
const layout = 3;

type Header = {
  readonly levels: readonly Levels[];
  readonly lengths: readonly number[];
  /** Entries of the dense part whose sums are not all 0; only those are kept: no missing value, no sums for it. */
  readonly entries: readonly number[];
  /** Null: not weighted. */
  readonly tally: { readonly originMs: number; readonly rows: number } | null;
};

function parts(state: SumsState, entries: readonly number[]): Float64Array[] {
  const { frame, dense, grouped, together, budget, tally } = state;
  const size = denseSize(measuredCount(state));
  return [
    frame.pivot,
    frame.scale,
    picked(dense.high, size, entries),
    picked(dense.low, size, entries),
    grouped.high,
    grouped.low,
    together,
    budget.rounded,
    budget.exact,
    ...(tally === null ? [] : [tally.missing, tally.levels]),
  ];
}

function entriesOf(state: SumsState): number[] {
  const size = denseSize(measuredCount(state));
  const isUsed = (sums: Float64Array, entry: number) => {
    for (let at = entry * size; at < (entry + 1) * size; at++) if (sums[at] !== 0) return true;
    return false;
  };
  return Array.from({ length: size }, (_, entry) => entry).filter(
    (entry) => isUsed(state.dense.high, entry) || isUsed(state.dense.low, entry),
  );
}

/** The sums of the entries with each other, out of a size × size matrix. */
function picked(sums: Float64Array, size: number, entries: readonly number[]): Float64Array {
  const result = new Float64Array(entries.length ** 2);
  entries.forEach((row, i) => {
    entries.forEach((column, j) => {
      result[i * entries.length + j] = sums[row * size + column] ?? 0;
    });
  });
  return result;
}

/** The size × size matrix that has these sums of the entries with each other, and 0 elsewhere. */
function spread(sums: Float64Array, size: number, entries: readonly number[]): Float64Array {
  const result = new Float64Array(size * size);
  entries.forEach((row, i) => {
    entries.forEach((column, j) => {
      result[row * size + column] = sums[i * entries.length + j] ?? 0;
    });
  });
  return result;
}

/**
 * Magic, layout and header length (32 bits each, big-endian), the header as JSON, then doubles as they lie in memory:
 * little-endian on every machine that DuckDB and onnxruntime are built for.
 */
export function encodeState(state: SumsState): Uint8Array {
  const entries = entriesOf(state);
  const arrays = parts(state, entries);
  const { levels, tally } = state;
  const header: Header = {
    levels,
    lengths: arrays.map((array) => array.length),
    entries,
    tally: tally && { originMs: tally.originMs, rows: tally.rows },
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const count = arrays.reduce((total, array) => total + array.length, 0);
  const bytes = new Uint8Array(12 + text.length + count * 8);
  const view = new DataView(bytes.buffer);
  [sumsMagic, layout, text.length].forEach((word, index) => {
    view.setUint32(index * 4, word);
  });
  bytes.set(text, 12);
  let at = 12 + text.length;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at += array.byteLength;
  }
  return bytes;
}

/** @throws EverviewError `not-a-database` when the bytes are no state of this release. */
export function decodeState(bytes: Uint8Array): SumsState {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || view.getUint32(0) !== sumsMagic || view.getUint32(4) !== layout) {
    throw new EverviewError('not-a-database', 'the kept state of a model is not one of this release', {
      hint: 'refresh the model in full',
    });
  }
  const headerEnd = 12 + view.getUint32(8);
  const header: Header = JSON.parse(new TextDecoder().decode(bytes.subarray(12, headerEnd)));
  let at = headerEnd;
  const take = (index: number): Float64Array => {
    const array = new Float64Array(header.lengths[index] ?? 0);
    new Uint8Array(array.buffer).set(bytes.subarray(at, at + array.byteLength));
    at += array.byteLength;
    return array;
  };
  const frame = { pivot: take(0), scale: take(1) };
  const size = denseSize(frame.pivot.length - 1);
  const dense = (index: number) => spread(take(index), size, header.entries);
  return {
    frame,
    levels: header.levels,
    dense: { high: dense(2), low: dense(3) },
    grouped: { high: take(4), low: take(5) },
    together: take(6),
    budget: { rounded: take(7), exact: take(8) },
    tally: header.tally && { ...header.tally, missing: take(9), levels: take(10) },
  };
}
