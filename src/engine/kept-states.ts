import type { Version } from '../core/version.ts';
import type { Cursor } from '../log/cursor-log.ts';
import type { ModelState } from '../model/model-state.ts';

/**
 * A model's state as its last refresh committed it, beside the bytes in the file: the next refresh need not read and
 * decode those. Published with the cursor it belongs to, and gone with the process.
 */
export type KeptState = {
  readonly version: Version;
  readonly asOfMs: number;
  readonly hash: string;
  readonly state: ModelState;
};

/** Larger states stay in the file alone. */
const mostBytes = 4 * 2 ** 20;

/** With the model's state at the cursor in place of what there was of it. */
export function withState(
  all: ReadonlyMap<string, KeptState>,
  model: string,
  { version, asOfMs, hash }: Cursor,
  state: ModelState,
  bytes: number,
): ReadonlyMap<string, KeptState> {
  const next = new Map(all);
  next.delete(model);
  return bytes > mostBytes ? next : next.set(model, { version, asOfMs, hash, state });
}

/** The state at the cursor, if it is this one. */
export function stateAt(kept: KeptState | undefined, { version, asOfMs, hash }: Cursor): ModelState | null {
  if (kept === undefined) return null;
  return kept.version === version && kept.asOfMs === asOfMs && kept.hash === hash ? kept.state : null;
}
