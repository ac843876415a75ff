import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier, quoteLiteral, versionColumn } from '../core/identifier.ts';
import type { AppendedColumn, Session } from '../core/session.ts';
import type { Version } from '../core/version.ts';
import type { UpdateContext } from './change-outcome.ts';
import type { IngestTarget } from './ingest-target.ts';
import { packedConstant } from './pack-column.ts';
import { baseRelation } from './relation-names.ts';
import { columnList } from './row-sql.ts';
import { makeStage, onStage, type Placed, rowColumn, type StageSelect, type StagingPlace } from './stage.ts';

export function placeFor(target: IngestTarget, { touched, version }: UpdateContext): StagingPlace {
  const isFirst = touched !== undefined && !touched.has(target.name.toLowerCase());
  // In the table rows have no number, and an order that is to be checked goes by it.
  const isOrdered = target.table.definition.arrival.eventTimeOrder !== 'none';
  return isFirst && !isOrdered ? { kind: 'table', version } : onStage;
}

/** The rows that a version brought, as a FROM item with the table's columns. */
export function batchInTable(target: IngestTarget, version: Version): string {
  return `(SELECT ${columnList(target)} FROM ${baseRelation(target.name)} WHERE ${versionColumn} = ${version})`;
}

/** Puts the rows where they are to wait, and says where they do: values that may not fit are looked at on the stage. */
export async function placeRows(
  tx: Session,
  target: IngestTarget,
  select: StageSelect,
  place: StagingPlace,
): Promise<Placed> {
  if (place.kind === 'stage' || select.mayMisfit) {
    await makeStage(tx, select);
    return onStage;
  }
  const rows = await tx.run(
    `INSERT INTO ${baseRelation(target.name)}
     SELECT ${columnList(target, 'x.')}, ${place.version} FROM (${select.sql}) AS x`,
  );
  return { ...place, rows };
}

/**
 * Puts the rows of a SELECT into the table by one statement, where its columns are the table's, type by type: nothing has
 * to be known of it before. DuckDB settles `typeof` as it binds, so a SELECT with another type is an empty one to it
 * and does not run; one with other columns cannot be bound, which leaves the transaction as it was.
 *
 * @returns how many; 0 where it is not known to be such a SELECT (`typeof` writes some types otherwise), or has no rows
 */
export async function placeFitting(
  tx: Session,
  target: IngestTarget,
  select: string,
  version: Version,
): Promise<number> {
  const names = target.schema.map((_, index) => `c${index}`);
  const fits = target.schema.map(({ type }, index) => `typeof(c${index}) = ${quoteLiteral(type)}`);
  try {
    return await tx.run(
      `INSERT INTO ${baseRelation(target.name)}
       SELECT x.*, ${version} FROM (${select}\n) AS x(${names.join(', ')}) WHERE ${fits.join(' AND ')}`,
    );
  } catch (failure) {
    if (
      failure instanceof EverviewError &&
      /^(Binder|Catalog|Parser) Error/.test(String(failure.data?.duckdb))
    )
      return 0;
    throw failure;
  }
}

/** Takes rows that waited in the table over to the stage, numbered as they came. */
export async function moveToStage(tx: Session, target: IngestTarget, version: Version): Promise<void> {
  await tx.run(
    `CREATE OR REPLACE TEMP TABLE "__ev_stage" AS
     SELECT row_number() OVER () AS ${rowColumn}, x.* FROM ${batchInTable(target, version)} AS x`,
  );
  await tx.run(`DELETE FROM ${baseRelation(target.name)} WHERE ${versionColumn} = ${version}`);
}

/** Rows up to which they are cheaper read once, for all rules, than planned for each. */
const fewRows = 10_000;

/**
 * Whether rows that wait in the table break none of the rules.
 *
 * @param countsOf aggregates over a batch, a FROM item, under the table's name, each 0 exactly where its rule is kept
 * @param count how many rows wait
 */
export async function areUnbroken(
  tx: Session,
  target: IngestTarget,
  version: Version,
  countsOf: (batch: string) => readonly string[],
  count: number,
): Promise<boolean> {
  const inTable = batchInTable(target, version);
  const [batch, before] =
    count > fewRows ? [inTable, ''] : ['__ev_batch', `WITH __ev_batch AS MATERIALIZED ${inTable} `];
  const counts = countsOf(batch);
  if (counts.length === 0) return true;
  // The count makes one row of it where no rule's own is an aggregate of this level.
  const [tally] = await tx.rows(
    `${before}SELECT count(*), ${counts.join(' + ')} AS broken FROM ${batch} AS ${quoteIdentifier(target.name)}`,
  );
  return Number(tally?.broken ?? 1) === 0;
}

/** Appends whole columns, in the table's order and of its types, as rows of the version. */
export async function appendToTable(
  tx: Session,
  target: IngestTarget,
  columns: readonly AppendedColumn[],
  count: number,
  version: Version,
): Promise<void> {
  const schema = [...target.schema, { name: versionColumn, type: 'BIGINT' }];
  const versions = count === 1 ? [version] : packedConstant('BIGINT', version, count);
  await tx.append(baseRelation(target.name), schema, [...columns, versions]);
}
