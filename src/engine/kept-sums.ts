import type { Version } from '../core/version.ts';
import type { Cursor } from '../log/cursor-log.ts';
import type { SumsState } from '../model/sums-state.ts';

/**
 * A model's sums as its last refresh committed them, beside the bytes in the file: the next refresh need not read and
 * decode those. Published with the cursor they belong to, and gone with the process.
 */
export type KeptSums = {
  readonly version: Version;
  readonly asOfMs: number;
  readonly hash: string;
  readonly sums: SumsState;
};

/** Larger sums stay in the file alone: 4 MB of doubles. */
const mostNumbers = 2 ** 19;

/** With the model's sums at the cursor in place of what there was of it. */
export function withSums(
  all: ReadonlyMap<string, KeptSums>,
  model: string,
  { version, asOfMs, hash }: Cursor,
  sums: SumsState,
): ReadonlyMap<string, KeptSums> {
  const { dense, grouped, together } = sums;
  const numbers = 2 * (dense.high.length + grouped.high.length) + together.length;
  const next = new Map(all);
  next.delete(model);
  return numbers > mostNumbers ? next : next.set(model, { version, asOfMs, hash, sums });
}

/** The sums at the cursor, if they are these. */
export function sumsAt(kept: KeptSums | undefined, { version, asOfMs, hash }: Cursor): SumsState | null {
  if (kept === undefined) return null;
  return kept.version === version && kept.asOfMs === asOfMs && kept.hash === hash ? kept.sums : null;
}
