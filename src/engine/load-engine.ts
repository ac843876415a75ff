import type { Session } from '../core/session.ts';
import type { SqlParser } from '../core/sql-tree.ts';
import { createIngestTarget } from '../ingest/ingest-target.ts';
import { loadHorizon } from '../log/compact.ts';
import { lastRefreshId, loadCursors } from '../log/cursor-log.ts';
import { lastIncidentId } from '../log/incident-log.ts';
import { loadHistory } from '../log/update-log.ts';
import { loadModelHistory } from '../promote/model-versions.ts';
import { Catalog } from '../query/catalog.ts';
import { loadObjects } from '../store/object-table.ts';
import { buildEntry } from './build-entry.ts';
import type { EngineState } from './engine-state.ts';

/** The engine's memory of the file as it was left; definitions are compiled anew, never read back as plans. */
export async function loadEngine(session: Session, parser: SqlParser): Promise<EngineState> {
  const history = await loadHistory(session);
  const models = await loadModelHistory(session);
  return {
    version: history.version,
    catalog: await loadCatalog(session, parser),
    cursors: await loadCursors(session),
    promoted: models.promoted,
    modelStates: new Map(),
    lastModelVersion: models.lastVersion,
    changes: history.changes,
    lastUpdateId: history.lastUpdateId,
    lastRefreshId: await lastRefreshId(session),
    lastIncidentId: await lastIncidentId(session),
    audited: new Map(),
    horizon: await loadHorizon(session),
  };
}

async function loadCatalog(session: Session, parser: SqlParser): Promise<Catalog> {
  let catalog = new Catalog();
  for (const { definition, createdAtMs } of await loadObjects(session)) {
    catalog = new Catalog([
      ...catalog.entries(),
      await buildEntry(session, parser, definition, catalog, createdAtMs),
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
