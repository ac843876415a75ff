import { quoteLiteral, versionColumn, weightColumn } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import type { UpdateContext } from './change-outcome.ts';
import type { IngestTarget } from './ingest-target.ts';
import { baseRelation, logRelation, quarantineRelation } from './relation-names.ts';
import { columnList, jsonOf } from './row-sql.ts';
import { timestampSql } from './set-aside.ts';

/** Why rows that met every constraint are set aside all the same. */
export type SetAsideReason = {
  readonly name: string;
  readonly reason: string;
  /** What all speaks against them, and of which rows. */
  readonly subjects: readonly SubjectOfRows[];
};

/** What an incident is about, and the rows that show it; predicate null: it is not known which, so it may be any. */
export type SubjectOfRows = { readonly subject: string; readonly predicate: string | null };

/** Rows that an update brought and that `predicate` picks; null: all of them. As a FROM item. */
export function broughtRows(
  target: IngestTarget,
  { version }: Pick<UpdateContext, 'version'>,
  predicate: string | null,
): string {
  return `${logRelation(target.name)} WHERE ${versionColumn} = ${version} AND ${weightColumn} = 1${alsoHolds(predicate)}`;
}

function alsoHolds(predicate: string | null): string {
  return predicate === null ? '' : ` AND ${holds(predicate)}`;
}

function holds(predicate: string): string {
  return `coalesce(TRY(CAST((${predicate}\n) AS BOOLEAN)), false)`;
}

/** SQL of the subjects of a row. */
function subjectsSql(subjects: readonly SubjectOfRows[]): string {
  const each = subjects.map(({ subject, predicate }) =>
    predicate === null
      ? quoteLiteral(subject)
      : `CASE WHEN ${holds(predicate)} THEN ${quoteLiteral(subject)} END`,
  );
  return `list_filter([${each.join(', ')}], lambda s : s IS NOT NULL)`;
}

/**
 * Moves rows that the update in the making brought out of the table into the quarantine, which is written first. Only
 * for updates that replaced and deleted nothing of the table: there is no old row to bring back.
 * @returns how many
 */
export async function setAsideTaken(
  tx: Session,
  target: IngestTarget,
  predicate: string | null,
  why: SetAsideReason,
  context: UpdateContext,
): Promise<number> {
  const { updateId, version, nowMs } = context;
  const rows = `${baseRelation(target.name)} WHERE ${versionColumn} = ${version}${alsoHolds(predicate)}`;
  await tx.run(
    `CREATE OR REPLACE TEMP TABLE "__ev_bad" AS
     SELECT (SELECT coalesce(max(id), 0) FROM everview.quarantine) + row_number() OVER () AS __ev_id,
            ${columnList(target)}, ${subjectsSql(why.subjects)} AS __ev_subjects FROM ${rows}`,
  );
  await tx.run(
    `INSERT INTO ${quarantineRelation(target.name)} SELECT __ev_id, ${columnList(target)}, 'insert' FROM temp."__ev_bad"`,
  );
  const count = await tx.run(
    `INSERT INTO everview.quarantine
       (id, update_id, version, "table", constraint_name, constraint_kind, reason, state, "row", quarantined_at, subjects)
     SELECT b.__ev_id, ${updateId}, ${version}, ${quoteLiteral(target.name)}, ${quoteLiteral(why.name)}, 'finding',
            ${quoteLiteral(why.reason)}, 'held', ${jsonOf(target, 'b')}, ${timestampSql(nowMs)}, b.__ev_subjects FROM temp."__ev_bad" AS b`,
  );
  await tx.run(`DELETE FROM ${rows}`);
  await tx.run('DROP TABLE temp."__ev_bad"');
  return count;
}
