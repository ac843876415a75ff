import { quoteIdentifier, versionColumn } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import { amongPlaces } from '../store/key-range.ts';
import type { UpdateContext } from './change-outcome.ts';
import type { IngestTarget } from './ingest-target.ts';
import { baseRelation, pastRelation } from './relation-names.ts';
import { columnList } from './row-sql.ts';
import { oldColumn, rowColumn, stageRelation } from './stage.ts';

export type Written = { readonly inserted: number; readonly deleted: number };

/** Writes a stage of new rows. */
export async function writeInserts(
  tx: Session,
  target: IngestTarget,
  { version }: UpdateContext,
): Promise<Written> {
  const inserted = await tx.run(
    `INSERT INTO ${baseRelation(target.name)} SELECT ${columnList(target)}, ${version} FROM ${stageRelation}`,
  );
  return { inserted, deleted: 0 };
}

/** Writes a stage that deletes the rows it names. */
export async function writeDeletes(
  tx: Session,
  target: IngestTarget,
  context: UpdateContext,
): Promise<Written> {
  const among = await amongReplaced(tx);
  const found = await tx.run(`INSERT INTO ${pastRelation(target.name)} ${oldRows(target, context, among)}`);
  if (found === 0) return { inserted: 0, deleted: 0 };
  const deleted = await tx.run(
    `DELETE FROM ${baseRelation(target.name)} AS d WHERE d.rowid IN (SELECT ${oldColumn} FROM ${stageRelation})${among}`,
  );
  return { inserted: 0, deleted };
}

/**
 * Writes a stage of replacements and, where `oldColumn` is NULL, of new rows.
 * @param rows how many the stage has
 */
export async function writeReplacements(
  tx: Session,
  target: IngestTarget,
  assigned: readonly string[],
  rows: number,
  context: UpdateContext,
): Promise<Written> {
  const base = baseRelation(target.name);
  const { version } = context;
  const among = await amongReplaced(tx);
  await tx.run(
    `INSERT INTO ${pastRelation(target.name)} ${oldRows(target, context, among)}
     UNION ALL SELECT ${columnList(target)}, 1, ${version} FROM ${stageRelation} WHERE ${oldColumn} IS NOT NULL`,
  );
  // In place, so that rows stay in their order; of version 0, for `past` has all that is to be known of them.
  const set = [
    ...assigned.map((column) => `${quoteIdentifier(column)} = s.${quoteIdentifier(column)}`),
    `${versionColumn} = 0`,
  ];
  const replaced = await tx.run(
    `UPDATE ${base} AS d SET ${set.join(', ')} FROM ${stageRelation} AS s WHERE d.rowid = s.${oldColumn}${among}`,
  );
  const added = rows - replaced;
  if (added > 0) {
    await tx.run(
      `INSERT INTO ${base} SELECT ${columnList(target)}, ${version} FROM ${stageRelation} WHERE ${oldColumn} IS NULL ORDER BY ${rowColumn}`,
    );
  }
  return { inserted: rows, deleted: replaced };
}

/**
 * A SELECT of what goes into `past` of the rows that a stage replaces or deletes: that they went, and, since `base` will
 * tell it no more, that they came. What came up to the horizon nobody asks for.
 */
function oldRows(target: IngestTarget, { version, horizon }: UpdateContext, among: string): string {
  const came = `d.${versionColumn}`;
  return `SELECT ${columnList(target, 'd.')}, e.w, CASE WHEN e.w > 0 THEN ${came} ELSE ${version} END
    FROM ${baseRelation(target.name)} AS d SEMI JOIN ${stageRelation} AS s ON s.${oldColumn} = d.rowid,
      (VALUES (1::TINYINT), (-1::TINYINT)) AS e(w) WHERE (e.w < 0 OR ${came} > ${horizon})${among}`;
}

/** What ends a WHERE: that rows `d` of the table are among those that the stage replaces or deletes. */
export function amongReplaced(tx: Session): Promise<string> {
  return amongPlaces(tx, 'd.rowid', stageRelation, oldColumn);
}
