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

/** A change with the sums of the relation's changes up to and including it, so that a span is a subtraction. */
type SummedChange = {
  readonly version: Version;
  readonly effectiveMs: number;
  /** When rows last came, by then; null: there were none yet. */
  readonly arrivedMs: number | null;
  readonly insertedUpTo: number;
  readonly deletedUpTo: number;
};

/**
 * One relation's changes, oldest first: the first `length` of `all`. Indexes that follow each other share the array;
 * what stands behind `length` belongs to a newer one, or to a transaction that was rolled back.
 */
type ChangeLine = { readonly all: SummedChange[]; readonly length: number };

const emptyLine: ChangeLine = { all: [], length: 0 };

/**
 * The counts of every relation's changes, so that "what is pending" is never a query. A value: an addition makes a
 * new index, and whoever holds an older one goes on seeing the older state. Only the newest may be added to.
 */
export class ChangeIndex {
  readonly #lines: ReadonlyMap<string, ChangeLine>;

  constructor(lines: ReadonlyMap<string, ChangeLine> = new Map()) {
    this.#lines = lines;
  }

  /** @param changes by relation, each oldest first. */
  static of(changes: Iterable<ChangeCount & { readonly name: string }>): ChangeIndex {
    const lines = new Map<string, ChangeLine>();
    for (const change of changes) lines.set(change.name, extended(lines.get(change.name), change));
    return new ChangeIndex(lines);
  }

  with(name: string, change: ChangeCount): ChangeIndex {
    return new ChangeIndex(new Map(this.#lines).set(name, extended(this.#lines.get(name), change)));
  }

  /** The relation was dropped or made anew: what it was before is nobody's pending change. */
  without(name: string): ChangeIndex {
    const lines = new Map(this.#lines);
    lines.delete(name);
    return new ChangeIndex(lines);
  }

  /** Rows of a base table: all that came less all that went. */
  rows(name: string): number {
    const line = this.#lines.get(name) ?? emptyLine;
    const last = line.all[line.length - 1];
    return last === undefined ? 0 : last.insertedUpTo - last.deletedUpTo;
  }

  /** When `name` last changed; null when it never did. */
  lastChangeMs(name: string): number | null {
    const line = this.#lines.get(name) ?? emptyLine;
    return line.all[line.length - 1]?.effectiveMs ?? null;
  }

  /** When rows last came to `name`, or came again; null when none did. What only takes rows away is no arrival. */
  lastArrivalMs(name: string): number | null {
    const line = this.#lines.get(name) ?? emptyLine;
    return line.all[line.length - 1]?.arrivedMs ?? null;
  }

  /** Changes of `name` in versions (from, to]. */
  pending(name: string, from: Version, to: Version): PendingChange {
    const line = this.#lines.get(name) ?? emptyLine;
    return pendingIn(line, firstAfter(line, from), firstAfter(line, to));
  }

  /**
   * As `pending`, of a view that follows the clock: its changes in versions (from, to], and in `from` itself after a
   * moment.
   */
  pendingSince(name: string, from: Version, fromMs: number, to: Version): PendingChange {
    const line = this.#lines.get(name) ?? emptyLine;
    let start = firstAfter(line, from);
    while ((line.all[start - 1]?.version ?? -1) === from && (line.all[start - 1]?.effectiveMs ?? 0) > fromMs)
      start -= 1;
    return pendingIn(line, start, firstAfter(line, to));
  }

  /** Changes of `name` in versions after `from`, as far as they had taken effect by a moment. */
  pendingUntil(name: string, from: Version, untilMs: number): PendingChange {
    const line = this.#lines.get(name) ?? emptyLine;
    const start = firstAfter(line, from);
    let end = line.length;
    while (end > start && (line.all[end - 1]?.effectiveMs ?? 0) > untilMs) end -= 1;
    return pendingIn(line, start, end);
  }

  /** The first version in (from, to] that changed `name`, or null. */
  firstChange(name: string, from: Version, to: Version): Version | null {
    const line = this.#lines.get(name) ?? emptyLine;
    const start = firstAfter(line, from);
    const version = start < line.length ? line.all[start]?.version : undefined;
    return version !== undefined && version <= to ? version : null;
  }

  /** How many versions in (from, to] changed at least one of `names`. */
  versionsChanging(names: readonly string[], from: Version, to: Version): number {
    const [only, ...others] = names;
    if (only !== undefined && others.length === 0) return this.pending(only, from, to).versions;
    const versions = new Set<Version>();
    for (const name of names) {
      const line = this.#lines.get(name) ?? emptyLine;
      const end = firstAfter(line, to);
      for (let at = firstAfter(line, from); at < end; at++) {
        const version = line.all[at]?.version;
        if (version !== undefined) versions.add(version);
      }
    }
    return versions.size;
  }
}

/** What the line holds from place `start` up to `end`. */
function pendingIn(line: ChangeLine, start: number, end: number): PendingChange {
  const before = line.all[start - 1];
  const last = end > start ? line.all[end - 1] : before;
  return {
    versions: end - start,
    inserted: (last?.insertedUpTo ?? 0) - (before?.insertedUpTo ?? 0),
    deleted: (last?.deletedUpTo ?? 0) - (before?.deletedUpTo ?? 0),
    sinceMs: end > start ? (line.all[start]?.effectiveMs ?? null) : null,
  };
}

function extended(line: ChangeLine | undefined, change: ChangeCount): ChangeLine {
  const { all, length } = line ?? { all: [], length: 0 };
  const last = all[length - 1];
  all.length = length;
  all.push({
    version: change.version,
    effectiveMs: change.effectiveMs,
    arrivedMs: change.inserted > 0 ? change.effectiveMs : (last?.arrivedMs ?? null),
    insertedUpTo: (last?.insertedUpTo ?? 0) + change.inserted,
    deletedUpTo: (last?.deletedUpTo ?? 0) + change.deleted,
  });
  return { all, length: length + 1 };
}

/** Where in the line the first change of a version above `version` stands. */
function firstAfter({ all, length }: ChangeLine, version: Version): number {
  let low = 0;
  let high = length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((all[middle]?.version ?? Number.POSITIVE_INFINITY) <= version) low = middle + 1;
    else high = middle;
  }
  return low;
}
