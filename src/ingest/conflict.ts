import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier, quoteList } from '../core/identifier.ts';
import { nearestHint } from '../core/nearest.ts';
import { columnNames, findColumn } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { SourceFile } from '../store/source-file.ts';
import { assignedColumns } from './assigned-columns.ts';
import { conversionFailure } from './conversion-failure.ts';
import { type IngestTarget, keysOf, sameColumns } from './ingest-target.ts';
import type { OnConflict } from './on-conflict.ts';
import { withOwnRows } from './own-rows.ts';
import { baseRelation, dataRelation } from './relation-names.ts';
import { columnList } from './row-sql.ts';
import { allPresent, batchBounds, equalKeys, shownPairs } from './rule.ts';
import { assertFits, oldColumn, rowColumn, type Stage, stageRelation } from './stage.ts';
import { amongReplaced } from './write-stage.ts';

export type Resolved = {
  readonly stage: Stage;
  /** Columns that DO UPDATE sets. */
  readonly assigned: readonly string[];
};

/**
 * ON CONFLICT. DO NOTHING takes off the stage the rows whose key is in the table or came earlier in the batch (no
 * target: any key). DO UPDATE turns a staged row whose key is in the table into the replacement of that row.
 */
export async function resolveConflicts(
  tx: Session,
  target: IngestTarget,
  stage: Stage,
  onConflict: OnConflict,
  alias: string,
  file: SourceFile | null,
): Promise<Resolved> {
  const keys = conflictKeys(target, onConflict);
  await assertFits(tx, target, stage, file);
  if (onConflict.action === 'nothing') {
    for (const key of keys) await dropConflicting(tx, target, stage, key);
    return { stage, assigned: [] };
  }
  const [key] = keys;
  if (key === undefined) throw noKey(target, onConflict);
  await assertEachOnce(tx, target, key);
  return stageReplacements(tx, target, stage, key, onConflict, alias);
}

function conflictKeys(
  target: IngestTarget,
  { action, target: names }: OnConflict,
): readonly (readonly string[])[] {
  const keys = keysOf(target.table.definition);
  if (names.length === 0) {
    return action === 'nothing' ? keys : keys.slice(0, 1);
  }
  for (const { name, at } of names) {
    if (findColumn(target.schema, name) !== undefined) continue;
    throw new EverviewError('unknown-column', `"${target.name}" has no column "${name}"`, {
      hint: nearestHint(name, columnNames(target.schema)),
      at,
    });
  }
  const asked = names.map(({ name }) => name);
  return keys.filter((key) => sameColumns(key, asked)).slice(0, 1);
}

function noKey(target: IngestTarget, onConflict: OnConflict): EverviewError {
  const keys = keysOf(target.table.definition).map((key) => `(${key.join(', ')})`);
  const asked = onConflict.target.map(({ name }) => name).join(', ');
  return new EverviewError(
    'invalid-definition',
    asked === ''
      ? `"${target.name}" has no key that ON CONFLICT could go by`
      : `ON CONFLICT (${asked}): not a key of "${target.name}"`,
    {
      hint: keys.length === 0 ? 'declare a PRIMARY KEY or UNIQUE' : `keys: ${keys.join(', ')}`,
      at: onConflict.target[0]?.at,
    },
  );
}

async function dropConflicting(
  tx: Session,
  target: IngestTarget,
  stage: Stage,
  key: readonly string[],
): Promise<void> {
  const same = [equalKeys('d', key, 's', key), ...batchBounds(key, stage, 'd.')].join(' AND ');
  await tx.run(
    `DELETE FROM ${stageRelation} WHERE ${rowColumn} IN (
       SELECT s.${rowColumn} FROM ${stageRelation} AS s JOIN ${dataRelation(target.name)} AS d ON ${same}
       UNION ALL
       SELECT s.${rowColumn} FROM ${stageRelation} AS s WHERE ${allPresent(key, 's.')}
       QUALIFY row_number() OVER (PARTITION BY ${quoteList(key, 's.')} ORDER BY s.${rowColumn}) > 1)`,
  );
}

async function assertEachOnce(tx: Session, target: IngestTarget, key: readonly string[]): Promise<void> {
  const [row] = await tx.rows(
    `SELECT min(s.${rowColumn}) AS r, min(${shownPairs(target, key, 's.')}) AS k, count(*) AS n FROM ${stageRelation} AS s
     WHERE ${allPresent(key, 's.')} GROUP BY ${quoteList(key, 's.')} HAVING count(*) > 1 ORDER BY r LIMIT 1`,
  );
  if (row === undefined) return;
  throw new EverviewError(
    'duplicate-source-row',
    `ON CONFLICT would change the row ${row.k} of "${target.name}" ${row.n} times in one statement`,
    { hint: 'give each key once', data: { table: target.name, row: Number(row.r) } },
  );
}

async function stageReplacements(
  tx: Session,
  target: IngestTarget,
  stage: Stage,
  key: readonly string[],
  { set, where }: Extract<OnConflict, { action: 'update' }>,
  alias: string,
): Promise<Resolved> {
  const assigned = assignedColumns(target, set);
  // A row that is replaced equals the batch's in the key alone, and where that is set not even there.
  const isSet = new Set([...assigned.keys()].map((column) => column.toLowerCase()));
  const shared = key.map((column) => column.toLowerCase()).filter((column) => !isSet.has(column));
  await tx.run('DROP TABLE IF EXISTS temp."__ev_raw"');
  await tx.run('ALTER TABLE temp."__ev_stage" RENAME TO "__ev_raw"');
  const name = quoteIdentifier(alias);
  const texts = [...assigned.values(), ...(where === null ? [] : [where.text])];
  // The incoming row is one struct column, so that bare names in SET and WHERE are those of the table's row.
  const fields = target.schema.map(
    (column) => `${quoteIdentifier(column.name)} := x.${quoteIdentifier(column.name)}`,
  );
  const keys = key.map((column, index) => `x.${quoteIdentifier(column)} AS __ev_k${index}`).join(', ');
  const incoming = `(SELECT x.${rowColumn}, struct_pack(${fields.join(', ')}) AS excluded, ${keys} FROM temp."__ev_raw" AS x) AS "__ev_x"`;
  const match = [
    ...key.map((column, index) => `${name}.${quoteIdentifier(column)} = "__ev_x".__ev_k${index}`),
    ...batchBounds(key, stage, `${name}.`),
  ].join(' AND ');
  const known = [equalKeys('d', key, 'x', key), ...batchBounds(key, stage, 'd.')].join(' AND ');
  const values = target.schema.map((column) => {
    const value = assigned.get(column.name);
    const own = `${name}.${quoteIdentifier(column.name)}`;
    return `${value === undefined ? own : `CAST((${value}\n) AS ${column.type})`} AS ${quoteIdentifier(column.name)}`;
  });
  const staged = withOwnRows(tx, target, { alias, texts }, (rows) =>
    tx.run(
      `CREATE OR REPLACE TEMP TABLE "__ev_stage" AS
       SELECT "__ev_x".${rowColumn}, ${rows.place} AS ${oldColumn}, ${values.join(', ')}
       FROM ${rows.from} JOIN ${incoming} ON ${match}
       ${where === null ? '' : `WHERE (${where.text}\n)`}
       UNION ALL
       SELECT x.${rowColumn}, NULL, ${columnList(target, 'x.')} FROM temp."__ev_raw" AS x
       ANTI JOIN ${dataRelation(target.name)} AS d ON ${known}`,
    ),
  );
  try {
    await staged;
  } catch (failure) {
    throw conversionFailure(target, failure);
  }
  await tx.run('DROP TABLE temp."__ev_raw"');
  await dropUnchanged(tx, target, [...assigned.keys()]);
  return {
    stage: {
      relation: stageRelation,
      replaces: true,
      hasRows: true,
      mayMisfit: false,
      changed: null,
      assigned: [...assigned.keys()],
      ranges: new Map(shared.map((column) => [column, stage.ranges?.get(column) ?? null])),
    },
    assigned: [...assigned.keys()],
  };
}

/** Replacements that change nothing are no changes. */
async function dropUnchanged(tx: Session, target: IngestTarget, assigned: readonly string[]): Promise<void> {
  const same = assigned
    .map((column) => `s.${quoteIdentifier(column)} IS NOT DISTINCT FROM d.${quoteIdentifier(column)}`)
    .join(' AND ');
  const among = await amongReplaced(tx);
  await tx.run(
    `DELETE FROM ${stageRelation} WHERE ${rowColumn} IN (
       SELECT s.${rowColumn} FROM ${stageRelation} AS s JOIN ${baseRelation(target.name)} AS d
       ON d.rowid = s.${oldColumn} WHERE (${same})${among})`,
  );
}
