import { changeOf, changeOfState } from '../algebra/node.ts';
import { planOn, type Rung } from '../plan/view-plan.ts';
import { renderRelation, renderSignedState, renderState } from '../store/render-algebra.ts';
import { rowsOf, storedColumns } from './change-log.ts';
import { definitionSql } from './definition-sql.ts';
import { domainRows, touchedKeysOf } from './domain-rows.ts';
import { advanceStep, domainStep } from './group-step.ts';
import type { RefreshContext, ViewHandle } from './refresher.ts';
import { newestOf, windowOf } from './render-window.ts';

/** What of a refresh is known before it runs. */
export type ForeseenRefresh = Omit<RefreshContext, 'tx'>;

/**
 * The SELECTs that a refresh gets its rows from: the change of the view, the new state of its touched groups, or all
 * of it. What moves them into place depends on what they give. None: nothing the view reads has changed.
 */
export function refreshStatements(view: ViewHandle, context: ForeseenRefresh, rung: Rung): readonly string[] {
  const { from } = context;
  const changed = new Set(context.changedSources.keys());
  if (view.plan.kind === 'full-only' || rung === 'full' || from === null) {
    if (view.plan.kind === 'group') return [renderState(view.plan.group, newestOf(context))];
    return [definitionSql(view, context.moments)];
  }
  const plan = planOn(view.plan, rung);
  const source = windowOf({ ...context, from });
  if (plan.kind === 'rows') {
    const change = changeOf(plan.node, changed);
    return change === null ? [] : [renderRelation(change, source)];
  }
  if (plan.kind === 'domain') {
    const touched = touchedKeysOf(plan, changed, source, rowsOf(view));
    return touched === null ? [] : [touched, domainRows(plan, storedColumns(view), source, `(${touched})`)];
  }
  const change = changeOfState(plan.group, changed);
  if (change === null) return [];
  if (rung === 'domain') return [domainStep(view.name, plan, change.input, source)];
  return [advanceStep(view.name, plan, renderSignedState(change, source, false))];
}
