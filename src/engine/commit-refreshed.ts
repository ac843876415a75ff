import type { RefreshRecord } from '../log/cursor-log.ts';
import type { EngineCore } from './engine-core.ts';
import type { EngineState } from './engine-state.ts';
import { inFullWhereChangesFail } from './refresh-failure.ts';
import { type RefreshRequest, refreshViews } from './refresh-views.ts';
import { WriteDraft } from './write-draft.ts';

/**
 * Refreshes views together in a transaction of their own.
 *
 * @param namesIn which they are, by the state that the transaction begins with
 */
export function commitRefreshed(
  core: EngineCore,
  namesIn: (state: EngineState) => readonly string[],
  request: RefreshRequest,
): Promise<RefreshRecord[]> {
  return inFullWhereChangesFail((anew) =>
    core.commit(async (tx, state) => {
      const draft = new WriteDraft(tx, state, core.clock.nowMs());
      return draft.committed(await refreshViews(core, draft, namesIn(state), { ...request, anew }));
    }),
  );
}
