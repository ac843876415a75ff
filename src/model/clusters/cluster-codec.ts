import { z } from 'zod';
import type { ClusterState } from './cluster-state.ts';

/** "EVKM" */
export const clustersMagic = 0x45564b4d;

const headerShape = z.object({
  levels: z.array(z.array(z.string().nullable())),
  lengths: z.array(z.number().int().nonnegative()),
});

/** Magic and header length (32 bits each, big-endian), the header as JSON, then little-endian doubles. */
export function encodeClusters({ frame, levels, anchor, sums, squares }: ClusterState): Uint8Array {
  const arrays = [frame.pivot, frame.scale, anchor, sums.high, sums.low, squares.high, squares.low];
  const header = { levels, lengths: arrays.map((array) => array.length) };
  const text = new TextEncoder().encode(JSON.stringify(header));
  const doubles = arrays.reduce((total, array) => total + array.length, 0);
  const bytes = new Uint8Array(8 + text.length + 8 * doubles);
  const view = new DataView(bytes.buffer);
  view.setUint32(0, clustersMagic);
  view.setUint32(4, text.length);
  bytes.set(text, 8);
  let at = 8 + text.length;
  for (const array of arrays) {
    for (const value of array) {
      view.setFloat64(at, value, true);
      at += 8;
    }
  }
  return bytes;
}

export function decodeClusters(bytes: Uint8Array): ClusterState {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 8 + view.getUint32(4);
  const { levels, lengths } = headerShape.parse(JSON.parse(new TextDecoder().decode(bytes.subarray(8, at))));
  let next = 0;
  const take = (): Float64Array => {
    const array = new Float64Array(lengths[next++] ?? 0);
    for (let i = 0; i < array.length; i++, at += 8) array[i] = view.getFloat64(at, true);
    return array;
  };
  const frame = { pivot: take(), scale: take() };
  const anchor = take();
  const sums = { high: take(), low: take() };
  const squares = { high: take(), low: take() };
  return { frame, levels, anchor, sums, squares };
}
