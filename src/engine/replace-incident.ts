import { type IncidentReport, isSameCause, type LiveIncident } from '../core/incident.ts';
import type { EngineState } from './engine-state.ts';
import type { WriteDraft } from './write-draft.ts';

export function liveIncident(
  state: EngineState,
  cause: Pick<IncidentReport, 'kind' | 'name' | 'subject'>,
): LiveIncident | undefined {
  return state.incidents.find((live) => isSameCause(live, cause));
}

/** @param next null: it lives no more */
export function replaceIncident(draft: WriteDraft, incidentId: number, next: LiveIncident | null): void {
  const incidents = draft.state.incidents.flatMap((live) =>
    live.incidentId !== incidentId ? [live] : next === null ? [] : [next],
  );
  draft.update({ incidents });
}
