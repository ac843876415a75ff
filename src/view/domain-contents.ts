import { quoteIdentifier, weightColumn } from '../core/identifier.ts';
import type { Version } from '../core/version.ts';
import type { DomainPlan } from '../plan/view-plan.ts';
import { keyRanges } from '../store/key-range.ts';
import { touchedColumn } from '../store/render-relation.ts';
import { rowsOf, storedColumns } from './change-log.ts';
import { domainRows, narrowTouchedKeys } from './domain-rows.ts';
import type { RefreshContext, RefreshOutcome, ViewHandle } from './refresher.ts';
import { windowOf } from './render-window.ts';
import { nettedDeltaOf } from './row-delta.ts';
import { applyDelta } from './rows-contents.ts';

const weight = quoteIdentifier(weightColumn);
const touchedTable = 'temp.__ev_touched';

/** Takes the rows of every touched key out of the contents and puts in what the view gives for it now. */
export async function advanceDomain(
  view: ViewHandle,
  plan: DomainPlan,
  context: RefreshContext & { readonly from: Version },
): Promise<RefreshOutcome> {
  const source = windowOf(context);
  const touched = await narrowTouchedKeys(context.tx, plan, source, rowsOf(view), context);
  if (touched === null) return { kind: 'none', inserted: 0, deleted: 0 };
  await context.tx.run(`CREATE OR REPLACE TEMP TABLE __ev_touched AS ${touched}`);
  const ranges = await keyRanges(
    context.tx,
    touchedTable,
    plan.keys.map((_, place) => touchedColumn(place)),
  );
  const fresh = domainRows(plan, storedColumns(view), source, touchedTable, ranges);
  const change = `SELECT *, 1 AS ${weight} FROM (${fresh}) UNION ALL ${oldRows(view, plan, touchedTable)}`;
  return applyDelta(view, await nettedDeltaOf(view, change, context), 'incremental', context);
}

/** The stored rows of the touched keys, each with weight −1. */
function oldRows(view: ViewHandle, plan: DomainPlan, touched: string): string {
  const list = storedColumns(view).map((name) => `v.${quoteIdentifier(name)}`);
  const same = plan.keys.map(
    (key, place) => `v.${quoteIdentifier(key)} IS NOT DISTINCT FROM t.${touchedColumn(place)}`,
  );
  return `SELECT ${list.join(', ')}, -1 FROM ${rowsOf(view)} v JOIN ${touched} t ON ${same.join(' AND ')}`;
}
