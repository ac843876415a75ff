import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier, quoteLiteral, versionColumn, weightColumn } from '../core/identifier.ts';
import type { AppendedColumn, Session } from '../core/session.ts';
import type { Version } from '../core/version.ts';
import { inOneStream } from '../store/one-stream.ts';
import type { UpdateContext } from './change-outcome.ts';
import type { IngestTarget } from './ingest-target.ts';
import { packedConstant } from './pack-column.ts';
import { dataRelation, logRelation } from './relation-names.ts';
import { columnList } from './row-sql.ts';
import { makeStage, onStage, type Placed, rowColumn, type StageSelect, type StagingPlace } from './stage.ts';

export function placeFor(target: IngestTarget, { touched, version }: UpdateContext): StagingPlace {
  const isFirst = touched !== undefined && !touched.has(target.name.toLowerCase());
  // In the log rows have no number, and an order that is to be checked goes by it.
  const isOrdered = target.table.definition.arrival.eventTimeOrder !== 'none';
  return isFirst && !isOrdered ? { kind: 'log', version } : onStage;
}

/** The rows of a version in a table's log, as a FROM item with the table's columns. */
export function batchInLog(target: IngestTarget, version: Version): string {
  return `(SELECT ${columnList(target)} FROM ${logRelation(target.name)} WHERE ${versionColumn} = ${version})`;
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
    `INSERT INTO ${logRelation(target.name)}
     SELECT ${columnList(target, 'x.')}, 1, ${place.version} FROM (${select.sql}) AS x`,
  );
  return { ...place, rows };
}

/**
 * Puts the rows of a SELECT into the log by one statement, where its columns are the table's, type by type: nothing has
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
      `INSERT INTO ${logRelation(target.name)}
       SELECT x.*, 1, ${version} FROM (${select}\n) AS x(${names.join(', ')}) WHERE ${fits.join(' AND ')}`,
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

/** Takes rows that waited in the log over to the stage, numbered as they came. */
export async function moveToStage(tx: Session, target: IngestTarget, version: Version): Promise<void> {
  await tx.run(
    `CREATE OR REPLACE TEMP TABLE "__ev_stage" AS
     SELECT row_number() OVER () AS ${rowColumn}, x.* FROM ${batchInLog(target, version)} AS x`,
  );
  await tx.run(`DELETE FROM ${logRelation(target.name)} WHERE ${versionColumn} = ${version}`);
}

/** Rows that waited in the log, `count` of them, and may be taken, go into the table. */
export function writeLogged(tx: Session, target: IngestTarget, version: Version, count: number): void {
  const rows = inOneStream(`SELECT * FROM ${batchInLog(target, version)}`, target.schema.length, count);
  tx.later(`INSERT INTO ${dataRelation(target.name)} ${rows}`);
}

/** Rows up to which they are cheaper read from the log once, for all rules, than planned for each. */
const fewRows = 10_000;

/**
 * As `writeLogged`, of rows that may be taken if they break none of the rules: asked and done by one statement.
 *
 * @param countsOf aggregates over a batch, a FROM item, under the table's name, each 0 exactly where its rule is kept
 * @returns how many were taken: all, or none
 */
export async function writeUnbroken(
  tx: Session,
  target: IngestTarget,
  version: Version,
  countsOf: (batch: string) => readonly string[],
  count: number,
): Promise<number> {
  const inLog = batchInLog(target, version);
  const [batch, before] =
    count > fewRows ? [inLog, ''] : ['__ev_batch', `WITH __ev_batch AS MATERIALIZED ${inLog} `];
  // count(*) makes one row of it where no rule's count is an aggregate of this level.
  const asked = `SELECT count(*) AS n, ${countsOf(batch).join(' + ')} AS broken FROM ${batch} AS ${quoteIdentifier(target.name)}`;
  const taken = `SELECT * FROM (${before}SELECT ${columnList(target, 'x.')} FROM ${batch} AS x, (${asked}) AS t
     WHERE t.n = ${count} AND t.broken = 0)`;
  const written = await tx.run(
    `INSERT INTO ${dataRelation(target.name)} ${inOneStream(taken, target.schema.length, count)}`,
  );
  if (written === 0 || written === count) return written;
  throw new EverviewError('internal', `${written} rows of ${count} were written into "${target.name}"`);
}

/** Appends whole columns, in the table's order and of its types, to the log as rows of the version. */
export async function appendToLog(
  tx: Session,
  target: IngestTarget,
  columns: readonly AppendedColumn[],
  count: number,
  version: Version,
): Promise<void> {
  const schema = [
    ...target.schema,
    { name: weightColumn, type: 'TINYINT' },
    { name: versionColumn, type: 'BIGINT' },
  ];
  const weights = count === 1 ? [1] : packedConstant('TINYINT', 1, count);
  const versions = count === 1 ? [version] : packedConstant('BIGINT', version, count);
  await tx.append(logRelation(target.name), schema, [...columns, weights, versions]);
}
