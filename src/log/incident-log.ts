import type { Session } from '../core/session.ts';
import type { Row } from '../core/value.ts';
import type { Version } from '../core/version.ts';
import { insertRow } from './placed-values.ts';

/** One row of `everview.incidents`: something was not as it must be, and what was done about it. */
export type Incident = {
  readonly incidentId: number;
  readonly kind: 'audit-divergence';
  /** The object it is about. */
  readonly name: string;
  readonly version: Version;
  readonly detail: string;
  /** The first row that shows it. */
  readonly row: Row;
  readonly response: 'rebuilt';
  readonly openedAtMs: number;
};

export function recordIncident(tx: Session, incident: Incident): void {
  insertRow(tx, 'everview.incidents', [
    incident.incidentId,
    incident.kind,
    incident.name,
    incident.version,
    incident.detail,
    JSON.stringify(incident.row, (_, value: unknown) => (typeof value === 'bigint' ? String(value) : value)),
    incident.response,
    new Date(incident.openedAtMs),
  ]);
}

export async function lastIncidentId(session: Session): Promise<number> {
  const [row] = await session.rows('SELECT coalesce(max(incident_id), 0) AS id FROM everview.incidents');
  return Number(row?.['id'] ?? 0);
}
