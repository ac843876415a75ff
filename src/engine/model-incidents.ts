import { EverviewError } from '../core/errors.ts';
import type { IncidentKind, LiveIncident } from '../core/incident.ts';
import { sameName } from '../core/schema.ts';
import type { IncidentBound } from '../declare/definition.ts';
import { type ModelEntry, nameOf } from '../query/catalog.ts';
import type { EngineState } from './engine-state.ts';

/**
 * The first incident that speaks against a model: open or acknowledged, of a table it learns from, at least as bad as
 * the bound, and about what is in the table now. Rows that were set aside or refused are not.
 */
export function incidentAgainst(
  state: EngineState,
  entry: ModelEntry,
  bound: IncidentBound,
  except: readonly IncidentKind[] = [],
): LiveIncident | undefined {
  return state.incidents.find(
    (live) =>
      isAtLeast(live, bound) &&
      live.state !== 'accepted' &&
      (live.response === 'warned' || live.response === 'refresh-held' || live.response === 'none') &&
      !except.includes(live.kind) &&
      entry.bases.some((base) => sameName(base, live.name)),
  );
}

function isAtLeast({ severity }: LiveIncident, bound: IncidentBound): boolean {
  return bound !== 'never' && (severity === 'block' || severity === bound);
}

/** @throws EverviewError `predictions-paused` */
export function assertNotPaused(state: EngineState, models: readonly string[]): void {
  if (state.incidents.length === 0) return;
  for (const model of models) {
    const entry = state.catalog.get(model);
    if (entry?.kind !== 'model') continue;
    const incident = incidentAgainst(state, entry, entry.declared.definition.pauseOn);
    if (incident === undefined) continue;
    const { incidentId, detail } = incident;
    throw new EverviewError(
      'predictions-paused',
      `predictions of model "${nameOf(entry)}" are paused by incident ${incidentId}: ${detail}`,
      {
        hint: `EXPLAIN INCIDENT ${incidentId}, then ACCEPT or RESOLVE it; ALTER MODEL … SET (pause_on = never) answers all the same`,
        data: { model: nameOf(entry), incident: incidentId },
      },
    );
  }
}
