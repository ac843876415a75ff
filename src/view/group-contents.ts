import { type GroupNode, hasFloatMoments, tracesPassage } from '../algebra/group.ts';
import { changeOfState, type Relation } from '../algebra/node.ts';
import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier, weightColumn } from '../core/identifier.ts';
import { columnNames } from '../core/schema.ts';
import type { Row } from '../core/value.ts';
import type { Version } from '../core/version.ts';
import type { GroupPlan } from '../plan/view-plan.ts';
import { keyRanges, largeRelation, withinRanges } from '../store/key-range.ts';
import { renderSignedState, renderState, stateColumnNames } from '../store/render-algebra.ts';
import { contentsOf, ensureLog, justLogged, logOf, logPlace, repeated } from './change-log.ts';
import { insertGroups } from './group-insert.ts';
import { outputsOver } from './group-outputs.ts';
import { makeState } from './group-state.ts';
import {
  advanceStep,
  domainStep,
  mendSteps,
  oldPrefix,
  rebuildStep,
  shownItem,
  stateOf,
  stepCheck,
  stepTable,
} from './group-step.ts';
import { narrowJoins } from './narrow-joins.ts';
import type { GroupFault, RefreshContext, RefreshOutcome, ViewHandle } from './refresher.ts';
import { newestOf, windowOf } from './render-window.ts';
import { isInsertOnly } from './rows-contents.ts';

/**
 * Contents kept as partial aggregates in `state."v"`, with a DuckDB view over it that gives the user's columns.
 * Every refresh of existing contents goes through one table of steps: each touched group's old and new state.
 */
export async function rebuildGroups(
  view: ViewHandle,
  plan: GroupPlan,
  context: RefreshContext,
): Promise<RefreshOutcome> {
  const { tx } = context;
  const fresh = renderState(plan.group, newestOf(context));
  if (context.from !== null && context.keepLog) {
    await tx.run(`CREATE OR REPLACE TEMP TABLE __ev_step AS ${rebuildStep(view.name, plan, fresh)}`);
    const check = await checkStep(view, plan, context);
    return applyStep(view, plan, check, 'full', context);
  }
  const deleted = context.from === null ? 0 : await countGroups(view, context);
  await makeState(tx, view.name, fresh);
  if (context.from === null) {
    const outputs = outputsOver(plan, view.schema, stateOf(view.name));
    await tx.run(`CREATE OR REPLACE VIEW ${contentsOf(view.name)} AS ${outputs}`);
  }
  return { kind: 'full', inserted: await countGroups(view, context), deleted };
}

/**
 * The refresh done, or the reason why the state cannot be advanced (nothing was written then). With keys it always
 * can: groups that arithmetic cannot bring forward are computed anew, and the outcome says why.
 */
export async function advanceGroups(
  view: ViewHandle,
  plan: GroupPlan,
  context: RefreshContext & { readonly from: Version },
): Promise<RefreshOutcome | GroupFault> {
  const change = await changeOf(plan, context);
  if (change === null) return { kind: 'none', inserted: 0, deleted: 0 };
  const isLarge = (context.contentRows ?? 0) > largeState;
  const insertOnly = isInsertOnly(change.input, context);
  if (insertOnly && !context.keepLog && plan.having === null && !isLarge && !hasFloatMoments(plan.group)) {
    return insertGroups(view, plan, change, context);
  }
  const net = tracesPassage(plan.group) && !insertOnly;
  const delta = renderSignedState(change, windowOf(context), net);
  await makeStep(view, plan, delta, context);
  const check = await checkStep(view, plan, context);
  if (check.fallback === null) return applyStep(view, plan, check, 'incremental', context);
  if (plan.group.keys.length === 0) return check.fallback;
  const found = await context.tx.run(mendSteps(plan, view.tolerance, newestOf(context)));
  if (found !== check.faulty) throw brokenState(view, 'has no rows to compute it from');
  const mended = await checkStep(view, plan, context);
  const outcome = await applyStep(view, plan, mended, 'incremental', context);
  return { ...outcome, recomputed: check.fallback };
}

/**
 * Of a large state the groups of the change are looked for among those whose keys are in the range of theirs: to join
 * 218 groups with 1,000,000 took 438 ms, and takes 7.
 */
async function makeStep(
  view: ViewHandle,
  plan: GroupPlan,
  delta: string,
  { tx, contentRows }: RefreshContext,
): Promise<void> {
  const { keys } = plan.group;
  const make = (step: string) => tx.run(`CREATE OR REPLACE TEMP TABLE __ev_step AS ${step}`);
  if (keys.length === 0 || (contentRows ?? 0) < largeRelation) {
    await make(advanceStep(view.name, plan, delta));
    return;
  }
  await tx.run(`CREATE OR REPLACE TEMP TABLE __ev_groups AS ${delta}`);
  const within = withinRanges(keys, await keyRanges(tx, 'temp.__ev_groups', keys));
  await make(advanceStep(view.name, plan, 'FROM temp.__ev_groups', within));
  tx.later('DROP TABLE temp.__ev_groups');
}

/** Computes every group anew that the change touches, whatever its aggregates are. For groups with keys. */
export async function recomputeGroups(
  view: ViewHandle,
  plan: GroupPlan,
  context: RefreshContext & { readonly from: Version },
): Promise<RefreshOutcome> {
  const change = await changeOf(plan, context);
  if (change === null) return { kind: 'none', inserted: 0, deleted: 0 };
  const step = domainStep(view.name, plan, change.input, windowOf(context));
  await context.tx.run(`CREATE OR REPLACE TEMP TABLE __ev_step AS ${step}`);
  const check = await checkStep(view, plan, context);
  return applyStep(view, plan, check, 'incremental', context);
}

async function changeOf(
  { group }: GroupPlan,
  context: RefreshContext & { readonly from: Version },
): Promise<GroupNode<Relation> | null> {
  const change = changeOfState(group, new Set(context.changedSources.keys()));
  if (change === null) return null;
  return { ...change, input: await narrowJoins(context.tx, change.input, windowOf(context), context) };
}

/** Groups from which on it is slower to add what a change adds to all of them than to look for those that it touches. */
export const largeState = 20_000;

type StepCheck = {
  readonly touched: number;
  readonly before: number;
  readonly after: number;
  /** Steps that arithmetic gets wrong. */
  readonly faulty: number;
  readonly fallback: GroupFault | null;
};

async function checkStep(view: ViewHandle, plan: GroupPlan, { tx }: RefreshContext): Promise<StepCheck> {
  const [row] = await tx.rows(stepCheck(plan, view.schema, view.tolerance));
  if (row === undefined || row['broken'] === true) throw brokenState(view, 'would have fewer than no rows');
  return {
    touched: Number(row['touched']),
    before: Number(row['before']),
    after: Number(row['after']),
    faulty: Number(row['faulty']),
    fallback: fallbackOf(row),
  };
}

function brokenState(view: ViewHandle, what: string): EverviewError {
  return new EverviewError('internal', `a group of "${view.name}" ${what}`, {
    hint: `REFRESH ${view.name} FULL rebuilds it; please report this`,
    data: { view: view.name },
  });
}

/** What `stepFaults` found, but for `broken`. */
export function fallbackOf(row: Row): GroupFault | null {
  if (row['retracted'] === true) return 'min-max-retraction';
  if (row['non_finite'] === true) return 'non-finite';
  if (row['spent'] === true) return 'float-error-budget';
  return null;
}

async function applyStep(
  view: ViewHandle,
  plan: GroupPlan,
  check: StepCheck,
  kind: 'incremental' | 'full',
  context: RefreshContext,
): Promise<RefreshOutcome> {
  if (check.touched === 0) return { kind, inserted: 0, deleted: 0 };
  const { tx } = context;
  const columns = stateColumnNames(plan.group);
  const partials = columns.slice(plan.group.keys.length);
  const removal = plan.group.keys.length === 0 ? '' : 'WHEN MATCHED AND d.__ev_n = 0 THEN DELETE ';
  await tx.run(
    `MERGE INTO ${stateOf(view.name)} s USING ${stepTable} d ON s.rowid = d.__ev_rid ${removal}` +
      `WHEN MATCHED THEN UPDATE SET ${partials.map((column) => `${column} = d.${column}`).join(', ')} ` +
      `WHEN NOT MATCHED AND d.__ev_n > 0 THEN INSERT (${columns.join(', ')}) ` +
      `VALUES (${columns.map((column) => `d.${column}`).join(', ')})`,
  );
  if (!context.keepLog) return { kind, inserted: check.after, deleted: check.before };
  const { inserted, deleted } = await writeLog(view, plan, context);
  return { kind, inserted, deleted };
}

/** Logs the net difference between what the touched groups showed and what they show now. */
async function writeLog(
  view: ViewHandle,
  plan: GroupPlan,
  context: RefreshContext,
): Promise<{ inserted: number; deleted: number }> {
  const { tx } = context;
  await ensureLog(tx, view);
  const weight = quoteIdentifier(weightColumn);
  const columns = columnNames(view.schema).map(quoteIdentifier);
  const shown = (prefix: '' | typeof oldPrefix, w: 1 | -1) =>
    outputsOver(plan, view.schema, shownItem(plan, prefix, w), [weight]);
  const net =
    `SELECT ${columns.join(', ')}, sum(${weight})::BIGINT AS ${weight} ` +
    `FROM (${shown('', 1)} UNION ALL ${shown(oldPrefix, -1)}) GROUP BY ${columns.join(', ')} HAVING sum(${weight}) <> 0`;
  const signed = [...columns, `sign(${weight})::TINYINT`, ...logPlace(view, context)];
  const isSet = plan.group.keys.every((key) =>
    plan.outputs.some((output) => output.replaceAll('"', '') === key),
  );
  await tx.run(`INSERT INTO ${logOf(view.name)} ${repeated(`(${net})`, signed, isSet)}`);
  const [counts] = await tx.rows(
    `SELECT count(*) FILTER (${weight} > 0)::DOUBLE AS inserted, count(*) FILTER (${weight} < 0)::DOUBLE AS deleted
     FROM ${logOf(view.name)} WHERE ${justLogged(view, context)}`,
  );
  return { inserted: Number(counts?.['inserted']), deleted: Number(counts?.['deleted']) };
}

async function countGroups(view: ViewHandle, { tx }: RefreshContext): Promise<number> {
  const [row] = await tx.rows(`SELECT count(*)::DOUBLE AS n FROM ${contentsOf(view.name)}`);
  return Number(row?.['n']);
}
