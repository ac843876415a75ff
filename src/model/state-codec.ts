import { EverviewError } from '../core/errors.ts';
import type { Levels, SumsState } from './sums-state.ts';

/** "EVSM" and the layout's number. */
const magic = 0x4556534d;
const layout = 1;

type Header = { readonly levels: readonly Levels[]; readonly lengths: readonly number[] };

function parts(state: SumsState): Float64Array[] {
  const { frame, dense, grouped, together, budget } = state;
  return [
    frame.pivot,
    frame.scale,
    dense.high,
    dense.low,
    grouped.high,
    grouped.low,
    together,
    budget.rounded,
    budget.exact,
  ];
}

/** Magic, layout and header length (32 bits each, big-endian), the header as JSON, then little-endian doubles. */
export function encodeState(state: SumsState): Uint8Array {
  const arrays = parts(state);
  const header: Header = { levels: state.levels, lengths: arrays.map((array) => array.length) };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const count = arrays.reduce((total, array) => total + array.length, 0);
  const bytes = new Uint8Array(12 + text.length + count * 8);
  const view = new DataView(bytes.buffer);
  [magic, layout, text.length].forEach((word, index) => {
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
export function decodeState(bytes: Uint8Array): SumsState {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 12 || view.getUint32(0) !== magic || view.getUint32(4) !== layout) {
    throw new EverviewError('not-a-database', 'the kept state of a model is not one of this release', {
      hint: 'refresh the model in full',
    });
  }
  const headerEnd = 12 + view.getUint32(8);
  const header: Header = JSON.parse(new TextDecoder().decode(bytes.subarray(12, headerEnd)));
  let at = headerEnd;
  const take = (index: number): Float64Array => {
    const array = new Float64Array(header.lengths[index] ?? 0);
    for (let i = 0; i < array.length; i++, at += 8) array[i] = view.getFloat64(at, true);
    return array;
  };
  return {
    frame: { pivot: take(0), scale: take(1) },
    levels: header.levels,
    dense: { high: take(2), low: take(3) },
    grouped: { high: take(4), low: take(5) },
    together: take(6),
    budget: { rounded: take(7), exact: take(8) },
  };
}
