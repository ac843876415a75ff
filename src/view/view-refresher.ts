import type { Moments } from '../core/moment.ts';
import type { Session } from '../core/session.ts';
import { type DomainPlan, type IncrementalRung, planOn, type Rung } from '../plan/view-plan.ts';
import { contentsOf, logOf } from './change-log.ts';
import { advanceDomain } from './domain-contents.ts';
import { advanceGroups, rebuildGroups, recomputeGroups } from './group-contents.ts';
import { stateOf } from './group-step.ts';
import { nextBoundaryMs } from './next-boundary.ts';
import { type ForeseenRefresh, refreshStatements } from './refresh-statements.ts';
import type { RefreshContext, Refresher, RefreshFallback, RefreshOutcome, ViewHandle } from './refresher.ts';
import { advanceRows, rebuildRows } from './rows-contents.ts';

/** Maintains views by the SQL their plans render to. Holds no state of its own. */
export class ViewRefresher implements Refresher {
  async rebuild(view: ViewHandle, context: RefreshContext): Promise<RefreshOutcome> {
    switch (view.plan.kind) {
      case 'rows':
      case 'domain':
      case 'full-only':
        return rebuildRows(view, context);
      case 'group':
        return rebuildGroups(view, view.plan, context);
    }
  }

  async advance(view: ViewHandle, context: RefreshContext, rung?: IncrementalRung): Promise<RefreshOutcome> {
    const { from } = context;
    if (from === null) return this.#fallBack('first-build', view, context);
    if (context.changedSources.size === 0) {
      return { kind: 'none', inserted: 0, deleted: 0 };
    }
    if (view.plan.kind === 'full-only') return this.#fallBack('only-full', view, context);
    const plan = planOn(view.plan, rung);
    switch (plan.kind) {
      case 'rows':
        return advanceRows(view, plan.node, { ...context, from });
      case 'domain':
        // Without a version at one end there is nothing to compare predictions with.
        if (isBegunOrEnded(plan, context)) return this.#fallBack('model-promoted', view, context);
        return advanceDomain(view, plan, { ...context, from });
      case 'group': {
        if (rung === 'domain' && plan.group.keys.length > 0) {
          return recomputeGroups(view, plan, { ...context, from });
        }
        const outcome = await advanceGroups(view, plan, { ...context, from });
        return typeof outcome === 'string' ? this.#fallBack(outcome, view, context) : outcome;
      }
    }
  }

  explain(view: ViewHandle, context: ForeseenRefresh, rung: Rung): readonly string[] {
    return refreshStatements(view, context, rung);
  }

  nextBoundary(tx: Session, view: ViewHandle, at: Moments): Promise<number | null> {
    return nextBoundaryMs(tx, view.plan, at);
  }

  async drop(tx: Session, name: string): Promise<void> {
    const found = await tx.rows(
      `SELECT table_schema AS place, table_type AS kind FROM information_schema.tables
       WHERE table_schema IN ('view', 'log') AND lower(table_name) = lower($1)`,
      [name],
    );
    for (const { place, kind } of found) {
      const relation = place === 'view' ? contentsOf(name) : logOf(name);
      await tx.run(`DROP ${kind === 'VIEW' ? 'VIEW' : 'TABLE'} ${relation}`);
    }
    await tx.run(`DROP TABLE IF EXISTS ${stateOf(name)}`);
  }

  async #fallBack(
    fallback: RefreshFallback,
    view: ViewHandle,
    context: RefreshContext,
  ): Promise<RefreshOutcome> {
    return { ...(await this.rebuild(view, context)), fallback };
  }
}

/** Whether a model whose predictions are kept within a tolerance came to answer, or ceased to. */
function isBegunOrEnded({ kept }: DomainPlan, { changedSources, moments }: RefreshContext): boolean {
  if (kept === undefined || !changedSources.has(kept.model)) return false;
  const ends = moments.models?.get(kept.model);
  return !(ends?.from && ends.to);
}
