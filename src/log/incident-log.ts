import { quoteLiteral } from '../core/identifier.ts';
import {
  type Decision,
  type IncidentEvent,
  type IncidentReport,
  incidentKinds,
  incidentResponses,
  incidentStates,
  type LiveIncident,
} from '../core/incident.ts';
import { placedValues } from '../core/placed-values.ts';
import type { Session } from '../core/session.ts';
import type { SqlParameter, SqlValue } from '../core/value.ts';
import type { FindingSeverity } from '../core/verdict.ts';
import { type Version, versionOf } from '../core/version.ts';

/** One row of `everview.incidents`, as it is when it opens. */
export type Incident = IncidentReport & {
  readonly incidentId: number;
  readonly version: Version;
  readonly affectedViews: readonly string[];
  readonly affectedModels: readonly string[];
  readonly taken: FindingSeverity | null;
  readonly takenVersion: Version | null;
  readonly statements: readonly string[];
  readonly openedAtMs: number;
};

function list(texts: readonly string[]): string {
  return `[${texts.map(quoteLiteral).join(', ')}]::VARCHAR[]`;
}

export async function recordIncident(tx: Session, incident: Incident): Promise<void> {
  const at = new Date(incident.openedAtMs);
  const { columns, sample, affectedViews, affectedModels, statements } = incident;
  const lists = {
    columns,
    sample,
    affected_views: affectedViews,
    affected_models: affectedModels,
    statements,
  };
  const plain: Readonly<Record<string, SqlParameter>> = {
    incident_id: incident.incidentId,
    kind: incident.kind,
    name: incident.name,
    version: incident.version,
    detail: incident.detail,
    row: sample[0] ?? '{}',
    response: incident.response,
    opened_at: at,
    state: 'open',
    cause: incident.cause,
    subject: incident.subject,
    severity: incident.severity,
    taken: incident.taken,
    taken_version: incident.takenVersion,
    occurrences: 1,
    rows: incident.rows,
    update_id: incident.updateId,
    last_seen_at: at,
  };
  const { places, parameters } = placedValues(Object.values(plain));
  const names = [...Object.keys(plain), ...Object.keys(lists)].map((name) => `"${name}"`).join(', ');
  const values = [...places, ...Object.values(lists).map(list)].join(', ');
  await tx.run(`INSERT INTO everview.incidents (${names}) VALUES (${values})`, parameters);
}

/**
 * The same again: counted, unless its rows were before.
 * @param seen the incident after it
 * @param isTold whether it is what the incident tells of from now on
 */
export async function recordSeenAgain(
  tx: Session,
  seen: LiveIncident,
  { columns, rows, sample, updateId, isKnown }: IncidentReport,
  isTold: boolean,
  nowMs: number,
): Promise<void> {
  const told = [
    `detail = $6`,
    `response = $7`,
    `"columns" = ${list(columns)}`,
    `statements = ${list(seen.statements)}`,
    ...(sample.length > 0 ? [`sample = ${list(sample)}`] : []),
    ...(updateId === null ? [] : [`update_id = ${updateId}`]),
  ];
  await tx.run(
    `UPDATE everview.incidents SET occurrences = occurrences + $2, rows = rows + $3, last_seen_at = $4, severity = $5, quiet = NULL,
       ${takenSql(seen)}${isTold ? `, ${told.join(', ')}` : ''}
     WHERE incident_id = $1`,
    [
      seen.incidentId,
      isKnown === true ? 0 : 1,
      isKnown === true ? 0 : rows,
      new Date(nowMs),
      seen.severity,
      ...(isTold ? [seen.detail, seen.response] : []),
    ],
  );
}

export async function recordTaken(tx: Session, live: LiveIncident): Promise<void> {
  await tx.run(`UPDATE everview.incidents SET ${takenSql(live)} WHERE incident_id = $1`, [live.incidentId]);
}

/** So many updates came without it since it was last seen. */
export async function recordQuiet(tx: Session, { incidentId, quiet }: LiveIncident): Promise<void> {
  await tx.run(`UPDATE everview.incidents SET quiet = ${quiet} WHERE incident_id = ${incidentId}`);
}

/** What it says was done, of which update, and what could be. */
export async function recordOffers(
  tx: Session,
  { incidentId, response, updateId, statements }: LiveIncident,
): Promise<void> {
  await tx.run(
    `UPDATE everview.incidents SET response = $2, update_id = $3, statements = ${list(statements)} WHERE incident_id = $1`,
    [incidentId, response, updateId],
  );
}

function takenSql({ taken, takenVersion }: LiveIncident): string {
  return `taken = ${taken === null ? 'NULL' : quoteLiteral(taken)}, taken_version = ${takenVersion ?? 'NULL'}`;
}

/** Null: as it was. */
const stateAfter = {
  opened: 'open',
  acknowledged: 'acknowledged',
  accepted: 'accepted',
  expired: 'open',
  worsened: null,
  learned: null,
  resolved: 'resolved',
} as const satisfies Record<IncidentEvent, string | null>;

/** Moves an incident on, and keeps who did so and why. */
export async function recordIncidentEvent(
  tx: Session,
  incidentId: number,
  event: IncidentEvent,
  { who, why }: Decision,
  nowMs: number,
  expiresAtMs: number | null = null,
): Promise<void> {
  const at = new Date(nowMs);
  const told = placedValues([incidentId, event, who, why, at]);
  await tx.run(
    `INSERT INTO everview.incident_events
     SELECT coalesce(max(event_id), 0) + 1, ${told.places.join(', ')} FROM everview.incident_events`,
    told.parameters,
  );
  const state = stateAfter[event];
  if (event === 'opened' || state === null) return;
  const expiresAt = expiresAtMs === null ? null : new Date(expiresAtMs);
  const { places, parameters } = placedValues([
    incidentId,
    state,
    expiresAt,
    event === 'resolved' ? at : null,
  ]);
  await tx.run(
    `UPDATE everview.incidents SET state = ${places[1]}, expires_at = ${places[2]}, resolved_at = ${places[3]}, quiet = NULL
     WHERE incident_id = ${places[0]}`,
    parameters,
  );
}

export async function lastIncidentId(session: Session): Promise<number> {
  const [row] = await session.rows('SELECT coalesce(max(incident_id), 0) AS id FROM everview.incidents');
  return Number(row?.['id'] ?? 0);
}

/** Those that are not resolved, the oldest first. */
export async function loadLiveIncidents(session: Session): Promise<LiveIncident[]> {
  const rows = await session.rows(
    `SELECT incident_id, kind, name, subject, severity, taken, taken_version, detail, response, update_id, statements, state,
       opened_at, expires_at, coalesce(quiet, 0) AS quiet FROM everview.incidents
     WHERE state <> 'resolved' ORDER BY incident_id`,
  );
  return rows.flatMap((row) => {
    const kind = incidentKinds.find((known) => known === row['kind']);
    const state = incidentStates.find((known) => known === row['state']);
    if (kind === undefined || state === undefined || state === 'resolved') return [];
    return [
      {
        incidentId: Number(row['incident_id']),
        openedAtMs: Number(row['opened_at']),
        kind,
        name: String(row['name']),
        subject: String(row['subject']),
        severity: severityOf(row['severity']) ?? 'notice',
        taken: severityOf(row['taken']),
        takenVersion: row['taken_version'] === null ? null : versionOf(Number(row['taken_version'])),
        detail: String(row['detail']),
        response: incidentResponses.find((known) => known === row['response']) ?? 'none',
        updateId: row['update_id'] === null ? null : Number(row['update_id']),
        statements: Array.isArray(row['statements']) ? row['statements'].map(String) : [],
        state,
        expiresAtMs: row['expires_at'] === null ? null : Number(row['expires_at']),
        quiet: Number(row['quiet']),
      },
    ];
  });
}

function severityOf(value: SqlValue | undefined): FindingSeverity | null {
  return value === 'block' || value === 'notice' || value === 'log' ? value : null;
}
