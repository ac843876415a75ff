import { quoteIdentifier } from '../core/identifier.ts';
import type { LiveIncident } from '../core/incident.ts';
import { type ModelEntry, nameOf } from '../query/catalog.ts';
import type { EngineState } from './engine-state.ts';
import { incidentAgainst } from './model-incidents.ts';

/** Why a candidate that passed its gate does not answer. */
export type CandidateHold =
  | { readonly reason: 'held-by-person'; readonly incident: null }
  | { readonly reason: 'incident-open'; readonly incident: LiveIncident };

/** Null: nothing speaks against the candidate but its gate. */
export function candidateHold(state: EngineState, entry: ModelEntry): CandidateHold | null {
  if (state.heldModels.has(nameOf(entry))) return { reason: 'held-by-person', incident: null };
  // A silence brings no rows to learn from.
  const incident = incidentAgainst(state, entry, entry.declared.definition.holdOn, [
    'silence',
    'live-performance',
  ]);
  return incident === undefined ? null : { reason: 'incident-open', incident };
}

/** What lets a newer version answer than does, where another refresh does not. */
export function wayToNewer(state: EngineState, entry: ModelEntry): string {
  const written = quoteIdentifier(nameOf(entry));
  const hold = candidateHold(state, entry);
  const promotes = `PROMOTE MODEL ${written} lets the newest that passed its gate answer`;
  if (hold?.reason === 'held-by-person') return `what answers is held by a person, and ${promotes}`;
  if (hold !== null) {
    const id = hold.incident.incidentId;
    return `incident ${id} holds what is newer: ACCEPT or RESOLVE INCIDENT ${id}, or ${promotes}`;
  }
  return `the newest candidate failed its gate, as everview.gates tells: ALTER MODEL ${written} SET (gate = …) has it judged anew`;
}
