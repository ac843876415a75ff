import { quoteIdentifier } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import type { UpdateContext } from './change-outcome.ts';
import type { IngestTarget } from './ingest-target.ts';
import { dataRelation, logRelation } from './relation-names.ts';
import { columnList } from './row-sql.ts';
import { oldColumn, rowColumn, stageRelation } from './stage.ts';

export type Written = { readonly inserted: number; readonly deleted: number };

/** Writes a stage of new rows to data and log. */
export async function writeInserts(
  tx: Session,
  target: IngestTarget,
  context: UpdateContext,
): Promise<Written> {
  const columns = columnList(target);
  const inserted = await tx.run(
    `INSERT INTO ${dataRelation(target.name)} SELECT ${columns} FROM ${stageRelation}`,
  );
  await tx.run(
    `INSERT INTO ${logRelation(target.name)} SELECT ${columns}, 1, ${context.version} FROM ${stageRelation}`,
  );
  return { inserted, deleted: 0 };
}

/** Writes a stage that deletes the rows of `data` it names. */
export async function writeDeletes(
  tx: Session,
  target: IngestTarget,
  context: UpdateContext,
): Promise<Written> {
  const data = dataRelation(target.name);
  const found = await tx.run(
    `INSERT INTO ${logRelation(target.name)} SELECT ${columnList(target, 'd.')}, -1, ${context.version}
     FROM ${data} AS d SEMI JOIN ${stageRelation} AS s ON s.${oldColumn} = d.rowid`,
  );
  if (found === 0) return { inserted: 0, deleted: 0 };
  const deleted = await tx.run(
    `DELETE FROM ${data} WHERE rowid IN (SELECT ${oldColumn} FROM ${stageRelation})`,
  );
  return { inserted: 0, deleted };
}

/** Writes a stage of replacements (and, where `oldColumn` is NULL, of new rows): the log holds −old and +new. */
export async function writeReplacements(
  tx: Session,
  target: IngestTarget,
  assigned: readonly string[],
  context: UpdateContext,
): Promise<Written> {
  const data = dataRelation(target.name);
  const { version } = context;
  const changes = await tx.run(
    `INSERT INTO ${logRelation(target.name)}
     SELECT ${columnList(target, 'd.')}, -1, ${version} FROM ${data} AS d SEMI JOIN ${stageRelation} AS s ON s.${oldColumn} = d.rowid
     UNION ALL SELECT ${columnList(target)}, 1, ${version} FROM ${stageRelation}`,
  );
  const set = assigned
    .map((column) => `${quoteIdentifier(column)} = s.${quoteIdentifier(column)}`)
    .join(', ');
  const replaced = await tx.run(
    `UPDATE ${data} AS d SET ${set} FROM ${stageRelation} AS s WHERE d.rowid = s.${oldColumn}`,
  );
  const added = changes - 2 * replaced;
  if (added > 0) {
    await tx.run(
      `INSERT INTO ${data} SELECT ${columnList(target)} FROM ${stageRelation} WHERE ${oldColumn} IS NULL ORDER BY ${rowColumn}`,
    );
  }
  return { inserted: added + replaced, deleted: replaced };
}
