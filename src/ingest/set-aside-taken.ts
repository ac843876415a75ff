import { quoteIdentifier, quoteLiteral, versionColumn, weightColumn } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import type { UpdateContext } from './change-outcome.ts';
import type { IngestTarget } from './ingest-target.ts';
import { dataRelation, logRelation, quarantineRelation } from './relation-names.ts';
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
  const picked = predicate === null ? '' : ` AND ${holds(predicate)}`;
  return `${logRelation(target.name)} WHERE ${versionColumn} = ${version} AND ${weightColumn} = 1${picked}`;
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
 * Moves rows that the update in the making brought out of the table and its log into the quarantine, which is written
 * first. Only for updates that replaced and deleted nothing of the table: there is no old row to bring back.
 * @returns how many
 */
export async function setAsideTaken(
  tx: Session,
  target: IngestTarget,
  predicate: string | null,
  why: SetAsideReason,
  context: UpdateContext,
): Promise<number> {
  const rows = broughtRows(target, context, predicate);
  await tx.run(
    `CREATE OR REPLACE TEMP TABLE "__ev_bad" AS
     SELECT (SELECT coalesce(max(id), 0) FROM everview.quarantine) + row_number() OVER () AS __ev_id,
            ${columnList(target)}, ${subjectsSql(why.subjects)} AS __ev_subjects FROM ${rows}`,
  );
  const { updateId, version, nowMs } = context;
  await tx.run(
    `INSERT INTO ${quarantineRelation(target.name)} SELECT __ev_id, ${columnList(target)}, 'insert' FROM temp."__ev_bad"`,
  );
  const count = await tx.run(
    `INSERT INTO everview.quarantine
       (id, update_id, version, "table", constraint_name, constraint_kind, reason, state, "row", quarantined_at, subjects)
     SELECT b.__ev_id, ${updateId}, ${version}, ${quoteLiteral(target.name)}, ${quoteLiteral(why.name)}, 'finding',
            ${quoteLiteral(why.reason)}, 'held', ${jsonOf(target, 'b')}, ${timestampSql(nowMs)}, b.__ev_subjects FROM temp."__ev_bad" AS b`,
  );
  await deleteTaken(tx, target);
  await tx.run(`DELETE FROM ${rows}`);
  await tx.run('DROP TABLE temp."__ev_bad"');
  return count;
}

/** As many equal rows as were set aside; which ones makes no difference to a bag. */
async function deleteTaken(tx: Session, target: IngestTarget): Promise<void> {
  const names = target.schema.map(({ name }) => quoteIdentifier(name));
  const same = names.map((name) => `d.${name} IS NOT DISTINCT FROM b.${name}`).join(' AND ');
  const gone = `(SELECT ${names.join(', ')}, count(*) AS __ev_gone, row_number() OVER () AS __ev_n
    FROM temp."__ev_bad" GROUP BY ${names.join(', ')})`;
  await tx.run(
    `DELETE FROM ${dataRelation(target.name)} WHERE rowid IN (
       SELECT place FROM (
         SELECT d.rowid AS place, b.__ev_gone AS gone,
                row_number() OVER (PARTITION BY b.__ev_n ORDER BY d.rowid DESC) AS nth
         FROM ${dataRelation(target.name)} AS d JOIN ${gone} AS b ON ${same})
       WHERE nth <= gone)`,
  );
}
