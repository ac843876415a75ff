import type { LiveIncident } from '../core/incident.ts';
import type { WriteDraft } from './write-draft.ts';

/** @param next null: it lives no more */
export function replaceIncident(draft: WriteDraft, incidentId: number, next: LiveIncident | null): void {
  const incidents = draft.state.incidents.flatMap((live) =>
    live.incidentId !== incidentId ? [live] : next === null ? [] : [next],
  );
  draft.update({ incidents });
}
