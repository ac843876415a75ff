import type { Everview } from '../../src/index.ts';

/** @param columns of `everview.incidents`, as in a SELECT */
export async function incidentRows(db: Everview, columns: string) {
  return (await db.query(`SELECT ${columns} FROM everview.incidents ORDER BY incident_id`)).rows;
}

/** What happened to one incident, in order. */
export async function incidentEvents(db: Everview, incident: number): Promise<unknown[]> {
  const { rows } = await db.query(
    'SELECT event FROM everview.incident_events WHERE incident_id = $1 ORDER BY event_id',
    [incident],
  );
  return rows.map(({ event }) => event);
}
