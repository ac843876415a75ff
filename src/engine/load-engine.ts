import type { Session } from '../core/session.ts';
import type { SqlParser } from '../core/sql-tree.ts';
import { versionOf } from '../core/version.ts';
import { createIngestTarget } from '../ingest/ingest-target.ts';
import { lastSetAside } from '../ingest/quarantine.ts';
import { ChangeIndex } from '../log/change-index.ts';
import { loadReach } from '../log/compact.ts';
import { type Cursor, lastRefreshId, loadCursors } from '../log/cursor-log.ts';
import { nextDelivery } from '../log/delivery-log.ts';
import { loadHeld, loadMarks } from '../log/held-log.ts';
import { lastIncidentId, loadLiveIncidents } from '../log/incident-log.ts';
import { loadSources } from '../log/source-log.ts';
import { loadHistory } from '../log/update-log.ts';
import {
  loadModelHistory,
  loadSuperseded,
  type ModelHistory,
  type SupersededVersion,
} from '../promote/model-versions.ts';
import {
  countPredictions,
  type LiveLog,
  lastPredictionId,
  loggingModels,
} from '../promote/prediction-log.ts';
import { loadHeldModels } from '../promote/promotion-log.ts';
import { Catalog } from '../query/catalog.ts';
import { loadObjects } from '../store/object-table.ts';
import { buildEntry } from './build-entry.ts';
import type { EngineState } from './engine-state.ts';
import { supersededByKey } from './shown-models.ts';

/** What the file does not tell. */
export type GivenState = Pick<EngineState, 'notifies' | 'falseAlarms'>;

/** The memory of an engine whose file was just made: what `loadEngine` would find there, without the asking. */
export function newEngine(given: GivenState): EngineState {
  return {
    version: versionOf(0),
    catalog: new Catalog(),
    cursors: new Map(),
    promoted: new Map(),
    modelStates: new Map(),
    superseded: new Map(),
    heldModels: new Set(),
    lastModelVersion: new Map(),
    droppedModels: new Map(),
    changes: new ChangeIndex(),
    sources: new Map(),
    setAsideMs: new Map(),
    lastUpdateId: 0,
    lastRefreshId: 0,
    lastIncidentId: 0,
    lastPredictionId: 0,
    liveLogs: new Map(),
    incidents: [],
    held: [],
    marks: [],
    nextDeliveryMs: null,
    audited: new Map(),
    histories: new Map(),
    flatSets: new Map(),
    horizon: versionOf(0),
    rowsSince: versionOf(0),
    ...given,
  };
}

/** The engine's memory of the file as it was left; definitions are compiled anew, never read back as plans. */
export async function loadEngine(
  session: Session,
  parser: SqlParser,
  given: GivenState,
): Promise<EngineState> {
  const history = await loadHistory(session);
  const models = await loadModelHistory(session);
  const cursors = await loadCursors(session);
  return {
    ...newEngine(given),
    version: history.version,
    catalog: await loadCatalog(session, parser),
    cursors,
    promoted: models.promoted,
    superseded: supersededByKey(await loadShown(session, cursors, models.promoted)),
    heldModels: await loadHeldModels(session),
    lastModelVersion: models.lastVersion,
    changes: history.changes,
    sources: await loadSources(session),
    setAsideMs: await lastSetAside(session),
    lastUpdateId: history.lastUpdateId,
    lastRefreshId: await lastRefreshId(session),
    lastIncidentId: await lastIncidentId(session),
    lastPredictionId: await lastPredictionId(session),
    liveLogs: await loadLiveLogs(session),
    incidents: await loadLiveIncidents(session),
    held: await loadHeld(session),
    marks: await loadMarks(session),
    nextDeliveryMs: await nextDelivery(session),
    ...(await loadReach(session)),
  };
}

/** The versions of models that contents show and that do not answer. */
async function loadShown(
  session: Session,
  cursors: ReadonlyMap<string, Cursor>,
  promoted: ModelHistory['promoted'],
): Promise<SupersededVersion[]> {
  const superseded: SupersededVersion[] = [];
  for (const { models } of cursors.values()) {
    for (const [model, version] of models) {
      const isKnown = superseded.some((one) => one.model === model && one.version === version);
      if (isKnown || promoted.get(model)?.modelVersion === version) continue;
      const withdrawnMs = cursors.get(model)?.asOfMs ?? 0;
      superseded.push(await loadSuperseded(session, model, version, withdrawnMs));
    }
  }
  return superseded;
}

async function loadCatalog(session: Session, parser: SqlParser): Promise<Catalog> {
  let catalog = new Catalog();
  for (const { definition, createdAtMs } of await loadObjects(session)) {
    catalog = new Catalog([
      ...catalog.entries(),
      await buildEntry(session, parser, definition, catalog, createdAtMs, 'kept'),
    ]);
  }
  const entries = catalog.entries();
  const tables = entries.flatMap((entry) => (entry.kind === 'table' ? [entry.declared] : []));
  return new Catalog(
    entries.map((entry) =>
      entry.kind === 'table' ? { ...entry, target: createIngestTarget(entry.declared, tables) } : entry,
    ),
  );
}

/** Where labels were last looked for is not kept: the first round looks again. */
async function loadLiveLogs(session: Session): Promise<ReadonlyMap<string, LiveLog>> {
  const logs = new Map<string, LiveLog>();
  for (const model of await loggingModels(session)) {
    const counted = await countPredictions(session, model);
    logs.set(model, { ...counted, hasNew: true, settledVersion: versionOf(0), settledMs: 0, nextMs: null });
  }
  return logs;
}
