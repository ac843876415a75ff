import { changesOfInputs } from '../algebra/domain.ts';
import { changeOf, type Relation } from '../algebra/node.ts';
import { quoteIdentifier, weightColumn } from '../core/identifier.ts';
import type { Schema } from '../core/schema.ts';
import type { Version } from '../core/version.ts';
import type { DomainPlan } from '../plan/view-plan.ts';
import { type RenderSource, renderDomainOf, renderTouched, touchedColumn } from '../store/render-relation.ts';
import { contentsOf } from './change-log.ts';
import type { RefreshContext, RefreshOutcome, ViewHandle } from './refresher.ts';
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
  const source: RenderSource = { kind: 'window', from: context.from, to: context.to };
  const touched = touchedKeysOf(plan, new Set(context.changedSources.keys()), source);
  if (touched === null) return { kind: 'none', inserted: 0, deleted: 0 };
  await context.tx.run(`CREATE OR REPLACE TEMP TABLE __ev_touched AS ${touched}`);
  const change = `${freshRows(plan, view.schema, source, touchedTable)} UNION ALL ${oldRows(view, plan, touchedTable)}`;
  return applyDelta(view, await nettedDeltaOf(view, change, context), 'incremental', context);
}

/** A SELECT of the keys that the changes touch; null when there are none. */
export function touchedKeysOf(
  plan: DomainPlan,
  changed: ReadonlySet<string>,
  source: RenderSource,
): string | null {
  const changes = changesOfInputs<Relation, string>(plan.node, (input) => changeOf(input, changed));
  return changes.length === 0 ? null : renderTouched(changes, source);
}

/** The view's rows of the touched keys as they are now, each with weight 1. */
export function freshRows(
  plan: DomainPlan,
  schema: Schema,
  source: RenderSource,
  touched: string | null,
): string {
  const list = schema.map(
    ({ name }, place) => `${quoteIdentifier(plan.sources[place] ?? name)} AS ${quoteIdentifier(name)}`,
  );
  const columns = plan.keys.map((_, place) => touchedColumn(place));
  const rows = renderDomainOf(plan.node, source, touched === null ? null : { item: touched, columns });
  return `SELECT ${list.join(', ')}, 1 AS ${weight} FROM (${rows})`;
}

/** The rows of the touched keys in the contents, each with weight −1. */
export function oldRows(
  view: Pick<ViewHandle, 'name' | 'schema'>,
  plan: DomainPlan,
  touched: string,
): string {
  const list = view.schema.map(({ name }) => `v.${quoteIdentifier(name)}`);
  const same = plan.keys.map(
    (key, place) => `v.${quoteIdentifier(key)} IS NOT DISTINCT FROM t.${touchedColumn(place)}`,
  );
  return `SELECT ${list.join(', ')}, -1 FROM ${contentsOf(view.name)} v JOIN ${touched} t ON ${same.join(' AND ')}`;
}
