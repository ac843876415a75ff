import { clockSource } from '../algebra/clock-filter.ts';
import { changeOf, type Relation, scansOf, takesAway } from '../algebra/node.ts';
import { quoteIdentifier, quoteList, weightColumn } from '../core/identifier.ts';
import { columnNames } from '../core/schema.ts';
import type { Version } from '../core/version.ts';
import { clockFiltersOfPlan } from '../plan/clock-of-plan.ts';
import { inOneStream } from '../store/one-stream.ts';
import { renderRelation } from '../store/render-algebra.ts';
import {
  contentsOf,
  ensureLog,
  justLogged,
  logOf,
  logPlace,
  repeated,
  rowsOf,
  storedColumns,
} from './change-log.ts';
import { definitionSql } from './definition-sql.ts';
import { deleteRows } from './delete-rows.ts';
import { domainRows } from './domain-rows.ts';
import { narrowJoins } from './narrow-joins.ts';
import type { RefreshContext, RefreshOutcome, ViewHandle } from './refresher.ts';
import { newestOf, windowOf } from './render-window.ts';
import { deltaOfChange, dropLarge, nettedDeltaOf, type RowDelta } from './row-delta.ts';

const weight = quoteIdentifier(weightColumn);

/** Contents kept as a table of exactly the user's columns: rows plans, and whatever can only be recomputed. */

export async function rebuildRows(view: ViewHandle, context: RefreshContext): Promise<RefreshOutcome> {
  if (context.from !== null && context.keepLog) return rewriteRows(view, context);
  const { tx } = context;
  const deleted = context.from === null ? 0 : await countRows(view, context);
  await tx.run(`CREATE OR REPLACE TABLE ${rowsOf(view)} AS SELECT * FROM ${wholeOf(view, context)}`);
  if (rowsOf(view) !== contentsOf(view.name) && context.from === null) {
    const shown = quoteList(columnNames(view.schema));
    await tx.run(`CREATE OR REPLACE VIEW ${contentsOf(view.name)} AS SELECT ${shown} FROM ${rowsOf(view)}`);
  }
  return { kind: 'full', inserted: await countRows(view, context), deleted };
}

/** A FROM item: the stored columns as the definition gives them. */
function wholeOf(view: ViewHandle, context: RefreshContext): string {
  const { plan } = view;
  if (plan.kind === 'domain' && plan.hidden.length > 0)
    return `(${domainRows(plan, storedColumns(view), newestOf(context), null)})`;
  // The plan compares a stored time in its own type, where the query as written would cast every row's.
  if (plan.kind === 'rows' && clockFiltersOfPlan(plan).length > 0)
    return `(${renderRelation(plan.node, newestOf(context))})`;
  return `(${definitionSql(view, context.moments)}) AS q(${quoteList(columnNames(view.schema))})`;
}

/** @param node the rows plan's */
export async function advanceRows(
  view: ViewHandle,
  node: Relation,
  context: RefreshContext & { readonly from: Version },
): Promise<RefreshOutcome> {
  const changed = new Set(context.changedSources.keys());
  const whole = changeOf(node, changed);
  if (whole === null) return { kind: 'none', inserted: 0, deleted: 0 };
  const change = await narrowJoins(context.tx, whole, windowOf(context), context);
  const sql = renderRelation(change, windowOf(context));
  if (isInsertOnly(change, context)) return insertRows(view, change, sql, context);
  return applyDelta(view, await deltaOfChange(view, change, sql, context), 'incremental', context);
}

/** Only then every row of the change has weight 1: nothing was deleted or left, and no old state is subtracted. */
export function isInsertOnly(change: Relation, context: Pick<RefreshContext, 'changedSources'>): boolean {
  return (
    !context.changedSources.has(clockSource) &&
    [...context.changedSources.values()].every((source) => source.deleted === 0) &&
    !takesAway(change)
  );
}

async function insertRows(
  view: ViewHandle,
  change: Relation,
  sql: string,
  context: RefreshContext,
): Promise<RefreshOutcome> {
  const { tx } = context;
  const columns = quoteList(columnNames(view.schema));
  if (!context.keepLog || (await ensureLog(tx, view)) === 'derived') {
    const select = `SELECT ${columns} FROM (${sql})`;
    const scans = scansOf(change);
    // A join may read all of another relation, for which every thread is wanted.
    const rows = scans.length === 1 ? inOneStream(select, view.schema.length, rowsLogged(context)) : select;
    const inserted = await tx.run(`INSERT INTO ${contentsOf(view.name)} ${rows}`);
    return { kind: 'incremental', inserted, deleted: 0 };
  }
  const log = logOf(view.name);
  const inserted = await tx.run(
    `INSERT INTO ${log} SELECT ${columns}, ${weight}::TINYINT, ${logPlace(view, context).join(', ')} FROM (${sql})`,
  );
  await tx.run(
    `INSERT INTO ${contentsOf(view.name)} SELECT ${columns} FROM ${log} WHERE ${justLogged(view, context)}`,
  );
  return { kind: 'incremental', inserted, deleted: 0 };
}

function rowsLogged({ changedSources }: RefreshContext): number {
  return [...changedSources.values()].reduce((sum, { inserted }) => sum + inserted, 0);
}

async function rewriteRows(view: ViewHandle, context: RefreshContext): Promise<RefreshOutcome> {
  const columns = quoteList(storedColumns(view));
  const fresh = `SELECT ${columns}, 1 AS ${weight} FROM ${wholeOf(view, context)}`;
  const old = `SELECT ${columns}, -1 AS ${weight} FROM ${rowsOf(view)}`;
  const delta = await nettedDeltaOf(view, `${fresh} UNION ALL ${old}`, context);
  return applyDelta(view, delta, 'full', context);
}

export async function applyDelta(
  view: ViewHandle,
  delta: RowDelta,
  kind: 'incremental' | 'full',
  context: RefreshContext,
): Promise<RefreshOutcome> {
  const { tx } = context;
  const { relation, inserted, deleted, isSet } = delta;
  const columns = storedColumns(view).map(quoteIdentifier);
  if (deleted > 0) await deleteRows(view, delta, context, () => wholeOf(view, context));
  if (inserted > 0) {
    const rows = inOneStream(repeated(relation, columns, isSet, `${weight} > 0`), columns.length, inserted);
    await tx.run(`INSERT INTO ${rowsOf(view)} ${rows}`);
  }
  const logged = context.keepLog ? await logDelta(view, delta, context) : { inserted, deleted };
  await dropLarge(delta, context);
  return { kind, ...logged };
}

/** What the log says of the change; rows that came and went again stand in it both times where it is derived. */
async function logDelta(
  view: ViewHandle,
  { relation, inserted, deleted, isSet, isNetted }: RowDelta,
  context: RefreshContext,
): Promise<{ readonly inserted: number; readonly deleted: number }> {
  const { tx } = context;
  if ((await ensureLog(tx, view)) === 'derived') {
    return isNetted ? countLog(view, context) : { inserted, deleted };
  }
  if (inserted + deleted > 0) {
    const columns = columnNames(view.schema).map(quoteIdentifier);
    const signed = [...columns, `sign(${weight})::TINYINT`, ...logPlace(view, context)];
    await tx.run(`INSERT INTO ${logOf(view.name)} ${repeated(relation, signed, isSet)}`);
  }
  return { inserted, deleted };
}

async function countLog(
  view: ViewHandle,
  { tx, from, to }: RefreshContext,
): Promise<{ readonly inserted: number; readonly deleted: number }> {
  const [row] = await tx.rows(
    `SELECT count(*) FILTER (${weight} > 0)::DOUBLE AS i, count(*) FILTER (${weight} < 0)::DOUBLE AS d
     FROM ${logOf(view.name)} WHERE __ev_v > ${from} AND __ev_v <= ${to}`,
  );
  return { inserted: Number(row?.i), deleted: Number(row?.d) };
}

async function countRows(view: ViewHandle, { tx }: RefreshContext): Promise<number> {
  const [row] = await tx.rows(`SELECT count(*)::DOUBLE AS n FROM ${rowsOf(view)}`);
  return Number(row?.['n']);
}
