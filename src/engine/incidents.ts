import {
  afterReport,
  type Decision,
  type IncidentEvent,
  type IncidentNotice,
  type IncidentReport,
  isSameCause,
  type LiveIncident,
  quietUpdates,
  statementsFor,
  takenBy,
  takenSince,
  tells,
} from '../core/incident.ts';
import type { Version } from '../core/version.ts';
import { heldSubjects } from '../ingest/quarantine.ts';
import { recordDelivery } from '../log/delivery-log.ts';
import type { HeldUpdate } from '../log/held-log.ts';
import {
  recordIncident,
  recordIncidentEvent,
  recordQuiet,
  recordSeenAgain,
  recordTaken,
} from '../log/incident-log.ts';
import { nameOf } from '../query/catalog.ts';
import type { EngineState } from './engine-state.ts';
import { incidentsOfHeld } from './held-incidents.ts';
import { endRefreshHolds } from './held-refreshes.ts';
import { liveIncident, replaceIncident } from './replace-incident.ts';
import type { WriteDraft } from './write-draft.ts';

const byTheEngine = (why: string): Decision => ({ who: 'everview', why });

/**
 * Something is not as it must be: opens an incident, or counts it on the one that is there for the same cause. What was
 * accepted as the new normal stays so until its expiry. Written in the draft's own transaction.
 */
export async function reportIncident(draft: WriteDraft, report: IncidentReport): Promise<LiveIncident> {
  const live = liveIncident(draft.state, report);
  if (live === undefined) return openIncident(draft, report);
  const expires = isExpired(live, draft.nowMs);
  const seen = afterReport(
    expires ? { ...live, state: 'open', expiresAtMs: null } : live,
    report,
    draft.state.version,
  );
  await recordSeenAgain(draft.tx, seen, report, tells(live, report), draft.nowMs);
  replaceIncident(draft, live.incidentId, seen);
  if (expires) {
    await recordEvent(draft, seen, 'expired', byTheEngine('what was accepted came again after its expiry'));
    return seen;
  }
  const worse = worsenedTo(live, seen);
  if (worse !== null) await recordEvent(draft, seen, 'worsened', byTheEngine(`${worse}: ${report.detail}`));
  return seen;
}

function isExpired({ state, expiresAtMs }: LiveIncident, nowMs: number): boolean {
  return state === 'accepted' && expiresAtMs !== null && expiresAtMs <= nowMs;
}

/** What is worse now, in a word; null: nothing is, that nobody has accepted. */
function worsenedTo(before: LiveIncident, now: LiveIncident): string | null {
  if (now.state === 'accepted') return null;
  if (now.severity !== before.severity) return `it is a ${now.severity} now`;
  return now.taken === before.taken ? null : 'rows that nobody has vouched for are in the table now';
}

/**
 * Rows were taken that are under these incidents, and nobody vouched for them: nor does an acceptance that has expired.
 * @param version since which they are in the table
 */
export async function noteTaken(
  draft: WriteDraft,
  incidents: readonly LiveIncident[],
  version: Version,
  why: string,
): Promise<void> {
  for (const live of incidents) {
    const expires = isExpired(live, draft.nowMs);
    if (live.state === 'accepted' && !expires) continue;
    const reopened = expires ? { ...live, state: 'open' as const, expiresAtMs: null, quiet: 0 } : live;
    const seen: LiveIncident = {
      ...reopened,
      taken: live.severity,
      takenVersion: takenSince(live, version),
    };
    const isWorse = expires || seen.taken !== live.taken;
    if (!isWorse && seen.takenVersion === live.takenVersion) continue;
    replaceIncident(draft, live.incidentId, seen);
    await recordTaken(draft.tx, seen);
    if (isWorse) await recordEvent(draft, seen, expires ? 'expired' : 'worsened', byTheEngine(why));
  }
}

async function openIncident(draft: WriteDraft, report: IncidentReport): Promise<LiveIncident> {
  const incidentId = draft.state.lastIncidentId + 1;
  const { kind, name, subject, severity, detail, response, updateId } = report;
  const taken = takenBy(report);
  const takenVersion = taken === null ? null : draft.state.version;
  const statements = statementsFor(incidentId, report);
  await recordIncident(draft.tx, {
    ...report,
    ...affectedBy(draft.state, name),
    incidentId,
    version: draft.state.version,
    taken,
    takenVersion,
    statements,
    openedAtMs: draft.nowMs,
  });
  const live: LiveIncident = {
    incidentId,
    kind,
    name,
    subject,
    severity,
    detail,
    response,
    taken,
    takenVersion,
    updateId,
    statements,
    openedAtMs: draft.nowMs,
    state: 'open',
    expiresAtMs: null,
    quiet: 0,
  };
  draft.update({ lastIncidentId: incidentId, incidents: [...draft.state.incidents, live] });
  await recordEvent(draft, live, 'opened', byTheEngine(detail));
  return live;
}

/** Updates were taken with what an incident tells of, until it was usual: it says so, and is over once nothing is told any more. */
export async function noteUsual(draft: WriteDraft, report: IncidentReport): Promise<void> {
  const live = liveIncident(draft.state, report);
  if (live === undefined || live.state === 'accepted') return;
  await recordEvent(
    draft,
    live,
    'learned',
    byTheEngine('updates went on like that, and were taken: it is usual now'),
  );
}

/** What is made from the object, directly or not. */
function affectedBy(
  state: EngineState,
  name: string,
): { readonly affectedViews: readonly string[]; readonly affectedModels: readonly string[] } {
  const derived = state.catalog.derivedFrom(name);
  return {
    affectedViews: derived.filter((entry) => entry.kind !== 'model').map(nameOf),
    affectedModels: derived.filter((entry) => entry.kind === 'model').map(nameOf),
  };
}

/** An incident that lives moves on: by a person, or by the engine. */
export async function moveIncident(
  draft: WriteDraft,
  live: LiveIncident,
  event: 'acknowledged' | 'accepted' | 'resolved',
  decision: Decision,
  expiresAtMs: number | null = null,
): Promise<void> {
  const next: LiveIncident | null =
    event === 'resolved' ? null : { ...live, state: event, expiresAtMs, quiet: 0 };
  replaceIncident(draft, live.incidentId, next);
  if (event === 'accepted') await noteVouched(draft, live.incidentId);
  await recordEvent(draft, next ?? live, event, decision);
  if (event !== 'acknowledged') await noteSettled(draft, live, decision);
}

/** What a person accepts is vouched for, also once the acceptance has expired. */
async function noteVouched(draft: WriteDraft, incidentId: number): Promise<void> {
  const live = draft.state.incidents.find((one) => one.incidentId === incidentId);
  if (live === undefined || live.taken === null) return;
  const vouched: LiveIncident = { ...live, taken: null, takenVersion: null };
  replaceIncident(draft, incidentId, vouched);
  await recordTaken(draft.tx, vouched);
}

/** None of what a refresh waits for is left open: it need wait no more. */
async function noteSettled(
  draft: WriteDraft,
  { kind, name }: LiveIncident,
  decision: Decision,
): Promise<void> {
  if (kind !== 'finding') return;
  const ending = new Set<HeldUpdate>();
  for (const held of draft.state.held.filter(({ what, table }) => what === 'refresh' && table === name)) {
    const own = await incidentsOfHeld(draft, held);
    if (own.every(({ state }) => state === 'accepted')) ending.add(held);
  }
  await endRefreshHolds(draft, (held) => ending.has(held), 'approved', decision);
}

async function recordEvent(
  draft: WriteDraft,
  live: LiveIncident,
  event: IncidentEvent,
  decision: Decision,
): Promise<void> {
  await recordIncidentEvent(draft.tx, live.incidentId, event, decision, draft.nowMs, live.expiresAtMs);
  if (!draft.state.notifies) return;
  const { incidentId, kind, name, subject, severity, detail, statements } = live;
  const notice: IncidentNotice = {
    event,
    incidentId,
    kind,
    name,
    subject,
    severity,
    detail,
    version: draft.state.version,
    ...affectedBy(draft.state, name),
    statements,
    ...decision,
    at: new Date(draft.nowMs).toISOString(),
  };
  await recordDelivery(draft.tx, notice, draft.nowMs);
  draft.update({ nextDeliveryMs: Math.min(draft.state.nextDeliveryMs ?? draft.nowMs, draft.nowMs) });
}

/**
 * An update of these tables was taken that did not show what was `seen` in others: after some of them in a row the
 * incident is over. What a person accepted stays so until it expires.
 */
export async function noteQuietUpdate(
  draft: WriteDraft,
  tables: readonly string[],
  seen: readonly Pick<IncidentReport, 'kind' | 'name' | 'subject'>[],
): Promise<void> {
  for (const live of draft.state.incidents) {
    if (live.kind === 'audit-divergence' || live.kind === 'silence') continue;
    if (live.state === 'accepted' && !isExpired(live, draft.nowMs)) continue;
    if (!tables.includes(live.name) || seen.some((one) => isSameCause(one, live))) continue;
    // Rows that nobody has looked at are in the table still, or may come in yet.
    if (draft.state.held.some(({ table }) => table === live.name)) continue;
    const quiet = live.quiet + 1;
    if (quiet < quietUpdates) {
      const next = { ...live, quiet };
      replaceIncident(draft, live.incidentId, next);
      await recordQuiet(draft.tx, next);
    } else await moveIncident(draft, live, 'resolved', byTheEngine(`${quiet} updates in a row without it`));
  }
}

/**
 * Rows of a table that were set aside were seen to by hand: an incident of which none is left is acknowledged. It is not
 * over by that, for its cause may go on: what comes next without it says so.
 */
export async function acknowledgeSeenTo(draft: WriteDraft, table: string, who: string | null): Promise<void> {
  const open = draft.state.incidents.filter(
    ({ name, state, response }) =>
      name === table && state === 'open' && (response === 'quarantined' || response === 'update-held'),
  );
  if (open.length === 0) return;
  const left = await heldSubjects(draft.tx, table);
  for (const live of open)
    if (!left.has(live.subject))
      await moveIncident(draft, live, 'acknowledged', { who, why: 'none of its rows is left in quarantine' });
}

/** The object is gone, and what was wrong with it. */
export async function resolveIncidentsOf(
  draft: WriteDraft,
  name: string,
  fate: 'dropped' | 'made anew',
): Promise<void> {
  for (const live of draft.state.incidents) {
    if (live.name === name) await moveIncident(draft, live, 'resolved', byTheEngine(`"${name}" was ${fate}`));
  }
}
