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
import type { SqlParameter } from '../core/value.ts';
import type { Version } from '../core/version.ts';

/** One row of `everview.incidents`, as it is when it opens. */
export type Incident = IncidentReport & {
  readonly incidentId: number;
  readonly version: Version;
  readonly affectedViews: readonly string[];
  readonly affectedModels: readonly string[];
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

/** The same again: counted, and its last rows kept. */
export async function recordSeenAgain(
  tx: Session,
  incidentId: number,
  { rows, sample, updateId }: Pick<IncidentReport, 'rows' | 'sample' | 'updateId'>,
  nowMs: number,
): Promise<void> {
  await tx.run(
    `UPDATE everview.incidents SET occurrences = occurrences + 1, rows = rows + $2, last_seen_at = $3,
       sample = CASE WHEN len(${list(sample)}) > 0 THEN ${list(sample)} ELSE sample END,
       update_id = ${updateId === null ? 'update_id' : updateId}
     WHERE incident_id = $1`,
    [incidentId, rows, new Date(nowMs)],
  );
}

/** Null: as it was. */
const stateAfter = {
  opened: 'open',
  acknowledged: 'acknowledged',
  accepted: 'accepted',
  expired: 'open',
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
    `UPDATE everview.incidents SET state = ${places[1]}, expires_at = ${places[2]}, resolved_at = ${places[3]}
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
    `SELECT incident_id, kind, name, subject, severity, detail, response, state, opened_at,
       expires_at FROM everview.incidents
     WHERE state <> 'resolved' ORDER BY incident_id`,
  );
  return rows.flatMap((row) => {
    const kind = incidentKinds.find((known) => known === row['kind']);
    const state = incidentStates.find((known) => known === row['state']);
    if (kind === undefined || state === undefined || state === 'resolved') return [];
    const severity = row['severity'] === 'block' ? 'block' : row['severity'] === 'log' ? 'log' : 'notice';
    return [
      {
        incidentId: Number(row['incident_id']),
        openedAtMs: Number(row['opened_at']),
        kind,
        name: String(row['name']),
        subject: String(row['subject']),
        severity,
        detail: String(row['detail']),
        response: incidentResponses.find((known) => known === row['response']) ?? 'none',
        state,
        expiresAtMs: row['expires_at'] === null ? null : Number(row['expires_at']),
        quiet: 0,
      },
    ];
  });
}
