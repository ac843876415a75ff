import type { ModelState } from './model-state.ts';
import { decodeState, encodeState } from './state-codec.ts';

/** The state as bytes; every kind starts with a magic number of its own. */
export function encodeModelState(state: ModelState): Uint8Array {
  switch (state.kind) {
    case 'sums':
      return encodeState(state.sums);
  }
}

/** @throws EverviewError `not-a-database` when the bytes are no state of this release. */
export function decodeModelState(bytes: Uint8Array): ModelState {
  return { kind: 'sums', sums: decodeState(bytes) };
}
