import type { IncidentKind, LiveIncident } from '../core/incident.ts';
import { sameName } from '../core/schema.ts';
import type { FindingSeverity } from '../core/verdict.ts';
import type { ModelVersion } from '../core/version.ts';
import type { IncidentBound } from '../declare/definition.ts';
import { type ModelEntry, nameOf } from '../query/catalog.ts';
import { answeringModel } from './answering-model.ts';
import type { EngineState } from './engine-state.ts';

/**
 * The first incident that speaks against a model: open or acknowledged, of a table it learns from, at least as bad as
 * the bound, and about what is in the table now with nobody having vouched for it. Rows that were set aside or refused
 * are not, nor what a person approved. Or one about what the version that answers does.
 */
export function incidentAgainst(
  state: EngineState,
  entry: ModelEntry,
  bound: IncidentBound,
  except: readonly IncidentKind[] = [],
): LiveIncident | undefined {
  return state.incidents.find(
    (live) =>
      isAtLeast(standingOf(state, live), bound) &&
      live.state !== 'accepted' &&
      !except.includes(live.kind) &&
      (live.kind === 'live-performance'
        ? isOfAnswering(state, entry, live)
        : entry.bases.some((base) => sameName(base, live.name))),
  );
}

/** What the version that answers does is no matter of another. */
function isOfAnswering(state: EngineState, entry: ModelEntry, live: LiveIncident): boolean {
  const answering = answeringModel(state, nameOf(entry));
  return (
    answering !== null &&
    sameName(live.name, nameOf(entry)) &&
    live.subject === liveSubject(answering.modelVersion)
  );
}

/** What an incident about a model's life is about. */
export function liveSubject(version: ModelVersion): string {
  return `version ${version}`;
}

/** How bad what is in the table is; while a decision about some of it is waited for, as bad as what was found of it. */
function standingOf(
  { held }: EngineState,
  { kind, name, severity, taken }: LiveIncident,
): FindingSeverity | null {
  const waits = kind === 'finding' && held.some(({ what, table }) => what === 'refresh' && table === name);
  return waits ? severity : taken;
}

function isAtLeast(severity: FindingSeverity | null, bound: IncidentBound): boolean {
  return bound !== 'never' && (severity === 'block' || severity === bound);
}
