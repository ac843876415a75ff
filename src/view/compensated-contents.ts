import { changeOf, changeOfState, type Relation } from '../algebra/node.ts';
import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier, quoteList, quoteLiteral, weightColumn } from '../core/identifier.ts';
import { columnNames } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { Version } from '../core/version.ts';
import type { GroupPlan, ViewPlan } from '../plan/view-plan.ts';
import { renderRelation, renderSignedState, stateColumnNames } from '../store/render-algebra.ts';
import { contentsOf, repeated } from './change-log.ts';
import { fallbackOf, largeState } from './group-contents.ts';
import { outputsOver } from './group-outputs.ts';
import { advanceStep, sameKeys, stateOf, stepFaults } from './group-step.ts';
import type { RefreshContext, RefreshFallback, ViewHandle } from './refresher.ts';
import { isInsertOnly } from './rows-contents.ts';

/** What is pending on a view: its contents are right for `from`, every relation it reads is at `to`. */
export type PendingOnView = Pick<RefreshContext, 'changedSources' | 'contentRows'> & {
  readonly from: Version;
  readonly to: Version;
};

/** The view at `to`, read without being moved there. */
export type CompensatedContents = {
  /** A SELECT of the user's columns. */
  readonly sql: string;
  /** Tells, asked by `whyNotCompensated`, whether `sql` is right; null: it is. */
  readonly check: string | null;
};

const weight = quoteIdentifier(weightColumn);

/** Whether a view with this plan can be read with its pending change at all. */
export function isCompensable(plan: ViewPlan): boolean {
  switch (plan.kind) {
    case 'rows':
      return plan.rung === 'algebraic';
    case 'group':
      return true;
    case 'domain':
    case 'full-only':
      return false;
  }
}

/** contents ⊕ change, as one query that writes nothing; null where the plan has no rule for it. */
export function compensatedContents(view: ViewHandle, pending: PendingOnView): CompensatedContents | null {
  if (!isCompensable(view.plan)) return null;
  switch (view.plan.kind) {
    case 'rows':
      return compensatedRows(view, view.plan.node, pending);
    case 'group':
      return compensatedGroups(view, view.plan, pending);
    case 'domain':
    case 'full-only':
      return null;
  }
}

/**
 * Why contents and change do not add up to the view: a row that left was the least or the greatest, or sums of
 * floating-point numbers cannot be taken back. Null: they do.
 */
export async function whyNotCompensated(
  session: Session,
  { check }: CompensatedContents,
): Promise<RefreshFallback | null> {
  if (check === null) return null;
  const [row] = await session.rows(check);
  if (row === undefined || row['broken'] === true) {
    throw new EverviewError('internal', 'a group would have fewer than no rows', {
      hint: 'REFRESH … FULL rebuilds the view; please report this',
    });
  }
  return fallbackOf(row);
}

function changedNames(pending: PendingOnView): ReadonlySet<string> {
  return new Set(pending.changedSources.keys());
}

function windowOf({ from, to }: PendingOnView) {
  return { kind: 'window', from, to } as const;
}

/**
 * V ⊎ Δ as a bag. Only rows the change takes out are counted: those of V without an equal among them stay as they
 * are, of the others as many as are left; then come the rows the change puts in.
 */
function compensatedRows(view: ViewHandle, node: Relation, pending: PendingOnView): CompensatedContents {
  const columns = quoteList(columnNames(view.schema));
  const contents = contentsOf(view.name);
  const change = changeOf(node, changedNames(pending));
  if (change === null) return { sql: `SELECT ${columns} FROM ${contents}`, check: null };
  const signed = renderRelation(change, windowOf(pending));
  if (isInsertOnly(change, pending)) {
    return {
      sql: `SELECT ${columns} FROM ${contents} UNION ALL SELECT ${columns} FROM (${signed})`,
      check: null,
    };
  }
  const names = columnNames(view.schema).map(quoteIdentifier);
  const same = sameKeys(names, 'v', 'd');
  const lacking = quoteLiteral(`"${view.name}" lacks rows that its pending change deletes; REFRESH … FULL`);
  const net =
    `SELECT ${columns}, sum(${weight})::BIGINT AS ${weight} FROM (${signed}) ` +
    `GROUP BY ${columns} HAVING sum(${weight}) <> 0`;
  const remaining =
    `SELECT ${quoteList(columnNames(view.schema), 'd.')}, count(v.rowid) + any_value(d.${weight}) AS ${weight} ` +
    `FROM __ev_gone d LEFT JOIN ${contents} v ON ${same} GROUP BY ${quoteList(columnNames(view.schema), 'd.')}`;
  const checked =
    `SELECT ${columns}, CASE WHEN ${weight} < 0 THEN error(${lacking}) ELSE ${weight} END AS ${weight} ` +
    `FROM (${remaining})`;
  return {
    sql:
      `WITH __ev_net AS MATERIALIZED (${net}), ` +
      `__ev_gone AS MATERIALIZED (SELECT * FROM __ev_net WHERE ${weight} < 0) ` +
      `SELECT ${columns} FROM ${contents} v ANTI JOIN __ev_gone d ON ${same} UNION ALL ` +
      `${repeated(`(${checked})`, names, false)} UNION ALL ` +
      `${repeated('__ev_net', names, false, `${weight} > 0`)}`,
    check: null,
  };
}

/**
 * S ⊕ Δ by key: the groups the change does not touch as they are kept, then the others with their new partial
 * aggregates, those that emptied left out; and the view's columns over both.
 */
function compensatedGroups(view: ViewHandle, plan: GroupPlan, pending: PendingOnView): CompensatedContents {
  const columns = quoteList(columnNames(view.schema));
  const change = changeOfState(plan.group, changedNames(pending));
  if (change === null) return { sql: `SELECT ${columns} FROM ${contentsOf(view.name)}`, check: null };
  const insertOnly = isInsertOnly(change.input, pending);
  const isDelicate = plan.group.arguments.some(
    (argument) => argument.min || argument.max || argument.sum === 'float',
  );
  const net = isDelicate && !insertOnly;
  const delta = renderSignedState(change, windowOf(pending), net);
  const isLarge = (pending.contentRows ?? 0) > largeState;
  const step = advanceStep(view.name, plan, delta, isLarge);
  const state = stateColumnNames(plan.group).join(', ');
  const isThere = plan.group.keys.length === 0 ? 'true' : '__ev_n > 0';
  const item =
    `(SELECT ${state} FROM ${stateOf(view.name)} s ANTI JOIN __ev_step d ON s.rowid = d.__ev_rid UNION ALL ` +
    `SELECT ${state} FROM __ev_step WHERE ${isThere})`;
  return {
    sql: `WITH __ev_step AS MATERIALIZED (${step}) ${outputsOver(plan, view.schema, item)}`,
    check: net ? `SELECT ${stepFaults(plan, view.tolerance)} FROM (${step})` : null,
  };
}
