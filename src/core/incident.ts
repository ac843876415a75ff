import { quoteIdentifier, quoteLiteral } from './identifier.ts';
import { type CatalogueCause, type FindingSeverity, worseOf } from './verdict.ts';
import type { Version } from './version.ts';

/**
 * What made an incident: contents that differ from their definition, rows that broke a constraint or a rule about
 * arrival, rows that came before, columns that are missing, a table or source that fell silent, the judgement, a model
 * that does worse than its promotion promised.
 */
export const incidentKinds = [
  'audit-divergence',
  'constraint-violation',
  'replayed-batch',
  'schema-mismatch',
  'silence',
  'finding',
  'live-performance',
] as const;

export type IncidentKind = (typeof incidentKinds)[number];

/** `accepted`: as the new normal, until it expires; while it is, the same again opens nothing. */
export const incidentStates = ['open', 'acknowledged', 'accepted', 'resolved'] as const;

export type IncidentState = (typeof incidentStates)[number];

/**
 * What happens to an incident. `expired`: what was accepted came again after its expiry, and is open once more. `learned`:
 * updates were taken like that until it was usual. `worsened`: it came again and was worse, or its rows are in the table now.
 */
export type IncidentEvent =
  | 'opened'
  | 'worsened'
  | 'acknowledged'
  | 'accepted'
  | 'expired'
  | 'learned'
  | 'resolved';

/** What was done about it at once; `let-in`: a person let the rows in as they came. */
export const incidentResponses = [
  'rebuilt',
  'quarantined',
  'update-held',
  'refresh-held',
  'warned',
  'let-in',
  'rejected',
  'none',
] as const;

export type IncidentResponse = (typeof incidentResponses)[number];

/** One root cause, as whoever found it tells of it. Name, kind and subject are what makes two reports one incident. */
export type IncidentReport = {
  readonly kind: IncidentKind;
  /** The table, view or model it is about. */
  readonly name: string;
  /** What of it: the constraint, the source, the columns, the version; empty where it is all of it. */
  readonly subject: string;
  readonly cause: CatalogueCause | null;
  readonly severity: FindingSeverity;
  readonly columns: readonly string[];
  readonly detail: string;
  /** How many rows show it, and some of them as JSON. */
  readonly rows: number;
  readonly sample: readonly string[];
  readonly response: IncidentResponse;
  /** Null: no update brought it. */
  readonly updateId: number | null;
  /** The rows came before and were counted then: they have been let in now. */
  readonly isKnown?: boolean;
};

/** An incident that is not resolved, as the engine keeps it in memory. */
export type LiveIncident = Pick<
  IncidentReport,
  'kind' | 'name' | 'subject' | 'severity' | 'detail' | 'response' | 'updateId'
> & {
  readonly incidentId: number;
  /** The worst of what is in the table by it and nobody has vouched for; null: nothing is, or a decision is waited for. */
  readonly taken: FindingSeverity | null;
  /** Since which version that is there; null: nothing is, or since the version in which the incident opened. */
  readonly takenVersion: Version | null;
  readonly statements: readonly string[];
  readonly openedAtMs: number;
  readonly state: Exclude<IncidentState, 'resolved'>;
  /** Of `accepted`; null: it does not expire. */
  readonly expiresAtMs: number | null;
  /** Updates of the table, since it was last seen, that did not show it. */
  readonly quiet: number;
};

/** Who acted, and why: what the record of a decision by a person says. */
export type Decision = { readonly who: string | null; readonly why: string | null };

/** So many updates in a row without it resolve an incident that an update brought. */
export const quietUpdates = 3;

export function isSameCause(
  a: Pick<IncidentReport, 'kind' | 'name' | 'subject'>,
  b: Pick<IncidentReport, 'kind' | 'name' | 'subject'>,
): boolean {
  return a.kind === b.kind && a.name === b.name && a.subject === b.subject;
}

/** What a report says is in the table with nobody having vouched for it, nor being asked. */
export function takenBy({
  response,
  severity,
}: Pick<IncidentReport, 'response' | 'severity'>): FindingSeverity | null {
  return response === 'warned' || response === 'none' ? severity : null;
}

/**
 * An incident after the same came again. What is told of it is the newest of the worst, so that what is in the table
 * stays so when something harmless follows, and something worse is not hidden by what came first.
 */
export function afterReport(live: LiveIncident, report: IncidentReport, version: Version): LiveIncident {
  // What is accepted is vouched for when it comes.
  const taken = live.state === 'accepted' ? live.taken : worseOf(live.taken, takenBy(report));
  const severity = worseOf(live.severity, report.severity);
  const { detail, response } = report;
  const told = { detail, response, updateId: report.updateId ?? live.updateId };
  return {
    ...live,
    quiet: 0,
    severity,
    taken,
    takenVersion: taken === null ? null : takenSince(live, version),
    ...(tells(live, report) ? { ...told, statements: statementsFor(live.incidentId, report) } : {}),
  };
}

/** Since which version rows are there that nobody vouched for, once some came in at a version. */
export function takenSince(
  { taken, takenVersion }: Pick<LiveIncident, 'taken' | 'takenVersion'>,
  version: Version,
): Version | null {
  if (taken === null) return version;
  return takenVersion === null || takenVersion < version ? takenVersion : version;
}

/** Whether a report is what an incident is to tell of from now on. */
export function tells(live: LiveIncident, { severity }: IncidentReport): boolean {
  return worseOf(severity, live.severity) === severity;
}

/** An update that waits for a decision: its rows, or what is made of their table. */
type WaitingUpdate = { readonly updateId: number; readonly what: 'rows' | 'refresh' };

/**
 * The statements that would act on it, the most telling first.
 * @param waiting the updates that show it and wait; by itself that is the one that brought it, where it waits
 */
export function statementsFor(
  incidentId: number,
  report: Pick<IncidentReport, 'kind' | 'name' | 'subject' | 'response' | 'updateId'>,
  waiting: readonly WaitingUpdate[] = waitingBy(report),
): readonly string[] {
  const { kind, name } = report;
  const table = quoteIdentifier(name);
  const quarantine = statementsForRows(report, waiting);
  const own: Readonly<Record<IncidentKind, readonly string[]>> = {
    'audit-divergence': [`REFRESH ${table} FULL`],
    'constraint-violation': quarantine,
    'replayed-batch': quarantine,
    'schema-mismatch': [`DESCRIBE ${table}`],
    silence: [`SELECT * FROM everview.sources WHERE "table" = ${quoteLiteral(name)}`],
    finding: quarantine,
    'live-performance': [
      `SHOW PERFORMANCE OF ${table}`,
      `ROLLBACK MODEL ${table} TO VERSION …`,
      `REFRESH ${table}`,
    ],
  };
  return [
    ...own[kind],
    `ACKNOWLEDGE INCIDENT ${incidentId}`,
    `ACCEPT INCIDENT ${incidentId} FOR INTERVAL '7 days' BECAUSE '…'`,
    `RESOLVE INCIDENT ${incidentId}`,
  ];
}

function waitingBy({ response, updateId }: Pick<IncidentReport, 'response' | 'updateId'>): WaitingUpdate[] {
  if (updateId === null) return [];
  if (response === 'update-held') return [{ updateId, what: 'rows' }];
  return response === 'refresh-held' ? [{ updateId, what: 'refresh' }] : [];
}

/** What can be done about the rows of an update: where they are, and how to let them in or give them up. */
function statementsForRows(
  { name, subject, response, updateId }: Pick<IncidentReport, 'name' | 'subject' | 'response' | 'updateId'>,
  waiting: readonly WaitingUpdate[],
): readonly string[] {
  const table = quoteIdentifier(name);
  const kept = `SELECT id, reason, "row" FROM everview.quarantine WHERE "table" = ${quoteLiteral(name)}`;
  const shown = `list_contains(subjects, ${quoteLiteral(subject)})`;
  const held = [
    `${kept} AND state = 'held' AND ${shown}`,
    `RELEASE QUARANTINE FOR ${table} WHERE ${shown}`,
    `CORRECT QUARANTINE FOR ${table} SET … WHERE ${shown}`,
    `DROP QUARANTINE FOR ${table} WHERE ${shown}`,
  ];
  const decide = waiting.flatMap(({ updateId: id, what }) =>
    what === 'rows' ? [`APPROVE UPDATE ${id}`, `REJECT UPDATE ${id}`] : [`APPROVE UPDATE ${id}`],
  );
  if (response === 'quarantined' || response === 'update-held' || waiting.some(({ what }) => what === 'rows'))
    return [...decide, ...held];
  if (response !== 'rejected' || updateId === null) return decide;
  return [...decide, `${kept} AND state IN ('rejected', 'dropped') AND update_id = ${updateId}`];
}

/** What a webhook is told: an event of an incident, with what is needed to act on it. */
export type IncidentNotice = {
  readonly event: IncidentEvent;
  readonly incidentId: number;
  readonly kind: IncidentKind;
  readonly name: string;
  readonly subject: string;
  readonly severity: FindingSeverity;
  readonly detail: string;
  readonly version: Version;
  readonly affectedViews: readonly string[];
  readonly affectedModels: readonly string[];
  readonly statements: readonly string[];
  readonly who: string | null;
  readonly why: string | null;
  readonly at: string;
};
