import type { IncidentNotice } from '../core/incident.ts';
import { placedValues } from '../core/placed-values.ts';
import type { Session } from '../core/session.ts';

/** A notice that waits to be sent. */
export type Delivery = {
  readonly deliveryId: number;
  /** The notice as JSON. */
  readonly body: string;
  /** How often it was tried. */
  readonly attempts: number;
};

/** Tries of one notice; with the pauses between them about five days. */
export const mostAttempts = 130;

/** The pause after a failed try, in milliseconds: doubled from one second up to an hour. */
export function retryPauseMs(attempts: number): number {
  return Math.min(3_600_000, 1_000 * 2 ** Math.max(0, attempts - 1));
}

/** Puts a notice into the outbox, in the transaction of what it tells of. */
export async function recordDelivery(tx: Session, notice: IncidentNotice, nowMs: number): Promise<void> {
  await tx.run(
    `INSERT INTO everview.deliveries (delivery_id, incident_id, event, body, state, attempts, next_attempt_at, created_at)
     SELECT coalesce(max(delivery_id), 0) + 1, $1, $2, $3, 'pending', 0, $4, $4 FROM everview.deliveries`,
    [notice.incidentId, notice.event, JSON.stringify(notice), new Date(nowMs)],
  );
}

/** What is to be tried by now, in the order it happened. */
export async function dueDeliveries(session: Session, nowMs: number): Promise<Delivery[]> {
  const rows = await session.rows(
    `SELECT delivery_id, body, attempts FROM everview.deliveries
     WHERE state = 'pending' AND next_attempt_at <= $1 ORDER BY delivery_id`,
    [new Date(nowMs)],
  );
  return rows.map((row) => ({
    deliveryId: Number(row['delivery_id']),
    body: String(row['body']),
    attempts: Number(row['attempts']),
  }));
}

/** @param failure why the try failed; null: it was delivered */
export async function recordAttempt(
  tx: Session,
  { deliveryId, attempts }: Delivery,
  failure: string | null,
  nowMs: number,
): Promise<void> {
  const tried = attempts + 1;
  const state = failure === null ? 'delivered' : tried >= mostAttempts ? 'given-up' : 'pending';
  const { places, parameters } = placedValues([
    deliveryId,
    state,
    tried,
    new Date(nowMs + retryPauseMs(tried)),
    failure === null ? null : failure.slice(0, 500),
    failure === null ? new Date(nowMs) : null,
  ]);
  await tx.run(
    `UPDATE everview.deliveries SET state = ${places[1]}, attempts = ${places[2]}, next_attempt_at = ${places[3]},
       last_error = ${places[4]}, delivered_at = ${places[5]} WHERE delivery_id = ${places[0]}`,
    parameters,
  );
}

/** When the next notice is to be tried; null: none waits. */
export async function nextDelivery(session: Session): Promise<number | null> {
  const [row] = await session.rows(
    `SELECT min(next_attempt_at) AS next FROM everview.deliveries WHERE state = 'pending'`,
  );
  return row === undefined || row['next'] === null ? null : Number(row['next']);
}
