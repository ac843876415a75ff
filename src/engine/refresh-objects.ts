import type { RefreshRecord } from '../log/cursor-log.ts';
import { nameOf } from '../query/catalog.ts';
import type { EngineCore } from './engine-core.ts';
import { refreshModel } from './refresh-model.ts';
import { type RefreshRequest, refreshViews } from './refresh-views.ts';
import { WriteDraft } from './write-draft.ts';

/** Refreshes views together, to one version, then models. */
export async function refreshObjects(
  core: EngineCore,
  names: readonly string[],
  request: RefreshRequest,
): Promise<RefreshRecord[]> {
  const { catalog } = core.state;
  const entries = names.map((name) => catalog.get(name)).filter((entry) => entry !== undefined);
  const models = entries.filter((entry) => entry.kind === 'model').map(nameOf);
  const views = entries.filter((entry) => entry.kind !== 'model' && entry.kind !== 'table').map(nameOf);
  const records: RefreshRecord[] = [];
  if (views.length > 0) {
    const viewRecords = await core.commit(async (tx, state) => {
      const draft = new WriteDraft(tx, state, core.clock.nowMs());
      return draft.committed(await refreshViews(core, draft, views, request));
    });
    records.push(...viewRecords);
  }
  for (const model of models) records.push(...(await refreshModel(core, model, request)));
  return records;
}
