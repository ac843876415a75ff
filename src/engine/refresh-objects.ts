import type { RefreshRecord } from '../log/cursor-log.ts';
import { type CatalogEntry, nameOf } from '../query/catalog.ts';
import { commitRefreshed } from './commit-refreshed.ts';
import type { EngineCore } from './engine-core.ts';
import { refreshModel } from './refresh-model.ts';
import { isKept, type RefreshRequest } from './refresh-views.ts';
import { showsModel } from './shown-models.ts';
import { servedStanding } from './standings.ts';

/** Refreshes views together, to one version, after the models whose predictions they hold; then the other models. */
export async function refreshObjects(
  core: EngineCore,
  names: readonly string[],
  request: RefreshRequest,
): Promise<RefreshRecord[]> {
  const { catalog } = core.state;
  const entries = names.map((name) => catalog.get(name)).filter((entry) => entry !== undefined);
  const models = catalog.entries().filter((entry) => entry.kind === 'model' && entries.includes(entry));
  const views = entries.filter((entry) => entry.kind !== 'model' && entry.kind !== 'table').map(nameOf);
  const idle = nothingPending(core, views, request);
  if (models.length === 0 && idle !== null) return idle;
  const records: RefreshRecord[] = [];
  const isShown = (model: CatalogEntry) => entries.some((entry) => showsModel(entry, nameOf(model)));
  const first = models.filter(isShown);
  for (const model of first) records.push(...(await refreshModel(core, nameOf(model), request)));
  if (views.length > 0) {
    const viewRecords = await commitRefreshed(core, () => views, request);
    records.push(...viewRecords);
  }
  for (const model of models) {
    if (!first.includes(model)) records.push(...(await refreshModel(core, nameOf(model), request)));
  }
  return records;
}

/**
 * Told, and not recorded, where no view asked for has anything to be done: no transaction is begun for it. Null: some
 * has, or may have.
 */
function nothingPending(
  core: EngineCore,
  views: readonly string[],
  request: RefreshRequest,
): RefreshRecord[] | null {
  if (request.how !== 'auto') return null;
  const { state } = core;
  const nowMs = core.clock.nowMs();
  const records: RefreshRecord[] = [];
  for (const name of views) {
    const entry = state.catalog.get(name);
    const standing = entry !== undefined && isKept(entry) ? servedStanding(entry, state, nowMs) : null;
    if (entry === undefined || standing === null || standing.sinceMs !== null) return null;
    records.push({
      refreshId: state.lastRefreshId,
      name,
      objectKind: entry.kind,
      kind: 'none',
      rung: null,
      reason: 'no-change',
      trigger: request.trigger,
      fromVersion: state.cursors.get(name)?.version ?? null,
      toVersion: state.version,
      rows: 0,
      predictedMs: { incremental: null, algebraic: null, domain: null, full: null },
      actualMs: 0,
      regretMs: null,
      refreshedAtMs: nowMs,
    });
  }
  return request.trigger === 'asked' ? records : [];
}
