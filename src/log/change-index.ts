import type { Version } from '../core/version.ts';

/** How much one relation changed in one version; `effectiveMs` is when. Rows, not net of each other. */
export type ChangeCount = {
  readonly version: Version;
  readonly effectiveMs: number;
  readonly inserted: number;
  readonly deleted: number;
};

export type PendingChange = {
  readonly versions: number;
  readonly inserted: number;
  readonly deleted: number;
  /** When the first of them took effect; null when there is none. */
  readonly sinceMs: number | null;
};

export const noPendingChange: PendingChange = Object.freeze({
  versions: 0,
  inserted: 0,
  deleted: 0,
  sinceMs: null,
});

/**
 * The counts the writer keeps of every relation's changes, so that "what is pending" is never a query. Append-only
 * by version: readers of an older state pass their own upper bound and see nothing newer.
 */
export class ChangeIndex {
  readonly #byName = new Map<string, ChangeCount[]>();
  readonly #rows = new Map<string, number>();

  append(name: string, change: ChangeCount): void {
    const changes = this.#byName.get(name);
    this.#rows.set(name, this.rows(name) + change.inserted - change.deleted);
    if (changes === undefined) this.#byName.set(name, [change]);
    else changes.push(change);
  }

  /** The relation was dropped or made anew: what it was before is nobody's pending change. */
  forget(name: string): void {
    this.#byName.delete(name);
    this.#rows.delete(name);
  }

  /** Rows of a base table now: all that came less all that went. */
  rows(name: string): number {
    return this.#rows.get(name) ?? 0;
  }

  /** Changes of `name` in versions (from, to]. */
  pending(name: string, from: Version, to: Version): PendingChange {
    const changes = this.#byName.get(name) ?? [];
    let result = noPendingChange;
    for (let at = firstAfter(changes, from); at < changes.length; at++) {
      const change = changes[at];
      if (change === undefined || change.version > to) break;
      result = {
        versions: result.versions + 1,
        inserted: result.inserted + change.inserted,
        deleted: result.deleted + change.deleted,
        sinceMs: result.sinceMs ?? change.effectiveMs,
      };
    }
    return result;
  }

  /** The first version in (from, to] that changed `name`, or null. */
  firstChange(name: string, from: Version, to: Version): Version | null {
    const changes = this.#byName.get(name) ?? [];
    const version = changes[firstAfter(changes, from)]?.version;
    return version !== undefined && version <= to ? version : null;
  }
}

function firstAfter(changes: readonly ChangeCount[], version: Version): number {
  let low = 0;
  let high = changes.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((changes[middle]?.version ?? Number.POSITIVE_INFINITY) <= version) low = middle + 1;
    else high = middle;
  }
  return low;
}
