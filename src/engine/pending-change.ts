import { clockSource } from '../algebra/clock-filter.ts';
import type { Moments } from '../core/moment.ts';
import type { PendingChange } from '../log/change-index.ts';
import type { Cursor } from '../log/cursor-log.ts';
import { clockFiltersOfPlan } from '../plan/clock-of-plan.ts';
import type { ViewHandle } from '../view/refresher.ts';
import type { EngineState } from './engine-state.ts';
import { modelEnds } from './shown-models.ts';

/** What a view's contents lack of the newest version and of the moment. */
export type PendingOnContents = {
  readonly changedSources: ReadonlyMap<string, PendingChange>;
  readonly moments: Moments;
};

const crossed: PendingChange = { versions: 0, inserted: 0, deleted: 0, sinceMs: null };

/** @param cursor where the contents stand; null: there are none */
export function pendingChange(
  state: EngineState,
  handle: ViewHandle,
  cursor: Cursor | null,
  nowMs: number,
): PendingOnContents {
  if (cursor === null) {
    const models = modelEnds(state, handle, null);
    return { changedSources: new Map(), moments: { fromMs: nowMs, toMs: nowMs, models } };
  }
  const changed = new Map<string, PendingChange>();
  const { version, asOfMs } = cursor;
  for (const { name, isClocked } of handle.reads) {
    const pending = isClocked
      ? state.changes.pendingSince(name, version, asOfMs, state.version)
      : state.changes.pending(name, version, state.version);
    if (pending.versions > 0) changed.set(name, pending);
  }
  if (isBoundaryPassed(cursor, nowMs) && clockFiltersOfPlan(handle.plan).length > 0) {
    changed.set(clockSource, crossed);
  }
  const models = modelEnds(state, handle, cursor.models);
  for (const [model, { from, to }] of models) {
    if (from?.version !== to?.version) changed.set(model, predictedAnew(state, handle));
  }
  return { changedSources: changed, moments: { fromMs: cursor.asOfMs, toMs: nowMs, models } };
}

/** Of the rows of a view that keeps predictions within a tolerance, expected to be beyond it. */
const expectedBeyond = 1 / 64;

/**
 * Every row that is predicted leaves as it was and comes as it is: as many as the largest relation read has. Within a
 * tolerance most stay; how many do not is known once they are compared, and what that cost is learned from.
 */
function predictedAnew(state: EngineState, { reads, plan }: ViewHandle): PendingChange {
  const isWithin = plan.kind === 'domain' && plan.kept !== undefined;
  const all = Math.max(1, ...reads.map(({ name }) => rowsOf(state, name)));
  const rows = Math.ceil(isWithin ? all * expectedBeyond : all);
  return { versions: 0, inserted: rows, deleted: rows, sinceMs: null };
}

export function rowsOf(state: EngineState, name: string): number {
  return state.catalog.get(name)?.kind === 'table'
    ? state.changes.rows(name)
    : (state.cursors.get(name)?.rows ?? 0);
}

/** Also when the clock stands before the contents' moment, as that of another process can. */
export function isBoundaryPassed(
  { asOfMs, nextBoundaryMs }: Pick<Cursor, 'asOfMs' | 'nextBoundaryMs'>,
  nowMs: number,
): boolean {
  return nowMs < asOfMs || (nextBoundaryMs !== null && nextBoundaryMs <= nowMs);
}
