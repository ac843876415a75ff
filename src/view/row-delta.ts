import { type Relation, scansOf } from '../algebra/node.ts';
import { quoteIdentifier, quoteList, weightColumn } from '../core/identifier.ts';
import { storedColumns } from './change-log.ts';
import type { RefreshContext, ViewHandle } from './refresher.ts';

/** A signed change of contents, about to be applied. */
export type RowDelta = {
  /** A FROM item: the view's columns and the weight. */
  readonly relation: string;
  /** Rows, however many equal ones are written as one. */
  readonly inserted: number;
  readonly deleted: number;
  /** Whether rows that came and went again have been left out. */
  readonly isNetted: boolean;
  /** Whether every weight is 1 or −1. */
  readonly isSet: boolean;
  /** A column that tells the rows to delete apart better than most; null when there are none. */
  readonly telling: string | null;
};

const weight = quoteIdentifier(weightColumn);
const rawDelta = 'temp.__ev_signed';
const nettedDelta = 'temp.__ev_delta';

/** Deltas above this many rows do not wait in memory for the next one to replace them. */
const largeDelta = 50_000;

/** Rows to delete that are looked at to find the telling column. */
const sampleRows = 1_024;

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
  const relation = scans.length === 1 ? `(${signed})` : await kept(signed, context);
  const delta = await measured(view, relation, false, context);
  if (delta.inserted === 0 || delta.telling === null || !(await mayCancel(relation, delta.telling, context)))
    return delta;
  return nettedDeltaOf(view, `SELECT * FROM ${relation}`, context);
}

async function kept(signed: string, { tx }: RefreshContext): Promise<string> {
  await tx.run(`CREATE OR REPLACE TEMP TABLE __ev_signed AS ${signed}`);
  return rawDelta;
}

/** Equal rows are equal in every column, so two signs with no value of one column in common have no row in common. */
async function mayCancel(relation: string, telling: string, { tx }: RefreshContext): Promise<boolean> {
  const column = quoteIdentifier(telling);
  const side = (sign: string) => `(SELECT ${column} AS k FROM ${relation} WHERE ${weight} ${sign} 0)`;
  const [row] = await tx.rows(
    `SELECT 1 FROM ${side('>')} a SEMI JOIN ${side('<')} b ON a.k IS NOT DISTINCT FROM b.k LIMIT 1`,
  );
  return row !== undefined;
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
  return measured(view, nettedDelta, true, context);
}

async function measured(
  view: ViewHandle,
  relation: string,
  isNetted: boolean,
  context: RefreshContext,
): Promise<RowDelta> {
  const [row] = await context.tx.rows(
    `SELECT coalesce(sum(${weight}) FILTER (${weight} > 0), 0)::DOUBLE AS inserted,
            coalesce(-sum(${weight}) FILTER (${weight} < 0), 0)::DOUBLE AS deleted,
            coalesce(max(abs(${weight})), 0)::DOUBLE AS most FROM ${relation}`,
  );
  const deleted = Number(row?.['deleted']);
  return {
    relation,
    inserted: Number(row?.['inserted']),
    deleted,
    isNetted,
    isSet: Number(row?.['most']) <= 1,
    telling: deleted === 0 ? null : await tellingColumn(view, relation, context),
  };
}

async function tellingColumn(
  view: ViewHandle,
  relation: string,
  { tx }: RefreshContext,
): Promise<string | null> {
  const names = storedColumns(view);
  const counts = names.map((name, place) => `approx_count_distinct(${quoteIdentifier(name)}) AS d${place}`);
  const [row] = await tx.rows(
    `SELECT ${counts.join(', ')} FROM (SELECT * FROM ${relation} WHERE ${weight} < 0 LIMIT ${sampleRows})`,
  );
  let best: { name: string; distinct: number } | null = null;
  for (const [place, name] of names.entries()) {
    const distinct = Number(row?.[`d${place}`]);
    if (best === null || distinct > best.distinct) best = { name, distinct };
  }
  return best?.name ?? null;
}

/** Gives back what a large delta holds. */
export async function dropLarge(delta: RowDelta, { tx }: RefreshContext): Promise<void> {
  if (delta.inserted + delta.deleted <= largeDelta) return;
  await tx.run(`DROP TABLE IF EXISTS ${rawDelta}`);
  await tx.run(`DROP TABLE IF EXISTS ${nettedDelta}`);
}
