import { type Relation, scansOf } from '../algebra/node.ts';
import { quoteIdentifier, quoteList, weightColumn } from '../core/identifier.ts';
import { type Column, columnNames, type Schema } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import { storedColumns, storedSchema } from './change-log.ts';
import { shownScan } from './derived-log.ts';
import type { RefreshContext, ViewHandle } from './refresher.ts';

/** A signed change of contents, about to be applied. */
export type RowDelta = {
  /** A FROM item, no dearer to read than a log is: the view's columns and the weight. */
  readonly relation: string;
  /** Rows, however many equal ones are written as one. */
  readonly inserted: number;
  readonly deleted: number;
  /** Whether rows that came and went again have been left out. */
  readonly isNetted: boolean;
  /** Whether every weight is 1 or −1. */
  readonly isSet: boolean;
  /** Whether each row is one of the rows of one table, so that contents by any column can be had from that again. */
  readonly isOfTable: boolean;
  /** A column that tells the rows to delete apart better than most and has a value in all of them; null: none. */
  readonly telling: string | null;
};

const weight = quoteIdentifier(weightColumn);
const rawDelta = 'temp.__ev_signed';
const nettedDelta = 'temp.__ev_delta';

/** Deltas above this many rows do not wait in memory for the next one to replace them. */
const largeDelta = 50_000;

/** Rows to delete that are looked at to find the telling column. */
const sampleRows = 1_024;

/** Columns looked at first, and the share of values that differ which is good enough: counts are off by an eighth. */
const columnsFirst = 8;
const wellTold = 0.75;

/** How a change gets to be a delta: what was put in and taken out again is netted where it can be at all. */
export async function deltaOfChange(
  view: ViewHandle,
  change: Relation,
  signed: string,
  context: RefreshContext,
): Promise<RowDelta> {
  const scans = scansOf(change);
  // Against an old snapshot the change holds every row that stayed, once with each sign.
  if (scans.some((scan) => scan.snapshot === 'old')) return nettedDeltaOf(view, signed, context);
  const isLogged = scans.length === 1 && scans[0]?.snapshot === 'change';
  const relation = isLogged ? `(${signed})` : await kept(signed, context);
  const logged = loggedCounts(change, context);
  const counts = logged ?? (await countedRows(relation, context));
  const { telling, mayCancel } = await tellingColumn(view, relation, counts, context);
  if (mayCancel) return nettedDeltaOf(view, `SELECT * FROM ${relation}`, context);
  return { relation, ...counts, isNetted: false, isOfTable: logged !== null, telling };
}

type RowCounts = Pick<RowDelta, 'inserted' | 'deleted' | 'isSet'>;

/** Where each row in the log of a table makes one row, the log's own counts. */
function loggedCounts(change: Relation, { changedSources }: RefreshContext): RowCounts | null {
  const scan = shownScan(change);
  const logged = scan?.source === 'table' ? changedSources.get(scan.relation) : undefined;
  return logged === undefined ? null : { inserted: logged.inserted, deleted: logged.deleted, isSet: true };
}

async function kept(signed: string, { tx }: RefreshContext): Promise<string> {
  await tx.run(`CREATE OR REPLACE TEMP TABLE __ev_signed AS ${signed}`);
  return rawDelta;
}

/** Signed rows as one row per distinct row, with its weight. */
export async function nettedDeltaOf(
  view: ViewHandle,
  signed: string,
  context: RefreshContext,
): Promise<RowDelta> {
  const columns = quoteList(storedColumns(view));
  await context.tx.run(
    `CREATE OR REPLACE TEMP TABLE __ev_delta AS SELECT ${columns}, sum(${weight})::BIGINT AS ${weight} ` +
      `FROM (${signed}) GROUP BY ${columns} HAVING sum(${weight}) <> 0`,
  );
  const counts = await countedRows(nettedDelta, context);
  const { telling } = await tellingColumn(view, nettedDelta, { ...counts, inserted: 0 }, context);
  return { relation: nettedDelta, ...counts, isNetted: true, isOfTable: false, telling };
}

async function countedRows(relation: string, { tx }: RefreshContext): Promise<RowCounts> {
  const [row] = await tx.rows(
    `SELECT coalesce(sum(${weight}) FILTER (${weight} > 0), 0)::DOUBLE AS inserted,
            coalesce(-sum(${weight}) FILTER (${weight} < 0), 0)::DOUBLE AS deleted,
            coalesce(max(abs(${weight})), 0)::DOUBLE AS most FROM ${relation}`,
  );
  return {
    inserted: Number(row?.inserted),
    deleted: Number(row?.deleted),
    isSet: Number(row?.most) <= 1,
  };
}

/**
 * `mayCancel`: equal rows are equal in every column, so two signs with no value of one column in common have no row
 * in common. The column that is likeliest to tell is asked outright: mostly it does, and no other is looked for.
 */
async function tellingColumn(
  view: ViewHandle,
  relation: string,
  { inserted, deleted }: RowCounts,
  { tx }: RefreshContext,
): Promise<{ readonly telling: string | null; readonly mayCancel: boolean }> {
  if (deleted === 0) return { telling: null, mayCancel: false };
  const [guess] = likelyColumns(view);
  let best = guess ?? null;
  let told = best === null ? null : await toldBy(best, relation, tx);
  if (told === null || told.share < wellTold) {
    best = await mostDistinctColumn(view, relation, tx);
    if (best !== null && best !== guess) told = await toldBy(best, relation, tx);
  }
  if (best === null || told === null) return { telling: null, mayCancel: inserted > 0 };
  return { telling: told.hasNull ? null : best, mayCancel: inserted > 0 && told.isShared };
}

/** What a column says of the rows that go; `share`: of values that differ, 0 where some are NULL. */
async function toldBy(
  name: string,
  relation: string,
  tx: Session,
): Promise<{ readonly isShared: boolean; readonly hasNull: boolean; readonly share: number }> {
  const column = quoteIdentifier(name);
  const [row] = await tx.rows(
    `SELECT coalesce(bool_or(comes AND goes > 0), false) AS shared,
            coalesce(bool_or(goes > 0 AND k IS NULL), false) AS unknown,
            count(*) FILTER (goes > 0) / sum(goes) AS share
     FROM (SELECT ${column} AS k, bool_or(${weight} > 0) AS comes, count(*) FILTER (${weight} < 0) AS goes
           FROM ${relation} GROUP BY ${column})`,
  );
  const hasNull = row?.unknown === true;
  return { isShared: row?.shared === true, hasNull, share: hasNull ? 0 : Number(row?.share) };
}

/** Looked for among a few columns first: DuckDB takes far longer to plan for fifty than to count in these. */
async function mostDistinctColumn(view: ViewHandle, relation: string, tx: Session): Promise<string | null> {
  const names = storedColumns(view);
  const likely = likelyColumns(view);
  const found = await distinctValues(likely, relation, tx);
  if (found === null || found.share >= wellTold || names.length === likely.length) return found?.name ?? null;
  return (await distinctValues(names, relation, tx))?.name ?? null;
}

/** Columns of types that rarely repeat a value, in front of others. */
function likelyColumns(view: ViewHandle): string[] {
  const schema: Schema = storedSchema(view);
  const isLikely = ({ type }: Column) =>
    /^(DOUBLE|FLOAT|DECIMAL|TIME|UUID|U?BIGINT|U?HUGEINT|VARCHAR|BLOB)/.test(type);
  const likely = schema.filter(isLikely);
  const others = schema.filter((column) => !isLikely(column));
  return columnNames([...likely, ...others].slice(0, columnsFirst));
}

async function distinctValues(
  names: readonly string[],
  relation: string,
  tx: Session,
): Promise<{ readonly name: string; readonly share: number } | null> {
  const columns = names.map(quoteIdentifier);
  const counts = columns.map((column, place) => `approx_count_distinct(${column}) AS d${place}`);
  const [row] = await tx.rows(
    `SELECT count(*) AS n, ${counts.join(', ')}
     FROM (SELECT ${columns.join(', ')} FROM ${relation} WHERE ${weight} < 0 LIMIT ${sampleRows})`,
  );
  let best: { name: string; share: number } | null = null;
  for (const [place, name] of names.entries()) {
    const share = Number(row?.[`d${place}`]) / Number(row?.n);
    if (best === null || share > best.share) best = { name, share };
  }
  return best;
}

/** Gives back what a large delta holds. */
export async function dropLarge(delta: RowDelta, { tx }: RefreshContext): Promise<void> {
  if (delta.inserted + delta.deleted <= largeDelta) return;
  await tx.run(`DROP TABLE IF EXISTS ${rawDelta}`);
  await tx.run(`DROP TABLE IF EXISTS ${nettedDelta}`);
}
