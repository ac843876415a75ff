import type { IncidentKind, LiveIncident } from '../core/incident.ts';
import { sameName } from '../core/schema.ts';
import type { IncidentBound } from '../declare/definition.ts';
import type { ModelEntry } from '../query/catalog.ts';
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
