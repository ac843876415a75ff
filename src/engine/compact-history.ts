import { type Version, versionOf } from '../core/version.ts';
import { compactLog, saveHorizon } from '../log/compact.ts';
import { nameOf } from '../query/catalog.ts';
import type { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';
import { isKept } from './refresh-views.ts';
import { maintainedEntries } from './standings.ts';
import { WriteDraft } from './write-draft.ts';

/**
 * Forgets changes older than the declared horizon, never past a cursor: what a view or a model has not consumed
 * stays, however old.
 */
export async function compactHistory(core: EngineCore): Promise<void> {
  const horizon = nextHorizon(core, core.state);
  if (horizon <= core.state.horizon) return;
  await core.commit(async (tx, state) => {
    const draft = new WriteDraft(tx, state, core.clock.nowMs());
    const through = nextHorizon(core, state);
    for (const entry of state.catalog.entries()) {
      if (entry.kind !== 'table' && !isKept(entry)) continue;
      // What follows the clock may have changed again in the version a reader has come to.
      const isClocked = entry.kind !== 'table' && entry.handle.isClocked;
      await compactLog(tx, nameOf(entry), isClocked ? versionOf(through - 1) : through);
    }
    await saveHorizon(tx, through);
    draft.update({ horizon: through });
    return draft.committed(undefined);
  });
}

function nextHorizon(core: EngineCore, state: EngineState): Version {
  if (core.historyVersions === null) return state.horizon;
  // What has no contents, or contents of another definition, will be built anew and needs no history.
  const consumed = maintainedEntries(state).flatMap((entry) => {
    const cursor = state.cursors.get(nameOf(entry));
    return cursor?.hash === entry.declared.hash ? [cursor.version] : [];
  });
  // What waits for a decision is answered as of the version before, and what was done to its rows since decides too.
  const awaited = state.held.flatMap(({ what, version }) => (what === 'refresh' ? [version - 1] : []));
  const newest = Math.min(state.version - core.historyVersions, ...consumed, ...awaited);
  return versionOf(Math.max(state.horizon, newest));
}
