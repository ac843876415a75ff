import { mapInputs } from '../algebra/domain.ts';
import { changeOf, oldOf, type Relation } from '../algebra/node.ts';
import { quoteIdentifier, quoteList, weightColumn } from '../core/identifier.ts';
import { columnNames } from '../core/schema.ts';
import type { DomainPlan, GroupPlan } from '../plan/view-plan.ts';
import { type RenderSource, renderRelation, renderState } from '../store/render-algebra.ts';
import { touchedColumn } from '../store/render-relation.ts';
import { repeated } from './change-log.ts';
import type { PendingOnView } from './compensated-contents.ts';
import { domainRows, touchedKeysOf } from './domain-rows.ts';
import { outputsOver } from './group-outputs.ts';
import { touchedGroups } from './group-step.ts';
import type { ViewHandle } from './refresher.ts';
import { windowOf } from './render-window.ts';
import { isInsertOnly } from './rows-contents.ts';

const weight = quoteIdentifier(weightColumn);
const touchedItem = '__ev_touched';

/**
 * A SELECT of the rows that a change of what the view reads brings to it, less those that it takes: by the view's own
 * rules, from the change and the relations read alone, so that its contents may stand anywhere. Of a grouped view these
 * are the groups that the change touches. Null: it brings none, or there is no rule for the view's shape.
 */
export function broughtRows(view: ViewHandle, pending: Omit<PendingOnView, 'contentRows'>): string | null {
  const { plan } = view;
  const changed = new Set(pending.changedSources.keys());
  const source = windowOf(pending);
  switch (plan.kind) {
    case 'rows': {
      const change = changeOf(plan.node, changed);
      return change === null ? null : netted(view, change, source, isInsertOnly(change, pending));
    }
    case 'domain':
      return broughtByKey(view, plan, changed, source);
    case 'group': {
      const change = changeOf(plan.group.input, changed);
      return change === null ? null : touchedGroupsNow(view, plan, change, source);
    }
    case 'full-only':
      return null;
  }
}

function netted(
  view: ViewHandle,
  change: Relation,
  source: RenderSource,
  isInsertOnlyChange: boolean,
): string {
  const columns = quoteList(columnNames(view.schema));
  const signed = renderRelation(change, source);
  if (isInsertOnlyChange) return `SELECT ${columns} FROM (${signed})`;
  const net = `SELECT ${columns}, sum(${weight})::BIGINT AS ${weight} FROM (${signed}) GROUP BY ${columns} HAVING sum(${weight}) > 0`;
  return repeated(`(${net})`, columnNames(view.schema).map(quoteIdentifier), false);
}

/** Of the touched keys, what is there now and was not before; all of it where old rows may not be asked for again. */
function broughtByKey(
  view: ViewHandle,
  plan: DomainPlan,
  changed: ReadonlySet<string>,
  source: RenderSource,
): string | null {
  const touched = touchedKeysOf(plan, changed, source, null);
  if (touched === null) return null;
  const columns = columnNames(view.schema);
  const now = domainRows(plan, columns, source, touchedItem);
  const old: DomainPlan = { ...plan, node: mapInputs(plan.node, (input) => oldOf(input, changed)) };
  const rows =
    plan.node.repeatable.obstacle === null
      ? `(${now}) EXCEPT ALL (${domainRows(old, columns, source, touchedItem)})`
      : now;
  return `WITH ${touchedItem} AS MATERIALIZED (${touched}) ${rows}`;
}

function touchedGroupsNow(
  view: ViewHandle,
  plan: GroupPlan,
  change: Relation,
  source: RenderSource,
): string | null {
  const { keys } = plan.group;
  if (keys.length === 0) return null;
  const touched = { item: touchedItem, columns: keys.map((_, place) => touchedColumn(place)) };
  const rows = outputsOver(plan, view.schema, `(${renderState(plan.group, source, touched)})`);
  return `WITH ${touchedItem} AS MATERIALIZED (${touchedGroups(keys, renderRelation(change, source))}) ${rows}`;
}
