import { EverviewError } from '../../core/errors.ts';
import type { Levels } from '../sums-state.ts';
import type { AnchoredState } from './anchored-state.ts';
import type { AnchoredMethod } from './create-loss.ts';
import { pairCount } from './loss.ts';

/** "EVAS" and the layout's number. */
export const anchoredMagic = 0x45564153;
const layout = 1;

type Header = {
  readonly method: AnchoredMethod;
  readonly levels: readonly Levels[];
  readonly outside: number;
  readonly norm: number;
  readonly hasKinks: boolean;
  /** Columns of v whose sums are not all 0; only their products are kept: no missing value, no sums for it. */
  readonly used: readonly number[];
  readonly lengths: readonly number[];
};

/** Magic, layout and header length (32 bits each, big-endian), the header as JSON, then little-endian doubles. */
export function encodeAnchored(state: AnchoredState, method: AnchoredMethod): Uint8Array {
  const used = usedColumns(state);
  const arrays = [
    state.frame.pivot,
    state.frame.scale,
    state.anchor,
    state.gradient.high,
    state.gradient.low,
    packed(state.hessian.high, state.columns.high.length, used),
    packed(state.hessian.low, state.columns.high.length, used),
    state.loss.high,
    state.loss.low,
    state.columns.high,
    state.columns.low,
    state.squares.high,
    state.squares.low,
    state.classRows,
    state.labels.high,
    state.labels.low,
    state.reach.low,
    state.reach.high,
    state.budget.slopes,
    state.budget.columns,
    state.budget.curvature,
    ...(state.kinks === null
      ? []
      : [state.kinks.rows, state.kinks.squares, state.kinks.curvedRows, state.kinks.curvedSquares]),
  ];
  const header: Header = {
    method,
    levels: state.levels,
    outside: state.outside,
    norm: state.reach.norm,
    hasKinks: state.kinks !== null,
    used,
    lengths: arrays.map((array) => array.length),
  };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const count = arrays.reduce((total, array) => total + array.length, 0);
  const bytes = new Uint8Array(12 + text.length + count * 8);
  const view = new DataView(bytes.buffer);
  [anchoredMagic, layout, text.length].forEach((word, index) => {
    view.setUint32(index * 4, word);
  });
  bytes.set(text, 12);
  let at = 12 + text.length;
  for (const array of arrays) {
    for (const value of array) {
      view.setFloat64(at, value, true);
      at += 8;
    }
  }
  return bytes;
}

/** @throws EverviewError `not-a-database` when the bytes are no state of this release. */
export function decodeAnchored(bytes: Uint8Array): { state: AnchoredState; method: AnchoredMethod } {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || view.getUint32(0) !== anchoredMagic || view.getUint32(4) !== layout) {
    throw new EverviewError('not-a-database', 'the kept state of a model is not one of this release', {
      hint: 'refresh the model in full',
    });
  }
  const headerEnd = 12 + view.getUint32(8);
  const header: Header = JSON.parse(new TextDecoder().decode(bytes.subarray(12, headerEnd)));
  let at = headerEnd;
  let index = 0;
  const take = (): Float64Array => {
    const array = new Float64Array(header.lengths[index++] ?? 0);
    for (let i = 0; i < array.length; i++, at += 8) array[i] = view.getFloat64(at, true);
    return array;
  };
  const pair = () => ({ high: take(), low: take() });
  const frame = { pivot: take(), scale: take() };
  const anchor = take();
  const gradient = pair();
  const products = pair();
  const loss = pair();
  const columns = pair();
  const size = columns.high.length;
  const pairs = pairCount(anchor.length / size);
  const hessian = {
    high: unpacked(products.high, pairs, size, header.used),
    low: unpacked(products.low, pairs, size, header.used),
  };
  const [squares, classRows, labels] = [pair(), take(), pair()];
  const reach = { low: take(), high: take(), norm: header.norm };
  const budget = { slopes: take(), columns: take(), curvature: take() };
  const kinks = header.hasKinks
    ? { rows: take(), squares: take(), curvedRows: take(), curvedSquares: take() }
    : null;
  const { levels, outside } = header;
  const sums = { gradient, hessian, loss, columns, squares, classRows, labels };
  return { state: { frame, levels, anchor, ...sums, outside, reach, kinks, budget }, method: header.method };
}

function usedColumns(state: AnchoredState): number[] {
  const size = state.columns.high.length;
  const pairs = state.hessian.high.length / size ** 2;
  const isUsed = (column: number) =>
    Array.from({ length: pairs }, (_, pair) => (pair * size + column) * size).some((start) =>
      [state.hessian.high, state.hessian.low].some((sums) =>
        sums.subarray(start, start + size).some((sum) => sum !== 0),
      ),
    );
  return Array.from({ length: size }, (_, column) => column).filter(isUsed);
}

/** Of each size × size matrix, the products of the used columns. */
function packed(values: Float64Array, size: number, used: readonly number[]): Float64Array {
  const pairs = values.length / size ** 2;
  const result = new Float64Array(pairs * used.length ** 2);
  let at = 0;
  for (let pair = 0; pair < pairs; pair++) {
    for (const row of used) {
      for (const column of used) result[at++] = values[(pair * size + row) * size + column] ?? 0;
    }
  }
  return result;
}

function unpacked(values: Float64Array, pairs: number, size: number, used: readonly number[]): Float64Array {
  const result = new Float64Array(pairs * size ** 2);
  let at = 0;
  for (let pair = 0; pair < pairs; pair++) {
    for (const row of used) {
      for (const column of used) result[(pair * size + row) * size + column] = values[at++] ?? 0;
    }
  }
  return result;
}
