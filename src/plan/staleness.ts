import { fresh, type Staleness } from '../core/staleness.ts';
import { type Version, versionOf } from '../core/version.ts';
import type { RefreshPolicy } from '../declare/definition.ts';

/** What the log's index can say of one base table. */
export interface PendingChanges {
  pending(
    name: string,
    from: Version,
    to: Version,
  ): {
    readonly versions: number;
    readonly inserted: number;
    readonly deleted: number;
    readonly sinceMs: number | null;
  };
  firstChange(name: string, from: Version, to: Version): Version | null;
  /** How many versions changed at least one of `names`. */
  versionsChanging(names: readonly string[], from: Version, to: Version): number;
}

/** Where an object's contents stand. */
export type Position = {
  readonly version: Version;
  /** The first moment after which its contents change by the clock alone; null: never. */
  readonly nextBoundaryMs: number | null;
  /** Since when they hold predictions of a version that no longer answers; null or left out: they hold none. */
  readonly supersededMs?: number | null;
};

export type Standing = {
  readonly staleness: Staleness;
  /** The newest version its contents are right for. */
  readonly asOf: Version;
  /** When it began to be stale; null when it is not. */
  readonly sinceMs: number | null;
};

/** Staleness at version `head` of contents that stand at `position` and rest on the base tables `bases`. */
export function standingOf(
  position: Position,
  bases: readonly string[],
  changes: PendingChanges,
  head: Version,
  nowMs: number,
): Standing {
  let rows = 0;
  let sinceMs: number | null = null;
  let asOf = head;
  for (const base of bases) {
    const pending = changes.pending(base, position.version, head);
    const first = changes.firstChange(base, position.version, head);
    if (first === null) continue;
    rows += pending.inserted + pending.deleted;
    sinceMs = Math.min(sinceMs ?? Number.POSITIVE_INFINITY, pending.sinceMs ?? Number.POSITIVE_INFINITY);
    asOf = versionOf(Math.min(asOf, first - 1));
  }
  if (position.nextBoundaryMs !== null && position.nextBoundaryMs <= nowMs) {
    sinceMs = Math.min(sinceMs ?? Number.POSITIVE_INFINITY, position.nextBoundaryMs);
  }
  const supersededMs = position.supersededMs ?? null;
  if (supersededMs !== null) sinceMs = Math.min(sinceMs ?? Number.POSITIVE_INFINITY, supersededMs);
  if (sinceMs === null) return { staleness: fresh, asOf, sinceMs };
  const versions = changes.versionsChanging(bases, position.version, head);
  // A clock that stands before the change (a file opened with another clock) must not make stale contents look fresh.
  const ms = Math.abs(nowMs - sinceMs);
  return { staleness: { versions, rows, ms, effect: null }, asOf, sinceMs };
}

/** Whether contents this stale are within what the policy bears. */
export function withinPolicy(standing: Standing, policy: RefreshPolicy): boolean {
  if (standing.sinceMs === null) return true;
  if (policy.maxStalenessMs === 0) return false;
  const timely = policy.maxStalenessMs === null || standing.staleness.ms <= policy.maxStalenessMs;
  return timely && (policy.maxRows === null || standing.staleness.rows <= policy.maxRows);
}

/**
 * When a refresh is due at the latest; null when the contents are fresh or the policy sets no bound. A refresh that
 * waits for its deadline saves those before it.
 */
export function deadlineOf(standing: Standing, policy: RefreshPolicy): number | null {
  if (standing.sinceMs === null) return null;
  if (policy.maxRows !== null && standing.staleness.rows > policy.maxRows) return standing.sinceMs;
  return policy.maxStalenessMs === null ? null : standing.sinceMs + policy.maxStalenessMs;
}
