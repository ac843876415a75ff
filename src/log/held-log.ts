import type { Decision } from '../core/incident.ts';
import { placedValues } from '../core/placed-values.ts';
import type { Session } from '../core/session.ts';
import { type Version, versionOf } from '../core/version.ts';
import { insertRow } from './insert-row.ts';

/** What becomes of a held update that nobody decides about in time. */
export type DeadlineResponse = 'accept_marked' | 'reject';

/** An update that waits until a person decides, or the deadline does. */
export type HeldUpdate = {
  readonly updateId: number;
  /** `rows`: they wait in quarantine; `refresh`: they are taken, and what is made of the table waits. */
  readonly what: 'rows' | 'refresh';
  /** The version that took them; of `rows` no version did. */
  readonly version: Version;
  readonly table: string;
  readonly detail: string;
  readonly deadlineMs: number;
  readonly onDeadline: DeadlineResponse;
};

/** What came of it; `not-taken`: it was to be taken, and none of its rows met the constraints any more. */
export type HeldOutcome = 'approved' | 'rejected' | 'accepted-marked' | 'not-taken';

/** An update that was taken although nobody said it is right: answers that rest on it say so. */
export type MarkedUpdate = {
  readonly updateId: number;
  readonly table: string;
  /** From which version on its rows are in the table. */
  readonly version: Version;
  readonly detail: string;
};

export async function recordHeld(tx: Session, held: HeldUpdate, nowMs: number): Promise<void> {
  const { updateId, table, detail, deadlineMs, onDeadline, what, version } = held;
  await tx.run(
    `INSERT INTO everview.held_updates (update_id, "table", detail, state, held_at, deadline, on_deadline, what, version)
     VALUES ($1, $2, $3, 'waiting', $4, $5, $6, $7, $8)`,
    [updateId, table, detail, new Date(nowMs), new Date(deadlineMs), onDeadline, what, version],
  );
}

export async function recordHeldDecision(
  tx: Session,
  { updateId, table }: Pick<HeldUpdate, 'updateId' | 'table'>,
  state: HeldOutcome,
  { who, why }: Decision,
  nowMs: number,
): Promise<void> {
  const { places, parameters } = placedValues([updateId, state, new Date(nowMs), who, why, table]);
  await tx.run(
    `UPDATE everview.held_updates SET state = ${places[1]}, decided_at = ${places[2]}, who = ${places[3]}, why = ${places[4]}
     WHERE update_id = ${places[0]} AND "table" = ${places[5]} AND state = 'waiting'`,
    parameters,
  );
}

export async function recordMark(tx: Session, mark: MarkedUpdate, nowMs: number): Promise<void> {
  const { updateId, table, version, detail } = mark;
  await insertRow(tx, 'everview.marks', [updateId, table, version, detail, new Date(nowMs)]);
}

/** The table is gone, and with it what waited for it and what was marked. */
export async function forgetHeld(tx: Session, table: string, nowMs: number): Promise<void> {
  await tx.run(
    `UPDATE everview.held_updates SET state = 'rejected', decided_at = $2, who = 'everview', why = 'the table was dropped, or made anew'
     WHERE "table" = $1 AND state = 'waiting'`,
    [table, new Date(nowMs)],
  );
  await tx.run('DELETE FROM everview.marks WHERE "table" = $1', [table]);
}

export async function loadHeld(session: Session): Promise<HeldUpdate[]> {
  const rows = await session.rows(
    `SELECT * FROM everview.held_updates WHERE state = 'waiting' ORDER BY update_id, "table"`,
  );
  return rows.map((row) => ({
    updateId: Number(row['update_id']),
    what: row['what'] === 'refresh' ? 'refresh' : 'rows',
    version: versionOf(Number(row['version'])),
    table: String(row['table']),
    detail: String(row['detail']),
    deadlineMs: Number(row['deadline']),
    onDeadline: row['on_deadline'] === 'accept_marked' ? 'accept_marked' : 'reject',
  }));
}

export async function loadMarks(session: Session): Promise<MarkedUpdate[]> {
  const rows = await session.rows('SELECT * FROM everview.marks ORDER BY version, update_id');
  return rows.map((row) => ({
    updateId: Number(row['update_id']),
    table: String(row['table']),
    version: versionOf(Number(row['version'])),
    detail: String(row['detail']),
  }));
}
