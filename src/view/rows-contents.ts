import { changeOf, type Relation, scansOf } from '../algebra/node.ts';
import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier, quoteList, weightColumn } from '../core/identifier.ts';
import { columnNames } from '../core/schema.ts';
import type { Version } from '../core/version.ts';
import { renderRelation } from '../store/render-algebra.ts';
import { contentsOf, ensureLog, logOf, repeated } from './change-log.ts';
import type { RefreshContext, RefreshOutcome, ViewHandle } from './refresher.ts';

const delta = 'temp.__ev_delta';
const weight = quoteIdentifier(weightColumn);

/** Deltas above this many rows do not wait in memory for the next one to replace them. */
const largeDelta = 50_000;

/** Contents kept as a table of exactly the user's columns: rows plans, and whatever can only be recomputed. */

export async function rebuildRows(view: ViewHandle, context: RefreshContext): Promise<RefreshOutcome> {
  if (context.from !== null && context.keepLog) return rewriteRows(view, context);
  const { tx } = context;
  const deleted = context.from === null ? 0 : await countRows(view, context);
  const columns = quoteList(columnNames(view.schema));
  await tx.run(
    `CREATE OR REPLACE TABLE ${contentsOf(view.name)} AS SELECT * FROM (${view.sql}) AS q(${columns})`,
  );
  return { kind: 'full', inserted: await countRows(view, context), deleted };
}

/** @param node the rows plan's */
export async function advanceRows(
  view: ViewHandle,
  node: Relation,
  context: RefreshContext & { readonly from: Version },
): Promise<RefreshOutcome> {
  const changed = new Set(context.changedSources.keys());
  const change = changeOf(node, changed);
  if (change === null) return { kind: 'none', inserted: 0, deleted: 0 };
  const sql = renderRelation(change, { kind: 'window', from: context.from, to: context.to });
  if (isInsertOnly(change, context)) return insertRows(view, sql, context);
  await makeDelta(view, sql, context);
  return applyDelta(view, 'incremental', context);
}

/** Only then every row of the change has weight 1: nothing was deleted, and no old state is subtracted. */
export function isInsertOnly(change: Relation, context: RefreshContext): boolean {
  return (
    [...context.changedSources.values()].every((source) => source.deleted === 0) &&
    !scansOf(change).some((scan) => scan.snapshot === 'old')
  );
}

async function insertRows(view: ViewHandle, sql: string, context: RefreshContext): Promise<RefreshOutcome> {
  const { tx } = context;
  const columns = quoteList(columnNames(view.schema));
  if (!context.keepLog) {
    const inserted = await tx.run(`INSERT INTO ${contentsOf(view.name)} SELECT ${columns} FROM (${sql})`);
    return { kind: 'incremental', inserted, deleted: 0 };
  }
  await ensureLog(tx, view);
  const log = logOf(view.name);
  const inserted = await tx.run(
    `INSERT INTO ${log} SELECT ${columns}, ${weight}::TINYINT, ${context.to} FROM (${sql})`,
  );
  await tx.run(
    `INSERT INTO ${contentsOf(view.name)} SELECT ${columns} FROM ${log} WHERE __ev_v = ${context.to}`,
  );
  return { kind: 'incremental', inserted, deleted: 0 };
}

async function rewriteRows(view: ViewHandle, context: RefreshContext): Promise<RefreshOutcome> {
  const columns = quoteList(columnNames(view.schema));
  const fresh = `SELECT ${columns}, 1 AS ${weight} FROM (${view.sql}) AS q(${columns})`;
  const old = `SELECT ${columns}, -1 AS ${weight} FROM ${contentsOf(view.name)}`;
  await makeDelta(view, `${fresh} UNION ALL ${old}`, context);
  return applyDelta(view, 'full', context);
}

/** Nets signed rows into one row per distinct row, with its weight. */
async function makeDelta(view: ViewHandle, signed: string, { tx }: RefreshContext): Promise<void> {
  const columns = quoteList(columnNames(view.schema));
  await tx.run(
    `CREATE OR REPLACE TEMP TABLE __ev_delta AS SELECT ${columns}, sum(${weight})::BIGINT AS ${weight} ` +
      `FROM (${signed}) GROUP BY ${columns} HAVING sum(${weight}) <> 0`,
  );
}

type DeltaSizes = {
  readonly inserted: number;
  readonly deleted: number;
  /** Whether every weight is 1 or −1. */
  readonly isSet: boolean;
  /** Columns that are NULL in some row to delete. */
  readonly nullColumns: ReadonlySet<string>;
};

async function applyDelta(
  view: ViewHandle,
  kind: 'incremental' | 'full',
  context: RefreshContext,
): Promise<RefreshOutcome> {
  const { tx } = context;
  const sizes = await measureDelta(view, context);
  const { inserted, deleted, isSet } = sizes;
  const columns = columnNames(view.schema).map(quoteIdentifier);
  if (deleted > 0) await deleteRows(view, sizes, context);
  if (inserted > 0) {
    const rows = repeated(delta, columns, isSet, `${weight} > 0`);
    await tx.run(`INSERT INTO ${contentsOf(view.name)} ${rows}`);
  }
  if (context.keepLog && inserted + deleted > 0) {
    await ensureLog(tx, view);
    const signed = [...columns, `sign(${weight})::TINYINT`, String(context.to)];
    await tx.run(`INSERT INTO ${logOf(view.name)} ${repeated(delta, signed, isSet)}`);
  }
  if (inserted + deleted > largeDelta) await tx.run(`DROP TABLE ${delta}`);
  return { kind, inserted, deleted };
}

async function measureDelta(view: ViewHandle, { tx }: RefreshContext): Promise<DeltaSizes> {
  const names = columnNames(view.schema);
  const nulls = names.map(
    (name, place) =>
      `coalesce(bool_or(${quoteIdentifier(name)} IS NULL) FILTER (${weight} < 0), false) AS n${place}`,
  );
  const [row] = await tx.rows(
    `SELECT coalesce(sum(${weight}) FILTER (${weight} > 0), 0)::DOUBLE AS inserted,
            coalesce(-sum(${weight}) FILTER (${weight} < 0), 0)::DOUBLE AS deleted,
            coalesce(max(abs(${weight})), 0)::DOUBLE AS most, ${nulls.join(', ')} FROM ${delta}`,
  );
  return {
    inserted: Number(row?.['inserted']),
    deleted: Number(row?.['deleted']),
    isSet: Number(row?.['most']) <= 1,
    nullColumns: new Set(names.filter((_, place) => row?.[`n${place}`] === true)),
  };
}

/**
 * Takes out as many of the equal rows as the weight says; which ones makes no difference to a bag. Where no row to
 * delete is NULL, IS NOT DISTINCT FROM is `=`, for which DuckDB skips the parts of the table out of range: 8 to 40
 * times faster on three million rows.
 */
async function deleteRows(view: ViewHandle, sizes: DeltaSizes, { tx }: RefreshContext): Promise<void> {
  const same = columnNames(view.schema).map((name) => {
    const column = quoteIdentifier(name);
    return `v.${column} ${sizes.nullColumns.has(name) ? 'IS NOT DISTINCT FROM' : '='} d.${column}`;
  });
  const contents = contentsOf(view.name);
  const deleted = await tx.run(
    `DELETE FROM ${contents} WHERE rowid IN (
       SELECT place FROM (
         SELECT v.rowid AS place, -d.${weight} AS gone,
                row_number() OVER (PARTITION BY d.rowid ORDER BY v.rowid) AS nth
         FROM ${contents} v JOIN ${delta} d ON ${same.join(' AND ')} AND d.${weight} < 0)
       WHERE nth <= gone)`,
  );
  if (deleted !== sizes.deleted) {
    throw new EverviewError(
      'internal',
      `"${view.name}" lacks ${sizes.deleted - deleted} rows that its change deletes`,
      {
        hint: `REFRESH ${view.name} FULL rebuilds it; please report this`,
        data: { view: view.name, expected: sizes.deleted, deleted },
      },
    );
  }
}

async function countRows(view: ViewHandle, { tx }: RefreshContext): Promise<number> {
  const [row] = await tx.rows(`SELECT count(*)::DOUBLE AS n FROM ${contentsOf(view.name)}`);
  return Number(row?.['n']);
}
