import { type IncidentResponse, type LiveIncident, statementsFor } from '../core/incident.ts';
import { subjectOf } from '../core/verdict.ts';
import { blockingFindings, findingsOf } from '../ingest/judge/profile-log.ts';
import type { HeldOutcome, HeldUpdate } from '../log/held-log.ts';
import { recordOffers } from '../log/incident-log.ts';
import { replaceIncident } from './replace-incident.ts';
import type { WriteDraft } from './write-draft.ts';

/** What an update waits for: the incidents of what blocked it, as far as they are not resolved. */
export async function incidentsOfHeld(
  { tx, state }: WriteDraft,
  { table, updateId }: HeldUpdate,
): Promise<LiveIncident[]> {
  const subjects = new Set((await blockingFindings(tx, table, updateId)).map(subjectOf));
  return state.incidents.filter((live) => isAbout(live, table, subjects));
}

function isAbout(live: LiveIncident, table: string, subjects: ReadonlySet<string>): boolean {
  return live.kind === 'finding' && live.name === table && subjects.has(live.subject);
}

/** The updates that wait for a table, by the incident that tells of what they show. */
export async function waitingFor(
  { tx, state }: WriteDraft,
  table: string,
): Promise<(live: LiveIncident) => readonly HeldUpdate[]> {
  const waiting: { readonly held: HeldUpdate; readonly subjects: ReadonlySet<string> }[] = [];
  for (const held of state.held)
    if (held.table === table) waiting.push({ held, subjects: await toldSubjects(tx, held) });
  return (live) => waiting.flatMap(({ held, subjects }) => (isAbout(live, table, subjects) ? [held] : []));
}

async function toldSubjects(
  tx: WriteDraft['tx'],
  { table, updateId }: HeldUpdate,
): Promise<ReadonlySet<string>> {
  const findings = await findingsOf(tx, table, updateId);
  return new Set(findings.filter(({ severity }) => severity !== 'log').map(subjectOf));
}

/** An update waits no more: its incidents say what came of it, and offer what can be done now. */
export async function settleOffers(draft: WriteDraft, held: HeldUpdate, outcome: HeldOutcome): Promise<void> {
  const subjects = await toldSubjects(draft.tx, held);
  const waitingUnder = await waitingFor(draft, held.table);
  for (const live of draft.state.incidents) {
    if (!isAbout(live, held.table, subjects)) continue;
    const waiting = waitingUnder(live);
    const isWaiting = live.response === 'update-held' || live.response === 'refresh-held';
    const ends = outcome === 'accepted-marked' || (isWaiting && waiting.length === 0);
    const response = ends ? responseAfter[outcome] : live.response;
    const updateId = ends ? held.updateId : live.updateId;
    await offer(draft, { ...live, response, updateId }, waiting);
  }
}

const responseAfter: Readonly<Record<HeldOutcome, IncidentResponse>> = {
  approved: 'let-in',
  rejected: 'rejected',
  'accepted-marked': 'warned',
  'not-taken': 'quarantined',
};

/** Incidents of a table were seen again: they offer to decide about all that waits, not only about the newest. */
export async function renewOffers(draft: WriteDraft, table: string): Promise<void> {
  if (!draft.state.held.some((held) => held.table === table)) return;
  const waitingUnder = await waitingFor(draft, table);
  for (const live of draft.state.incidents) {
    if (live.kind !== 'finding' || live.name !== table) continue;
    const waiting = waitingUnder(live);
    if (waiting.length > 0) await offer(draft, live, waiting);
  }
}

async function offer(draft: WriteDraft, live: LiveIncident, waiting: readonly HeldUpdate[]): Promise<void> {
  const renewed = { ...live, statements: statementsFor(live.incidentId, live, waiting) };
  replaceIncident(draft, live.incidentId, renewed);
  await recordOffers(draft.tx, renewed);
}
