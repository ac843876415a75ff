import type { Version } from '../core/version.ts';
import type { Cursor } from '../log/cursor-log.ts';
import type { Fit, NeedsFull } from '../model/family.ts';
import { advanceSources } from '../model/row-source.ts';
import { decideModelRefresh } from '../plan/model-refresh-decision.ts';
import { type ModelEntry, nameOf, type TrainingSetEntry } from '../query/catalog.ts';
import { derivedLogOf, shownScan } from '../view/derived-log.ts';
import { trainingSetOf } from './answering-model.ts';
import type { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';
import { fitTask, loadState } from './fit-task.ts';
import { modelRefreshInput } from './model-refresh-input.ts';
import type { HowToRefresh } from './refresh-views.ts';

type LoggedRows = { readonly inserted: number; readonly deleted: number };

/** A model's state moved by a change that its training set is only about to take. */
export type ReadAhead = {
  readonly from: Cursor;
  readonly version: Version;
  readonly logged: LoggedRows;
  readonly advanced: Fit | NeedsFull;
};

/**
 * Where the log of a training set is a table's, the change is there before the set has taken it: reading and summing
 * it need not wait for that. Only of a set without event time, of which a refresh reads nothing but the change.
 *
 * @returns null: it was not tried, or failed, and the fit reads for itself
 */
export function beginReadAhead(core: EngineCore, name: string, how: HowToRefresh): Promise<ReadAhead | null> {
  if (core.isWriting || foreseen(core, core.state, name, how) === null) return Promise.resolve(null);
  const reading = core.store.readParallel(
    core.readStreams,
    () => core.state,
    async (snapshots, state) => {
      const span = foreseen(core, state, name, how);
      if (span === null) return null;
      const { entry, set, from, version, logged, log } = span;
      const nowMs = core.clock.nowMs();
      const known = await loadState(snapshots[0], state, name, from);
      if (known === null) return null;
      const task = fitTask(snapshots, entry, set, nowMs);
      const { bounds } = task;
      const sources = advanceSources(
        task.relation,
        { version: from.version, bounds },
        { version, bounds },
        logged,
      ).map((source) => ({ ...source, relation: log }));
      const family = core.families.of(entry.declared.definition.method);
      return { from, version, logged, advanced: await family.advance(task, known, sources) };
    },
  );
  // What went wrong goes wrong again where it is waited for.
  return reading.catch(() => null);
}

type Span = Omit<ReadAhead, 'advanced'> & {
  readonly entry: ModelEntry;
  readonly set: TrainingSetEntry;
  /** A FROM item: what the set's log will say, from the table's. */
  readonly log: string;
};

/** What a refresh of the model would read once its set has been refreshed; null where that is not known now. */
function foreseen(core: EngineCore, state: EngineState, name: string, how: HowToRefresh): Span | null {
  const entry = state.catalog.get(name);
  if (entry?.kind !== 'model' || entry.plan.weighting !== null || how === 'full') return null;
  const set = trainingSetOf(entry, state.catalog);
  const shown = tableShownBy(set);
  const [from, standing] = [state.cursors.get(nameOf(entry)), state.cursors.get(nameOf(set))];
  if (shown === null || from?.hash !== entry.declared.hash || standing?.hash !== set.declared.hash)
    return null;
  // A model that lags its set has changes before it that stand in the set's own log, as that counts them.
  if (from.version !== standing.version) return null;
  const logged = state.changes.pending(shown.table, standing.version, state.version);
  const changedRows = logged.inserted + logged.deleted;
  if (changedRows === 0) return null;
  const { kind } = decideModelRefresh(modelRefreshInput(core, state, entry, how, changedRows));
  return kind === 'incremental' ? { entry, set, from, version: state.version, logged, log: shown.log } : null;
}

/** The table of which each row is one of the set's, whatever the time; null: it shows something else. */
function tableShownBy({ declared, handle }: TrainingSetEntry): { table: string; log: string } | null {
  const log = declared.definition.eventTime === null ? derivedLogOf(handle) : null;
  const scan = handle.plan.kind === 'rows' ? shownScan(handle.plan.node) : null;
  return log === null || scan === null ? null : { table: scan.relation, log: `(${log})` };
}

/**
 * What reading ahead came to, if it read what is asked for.
 *
 * @param logged rows of each sign that the set's log has in the span, as they were counted when it took them
 */
export function readInAdvance(
  ahead: ReadAhead | null,
  from: Cursor,
  version: Version,
  logged: LoggedRows,
): Fit | NeedsFull | null {
  const isSame =
    ahead?.from === from &&
    ahead.version === version &&
    ahead.logged.inserted === logged.inserted &&
    ahead.logged.deleted === logged.deleted;
  return isSame ? ahead.advanced : null;
}
