import { hasFloatMoments, merelyAdds, tracesPassage } from '../algebra/group.ts';
import { changeOf, changeOfState, type Relation } from '../algebra/node.ts';
import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier, quoteList, quoteLiteral, weightColumn } from '../core/identifier.ts';
import { columnNames } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { Version } from '../core/version.ts';
import type { DomainPlan, GroupPlan } from '../plan/view-plan.ts';
import { renderAdded, renderRelation, renderSignedState, stateColumnNames } from '../store/render-algebra.ts';
import { touchedColumn } from '../store/render-relation.ts';
import { contentsOf, repeated, rowsOf, storedColumns } from './change-log.ts';
import { domainRows, narrowTouchedKeys } from './domain-rows.ts';
import { fallbackOf, largeState } from './group-contents.ts';
import { outputsOver } from './group-outputs.ts';
import { advanceStep, domainStep, sameKeys, stateOf, stepFaults } from './group-step.ts';
import { narrowJoins } from './narrow-joins.ts';
import type { GroupFault, RefreshContext, ViewHandle } from './refresher.ts';
import { windowOf } from './render-window.ts';
import { isInsertOnly } from './rows-contents.ts';

/** What is pending on a view: its contents are right for `from`, every relation it reads is at `to`. */
export type PendingOnView = Pick<RefreshContext, 'moments' | 'changedSources' | 'contentRows' | 'rowsOf'> & {
  readonly from: Version;
  readonly to: Version;
};

/** The view at `to`, read without being moved there. */
export type CompensatedContents = {
  /** A SELECT of the user's columns. */
  readonly sql: string;
  /** Null: `sql` is right. */
  readonly check: CompensationCheck | null;
};

/** Whether what a change takes out can be taken out of partial aggregates is known once it is looked at. */
export type CompensationCheck = {
  /** A SELECT of one row, for `whyNotCompensated`. */
  readonly sql: string;
  /** What to read when it cannot: the touched groups computed anew; null: nothing, there are no keys. */
  readonly otherwise: string | null;
};

const weight = quoteIdentifier(weightColumn);

/** contents ⊕ change, as one query that writes nothing; null where there is no rule for the view's shape. */
export async function compensatedContents(
  session: Session,
  view: ViewHandle,
  pending: PendingOnView,
): Promise<CompensatedContents | null> {
  switch (view.plan.kind) {
    case 'rows':
      return { sql: await compensatedRows(session, view, view.plan.node, pending), check: null };
    case 'group':
      return compensatedGroups(session, view, view.plan, pending);
    case 'domain':
      return { sql: await compensatedDomain(session, view, view.plan, pending), check: null };
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
  check: CompensationCheck,
): Promise<GroupFault | null> {
  const [row] = await session.rows(check.sql);
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

/**
 * V ⊎ Δ as a bag. Only rows the change takes out are counted: those of V without an equal among them stay as they
 * are, of the others as many as are left; then come the rows the change puts in.
 */
async function compensatedRows(
  session: Session,
  view: ViewHandle,
  node: Relation,
  pending: PendingOnView,
): Promise<string> {
  const columns = quoteList(columnNames(view.schema));
  const contents = contentsOf(view.name);
  const whole = changeOf(node, changedNames(pending));
  if (whole === null) return `SELECT ${columns} FROM ${contents}`;
  const change = await narrowJoins(session, whole, windowOf(pending), pending);
  const signed = renderRelation(change, windowOf(pending));
  if (isInsertOnly(change, pending)) {
    return `SELECT ${columns} FROM ${contents} UNION ALL SELECT ${columns} FROM (${signed})`;
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
  return (
    `WITH __ev_net AS MATERIALIZED (${net}), ` +
    `__ev_gone AS MATERIALIZED (SELECT * FROM __ev_net WHERE ${weight} < 0) ` +
    `SELECT ${columns} FROM ${contents} v ANTI JOIN __ev_gone d ON ${same} UNION ALL ` +
    `${repeated(`(${checked})`, names, false)} UNION ALL ` +
    `${repeated('__ev_net', names, false, `${weight} > 0`)}`
  );
}

/** Changed rows up to which it is quicker to group them together with the state than by themselves first. */
const fewRows = 100_000;

function changedRows({ changedSources }: PendingOnView): number {
  return [...changedSources.values()].reduce((rows, { inserted, deleted }) => rows + inserted + deleted, 0);
}

/**
 * S ⊕ Δ by key, and the view's columns over it. Where neither is large and partial aggregates merely add up: both
 * grouped together, by one aggregate. Otherwise the groups the change does not touch as they are kept, then the others with
 * their new partial aggregates, those that emptied left out.
 */
async function compensatedGroups(
  session: Session,
  view: ViewHandle,
  plan: GroupPlan,
  pending: PendingOnView,
): Promise<CompensatedContents> {
  const columns = quoteList(columnNames(view.schema));
  const whole = changeOfState(plan.group, changedNames(pending));
  if (whole === null) return { sql: `SELECT ${columns} FROM ${contentsOf(view.name)}`, check: null };
  const change = { ...whole, input: await narrowJoins(session, whole.input, windowOf(pending), pending) };
  const isLarge = (pending.contentRows ?? 0) > largeState;
  if (!isLarge && changedRows(pending) <= fewRows && merelyAdds(plan.group)) {
    const added = renderAdded(change, stateOf(view.name), windowOf(pending));
    return { sql: outputsOver(plan, view.schema, `(${added})`), check: null };
  }
  const net = tracesPassage(plan.group) && !isInsertOnly(change.input, pending);
  const delta = renderSignedState(change, windowOf(pending), net);
  const step = advanceStep(view.name, plan, delta);
  const sql = withSteps(view, plan, step);
  if (!net && !hasFloatMoments(plan.group)) return { sql, check: null };
  const otherwise =
    plan.group.keys.length === 0
      ? null
      : withSteps(view, plan, domainStep(view.name, plan, change.input, windowOf(pending)));
  return {
    sql,
    check: { sql: `SELECT ${stepFaults(plan, view.tolerance)} FROM (${step})`, otherwise },
  };
}

function withSteps(view: ViewHandle, plan: GroupPlan, step: string): string {
  const state = stateColumnNames(plan.group).join(', ');
  const isThere = plan.group.keys.length === 0 ? 'true' : '__ev_n > 0';
  const item =
    `(SELECT ${state} FROM ${stateOf(view.name)} s ANTI JOIN __ev_step d ON s.rowid = d.__ev_rid UNION ALL ` +
    `SELECT ${state} FROM __ev_step WHERE ${isThere})`;
  return `WITH __ev_step AS MATERIALIZED (${step}) ${outputsOver(plan, view.schema, item)}`;
}

/** The kept rows of the keys that the change does not touch, and those of the others computed anew. */
async function compensatedDomain(
  session: Session,
  view: ViewHandle,
  plan: DomainPlan,
  pending: PendingOnView,
): Promise<string> {
  const columns = quoteList(columnNames(view.schema));
  const touched = await narrowTouchedKeys(session, plan, windowOf(pending), rowsOf(view), pending);
  if (touched === null) return `SELECT ${columns} FROM ${contentsOf(view.name)}`;
  const same = plan.keys.map(
    (key, place) => `v.${quoteIdentifier(key)} IS NOT DISTINCT FROM t.${touchedColumn(place)}`,
  );
  const fresh = domainRows(plan, storedColumns(view), windowOf(pending), '__ev_touched');
  return (
    `WITH __ev_touched AS MATERIALIZED (${touched}) ` +
    `SELECT ${columns} FROM ${rowsOf(view)} v ANTI JOIN __ev_touched t ` +
    `ON ${same.length === 0 ? 'true' : same.join(' AND ')} UNION ALL SELECT ${columns} FROM (${fresh})`
  );
}
