import { z } from 'zod';
import { EverviewError } from '../core/errors.ts';
import { anchoredMagic, decodeAnchored, encodeAnchored } from './anchored/anchored-codec.ts';
import type { ClassSums } from './class-sums.ts';
import { clustersMagic, decodeClusters, encodeClusters } from './clusters/cluster-codec.ts';
import type { ModelState } from './model-state.ts';
import { decodeState, encodeState, sumsMagic } from './state-codec.ts';

/** "EVCS" */
const classesMagic = 0x45564353;

/** The state as bytes; every kind starts with a magic number of its own. */
export function encodeModelState(state: ModelState): Uint8Array {
  switch (state.kind) {
    case 'sums':
      return encodeState(state.sums);
    case 'classed-sums':
      return encodeClasses(state.classes);
    case 'anchored':
      return encodeAnchored(state.state, state.method);
    case 'clusters':
      return encodeClusters(state.clusters);
    case 'none':
      return encodeNone(state.rows);
  }
}

/** @throws EverviewError `not-a-database` when the bytes are no state of this release. */
export function decodeModelState(bytes: Uint8Array): ModelState {
  const magic =
    bytes.length < 4 ? 0 : new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0);
  switch (magic) {
    case sumsMagic:
      return { kind: 'sums', sums: decodeState(bytes) };
    case classesMagic:
      return { kind: 'classed-sums', classes: decodeClasses(bytes) };
    case anchoredMagic:
      return { kind: 'anchored', ...decodeAnchored(bytes) };
    case clustersMagic:
      return { kind: 'clusters', clusters: decodeClusters(bytes) };
    case noneMagic:
      return {
        kind: 'none',
        rows: new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(4),
      };
    default:
      throw new EverviewError('not-a-database', 'the kept state of a model is not one of this release', {
        hint: 'refresh the model in full',
      });
  }
}

/** "EVNO" */
const noneMagic = 0x45564e4f;

function encodeNone(rows: number): Uint8Array {
  const result = new Uint8Array(8);
  const view = new DataView(result.buffer);
  view.setUint32(0, noneMagic);
  view.setUint32(4, rows);
  return result;
}

const headerShape = z.array(z.object({ label: z.string(), bytes: z.number().int().nonnegative() }));

/** Magic and header length (32 bits each, big-endian), the header as JSON, then the sums of each class. */
function encodeClasses(classes: readonly ClassSums[]): Uint8Array {
  const parts = classes.map(({ sums }) => encodeState(sums));
  const header = classes.map(({ label }, index) => ({ label, bytes: parts[index]?.length ?? 0 }));
  const text = new TextEncoder().encode(JSON.stringify(header));
  const result = new Uint8Array(8 + text.length + parts.reduce((total, part) => total + part.length, 0));
  const view = new DataView(result.buffer);
  view.setUint32(0, classesMagic);
  view.setUint32(4, text.length);
  result.set(text, 8);
  let at = 8 + text.length;
  for (const part of parts) {
    result.set(part, at);
    at += part.length;
  }
  return result;
}

function decodeClasses(bytes: Uint8Array): ClassSums[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let at = 8 + view.getUint32(4);
  const header = headerShape.parse(JSON.parse(new TextDecoder().decode(bytes.subarray(8, at))));
  return header.map(({ label, bytes: length }) => {
    const sums = decodeState(bytes.subarray(at, at + length));
    at += length;
    return { label, sums };
  });
}
