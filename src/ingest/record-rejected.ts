import { quoteLiteral, versionColumn, weightColumn } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import type { RejectedRow, RejectedRows, UpdateContext } from './change-outcome.ts';
import type { IngestTarget } from './ingest-target.ts';
import { logRelation } from './relation-names.ts';
import { jsonOf } from './row-sql.ts';

/**
 * Keeps the rows of a refused update in `everview.quarantine`, state `rejected`, without a version. For a transaction
 * of its own, after the update's was rolled back.
 */
export async function recordRejected(
  tx: Session,
  rejected: RejectedRows,
  context: Pick<UpdateContext, 'updateId' | 'nowMs'>,
): Promise<void> {
  const { rows, table } = rejected;
  if (rows.length === 0) return;
  const [last] = await tx.rows('SELECT coalesce(max(id), 0) AS id FROM everview.quarantine');
  const first = BigInt(Number(last?.id ?? 0)) + 1n;
  const schema = await tx.describe('SELECT * FROM everview.quarantine');
  const fill = <T>(value: T): T[] => new Array<T>(rows.length).fill(value);
  await tx.append('everview."quarantine"', schema, [
    rows.map((_, index) => first + BigInt(index)),
    fill(BigInt(context.updateId)),
    fill(null),
    fill(table),
    rows.map((row) => row.constraint),
    rows.map((row) => row.kind),
    rows.map((row) => row.reason),
    fill('rejected'),
    rows.map((row) => row.content),
    fill(new Date(context.nowMs)),
    fill(null),
    fill(null),
    fill(null),
  ]);
}

/**
 * Rows that earlier statements of the same update had brought into a table, for an update of several statements that
 * is now rolled back: those taken, and those set aside. To be read before the roll-back.
 * @param why what the failing statement broke
 */
export async function rowsOfUpdate(
  tx: Session,
  target: IngestTarget,
  { updateId, version }: Pick<UpdateContext, 'updateId' | 'version'>,
  why: string,
): Promise<RejectedRows> {
  const taken = await tx.rows(
    `SELECT ${jsonOf(target, 'l')} AS content FROM ${logRelation(target.name)} AS l
     WHERE l.${versionColumn} = ${version} AND l.${weightColumn} = 1`,
  );
  const held = await tx.rows(
    `SELECT "row" AS content, reason FROM everview.quarantine
     WHERE update_id = ${updateId} AND state = 'held' AND "table" = ${quoteLiteral(target.name)} ORDER BY id`,
  );
  const reason = `rejected with its update: ${why}`;
  const rejectedRow = (content: unknown, because: string): RejectedRow => ({
    content: String(content),
    constraint: 'update-rejected',
    kind: 'update-rejected',
    reason: because,
  });
  return {
    table: target.name,
    rows: [
      ...taken.map((row) => rejectedRow(row.content, reason)),
      ...held.map((row) => rejectedRow(row.content, `${reason}; ${row.reason}`)),
    ],
  };
}

/** The update set rows aside and took none, so it made no version after all. */
export async function forgetVersionOf(tx: Session, updateId: number): Promise<void> {
  await tx.run('UPDATE everview.quarantine SET version = NULL WHERE update_id = $1', [updateId]);
}
