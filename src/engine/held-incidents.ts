import type { LiveIncident } from '../core/incident.ts';
import { subjectOf } from '../core/verdict.ts';
import { blockingFindings } from '../ingest/judge/profile-log.ts';
import type { HeldUpdate } from '../log/held-log.ts';
import { liveIncident } from './incidents.ts';
import type { WriteDraft } from './write-draft.ts';

/** What an update waits for: the incidents of what blocked it, as far as they are not resolved. */
export async function incidentsOfHeld(
  { tx, state }: WriteDraft,
  { table, updateId }: HeldUpdate,
): Promise<LiveIncident[]> {
  const findings = await blockingFindings(tx, table, updateId);
  const subjects = new Set(findings.map(subjectOf));
  return [...subjects].flatMap(
    (subject) => liveIncident(state, { kind: 'finding', name: table, subject }) ?? [],
  );
}
