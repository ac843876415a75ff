import { type GroupArgument, partialColumns, stateColumns } from '../algebra/group.ts';
import { momentColumn } from '../algebra/moments.ts';
import type { Relation } from '../algebra/node.ts';
import { quoteIdentifier, weightColumn } from '../core/identifier.ts';
import type { Schema } from '../core/schema.ts';
import type { GroupPlan } from '../plan/view-plan.ts';
import {
  goneColumns,
  type RenderSource,
  renderRelation,
  renderState,
  stateColumnNames,
} from '../store/render-algebra.ts';
import { touchedColumn } from '../store/render-relation.ts';
import { outputsOver } from './group-outputs.ts';
import { advancedMoments, nonFiniteMoments, spentMoments, unsettledMoments } from './moment-step.ts';

/**
 * The steps: one row per touched group with its keys, the place of its row in the state (`__ev_rid`, NULL: new),
 * its new partial aggregates under their own names and the old ones under `oldPrefix`; `__ev_n` 0 says the group is
 * not there.
 */
export const stepTable = 'temp.__ev_step';

export const oldPrefix = '__ev_o' as const;

export function stateOf(name: string): string {
  return `state.${quoteIdentifier(name)}`;
}

/**
 * old ⊕ delta for every group of `delta`, a signed state.
 *
 * @param within conditions on the columns of the state that the groups of `delta` meet, where not all of it is to be read
 */
export function advanceStep(
  name: string,
  plan: GroupPlan,
  delta: string,
  within: readonly string[] = [],
): string {
  const { keys } = plan.group;
  const moments = plan.group.moments.map((one, place) => advancedMoments(one, place, oldPrefix));
  const list = [
    ...keys.map((key) => `d.${key}`),
    's.rowid AS __ev_rid',
    `d.${goneColumns.rows}`,
    ...oldColumns(plan),
    `coalesce(s.__ev_n, 0) + d.__ev_n AS __ev_n`,
    ...plan.group.arguments.flatMap(advancedPartials),
    ...moments.flatMap(({ inner }) => inner),
  ];
  const whole = stateOf(name);
  const state = within.length === 0 ? whole : `(SELECT rowid, * FROM ${whole} WHERE ${within.join(' AND ')})`;
  const step = `SELECT ${list.join(', ')} FROM (${delta}) d LEFT JOIN ${state} s ON ${sameKeys(keys, 's', 'd')}`;
  const outer = moments.flatMap((one) => one.outer);
  return outer.length === 0 ? step : `SELECT *, ${outer.join(', ')} FROM (${step})`;
}

/** Every group whose state in `fresh` differs from the kept one. */
export function rebuildStep(name: string, plan: GroupPlan, fresh: string): string {
  const { keys } = plan.group;
  const ownKeys = keys.map((key) => `CASE WHEN f.__ev_n IS NULL THEN s.${key} ELSE f.${key} END AS ${key}`);
  return (
    `SELECT ${freshColumns(plan, ownKeys)} FROM (${fresh}) f ` +
    `${keys.length === 0 ? '' : 'FULL '}JOIN ${stateOf(name)} s ` +
    `ON ${sameKeys(keys, 's', 'f')} WHERE ${isChanged(plan)}`
  );
}

/** Every touched group whose state, computed anew, differs from the kept one. For groups with keys. */
export function domainStep(name: string, plan: GroupPlan, change: Relation, source: RenderSource): string {
  const { keys } = plan.group;
  const places = keys.map((_, place) => touchedColumn(place));
  const touched = { item: '__ev_touched_groups', columns: places };
  const fresh = renderState(plan.group, source, touched);
  const ownKeys = keys.map((key, place) => `t.${touchedColumn(place)} AS ${key}`);
  const sameAsTouched = (alias: string) =>
    keys.map((key, place) => `${alias}.${key} IS NOT DISTINCT FROM t.${touchedColumn(place)}`).join(' AND ');
  return (
    `WITH ${touched.item} AS MATERIALIZED (${touchedGroups(keys, renderRelation(change, source))}) ` +
    `SELECT ${freshColumns(plan, ownKeys)} FROM ${touched.item} t ` +
    `LEFT JOIN (${fresh}) f ON ${sameAsTouched('f')} ` +
    `LEFT JOIN ${stateOf(name)} s ON ${sameAsTouched('s')} WHERE ${isChanged(plan)}`
  );
}

/**
 * An UPDATE of the steps that puts, for every group that arithmetic cannot bring forward, its state computed anew
 * from the rows of that group alone. For groups with keys.
 */
export function mendSteps(plan: GroupPlan, tolerance: number, source: RenderSource): string {
  const { keys } = plan.group;
  const places = keys.map((_, place) => touchedColumn(place));
  const touched = { item: '__ev_faulty_groups', columns: places };
  const partials = partialColumns(plan.group);
  const faulty = `SELECT * FROM ${stepTable} WHERE ${isFaulty(plan, tolerance)}`;
  return (
    `UPDATE ${stepTable} AS d SET ${partials.map((column) => `${column} = f.${column}`).join(', ')} ` +
    `FROM (WITH ${touched.item} AS MATERIALIZED (${touchedGroups(keys, faulty)}) ` +
    `SELECT * FROM (${renderState(plan.group, source, touched)})) f WHERE ${sameKeys(keys, 'd', 'f')}`
  );
}

function isFaulty(plan: GroupPlan, tolerance: number): string {
  const { retracted, nonFinite, spent } = faultsOf(plan, tolerance);
  return `(${retracted} OR ${nonFinite} OR ${spent})`;
}

/** The keys in `rows`, each combination once. */
export function touchedGroups(keys: readonly string[], rows: string): string {
  const list = keys.map((key, place) => `${key} AS ${touchedColumn(place)}`);
  return `SELECT DISTINCT ${list.join(', ')} FROM (${rows})`;
}

/** The columns of a step from a fresh state `f` and the kept one `s`. */
function freshColumns(plan: GroupPlan, ownKeys: readonly string[]): string {
  const partials = partialColumns(plan.group);
  return [
    ...ownKeys,
    's.rowid AS __ev_rid',
    `0 AS ${goneColumns.rows}`,
    ...oldColumns(plan),
    ...partials.map((column) => (column === '__ev_n' ? 'coalesce(f.__ev_n, 0) AS __ev_n' : `f.${column}`)),
    ...plan.group.arguments.flatMap((argument, place) => goneNulls(argument, place)),
  ].join(', ');
}

function isChanged(plan: GroupPlan): string {
  const partials = partialColumns(plan.group);
  return partials.map((column) => `f.${column} IS DISTINCT FROM s.${column}`).join(' OR ');
}

/**
 * What the steps come to, in one row: `touched` groups, those shown `before` and `after`; `broken` when a count
 * went below zero; and why the steps may not be applied (`retracted`, `non_finite`, `spent`).
 */
export function stepCheck(plan: GroupPlan, schema: Schema, tolerance: number): string {
  const there = (prefix: '' | typeof oldPrefix) => shownCount(plan, schema, prefix);
  return `SELECT count(*) AS touched, ${there(oldPrefix)} AS before, ${there('')} AS after,
    ${stepFaults(plan, tolerance)} FROM ${stepTable}`;
}

/** The columns of `stepCheck` that tell whether steps may be applied, and how many not, over a relation of steps. */
export function stepFaults(plan: GroupPlan, tolerance: number): string {
  const counts = plan.group.arguments.map((_, place) => stateColumns.count(place));
  counts.push(...plan.group.moments.map((_, place) => momentColumn('n', place)));
  const broken = ['__ev_n < 0', ...counts.flatMap((count) => [`${count} < 0`, `${count} > __ev_n`])];
  const { retracted, nonFinite, spent } = faultsOf(plan, tolerance);
  const any = (condition: string) => `coalesce(bool_or(${condition}), false)`;
  return `${any(broken.join(' OR '))} AS broken, ${any(retracted)} AS retracted,
    ${any(nonFinite)} AS non_finite, ${any(spent)} AS spent,
    count(*) FILTER (${isFaulty(plan, tolerance)}) AS faulty`;
}

/** Conditions on a step under which the group has to be computed anew. */
function faultsOf(
  plan: GroupPlan,
  tolerance: number,
): { readonly retracted: string; readonly nonFinite: string; readonly spent: string } {
  const { arguments: args, moments } = plan.group;
  const withGone = (fault: string) => `${goneColumns.rows} > 0 AND ${fault}`;
  const either = (conditions: readonly string[]) =>
    conditions.length === 0 ? 'false' : `(${conditions.join(' OR ')})`;
  return {
    retracted: either(args.flatMap(retraction)),
    nonFinite: either([...args.flatMap(nonFiniteSum), ...moments.flatMap(nonFiniteMoments)].map(withGone)),
    spent: either([
      ...args.flatMap((argument, place) => spentBudget(argument, place, tolerance)).map(withGone),
      ...moments.flatMap((one, place) => spentMoments(one, place, tolerance)).map(withGone),
      ...moments.flatMap((one, place) => unsettledMoments(one, place, tolerance)),
    ]),
  };
}

/** The touched groups in one of their two states, as a FROM item with the state's columns and a weight. */
export function shownItem(plan: GroupPlan, prefix: '' | typeof oldPrefix, weight: 1 | -1): string {
  const keyCount = plan.group.keys.length;
  const columns = stateColumnNames(plan.group).map((column, place) =>
    place < keyCount || prefix === '' ? column : `${prefix}${column} AS ${column}`,
  );
  const list = [...columns, `${weight} AS ${quoteIdentifier(weightColumn)}`].join(', ');
  return `(SELECT ${list} FROM ${stepTable} WHERE ${isThere(plan, prefix)})`;
}

function isThere(plan: GroupPlan, prefix: string): string {
  return plan.group.keys.length === 0 ? 'true' : `${prefix}__ev_n > 0`;
}

function shownCount(plan: GroupPlan, schema: Schema, prefix: '' | typeof oldPrefix): string {
  if (plan.having === null) return `count(*) FILTER (${isThere(plan, prefix)})`;
  return `(SELECT count(*) FROM (${outputsOver(plan, schema, shownItem(plan, prefix, 1))}))`;
}

/** All key comparisons in the engine are these: NULL is a key like any other. */
export function sameKeys(keys: readonly string[], left: string, right: string): string {
  if (keys.length === 0) return 'true';
  return keys.map((key) => `${left}.${key} IS NOT DISTINCT FROM ${right}.${key}`).join(' AND ');
}

function oldColumns(plan: GroupPlan): string[] {
  return partialColumns(plan.group).map((column) =>
    column === '__ev_n'
      ? `coalesce(s.__ev_n, 0) AS ${oldPrefix}__ev_n`
      : `s.${column} AS ${oldPrefix}${column}`,
  );
}

function advancedPartials(argument: GroupArgument, place: number): string[] {
  const name = stateColumns;
  const count = `(coalesce(s.${name.count(place)}, 0) + d.${name.count(place)})`;
  const added = (column: string) =>
    `CASE WHEN ${count} = 0 THEN 0 ELSE coalesce(s.${column}, 0) + d.${column} END AS ${column}`;
  const list = [`${count} AS ${name.count(place)}`];
  if (argument.sum === 'float') {
    list.push(...[name.sum(place), name.live(place), name.ever(place)].map(added));
  } else if (argument.sum !== null) {
    const sum = name.sum(place);
    list.push(
      `CASE WHEN s.${sum} IS NULL THEN d.${sum} WHEN d.${sum} IS NULL THEN s.${sum} ELSE s.${sum} + d.${sum} END AS ${sum}`,
    );
  }
  const extreme = (pick: 'least' | 'greatest', column: string) =>
    `CASE WHEN ${count} > 0 THEN ${pick}(s.${column}, d.${column}) END AS ${column}`;
  if (argument.min) list.push(extreme('least', name.min(place)), `d.${goneColumns.min(place)}`);
  if (argument.max) list.push(extreme('greatest', name.max(place)), `d.${goneColumns.max(place)}`);
  return list;
}

function goneNulls(argument: GroupArgument, place: number): string[] {
  return [
    ...(argument.min ? [`f.${stateColumns.min(place)} AS ${goneColumns.min(place)}`] : []),
    ...(argument.max ? [`f.${stateColumns.max(place)} AS ${goneColumns.max(place)}`] : []),
  ];
}

/** A row taken out was the least (greatest), or ties with it. */
function retraction(argument: GroupArgument, place: number): string[] {
  return [
    ...(argument.min ? [`${goneColumns.min(place)} <= ${stateColumns.min(place)}`] : []),
    ...(argument.max ? [`${goneColumns.max(place)} >= ${stateColumns.max(place)}`] : []),
  ];
}

/** A NaN or an infinity cannot be subtracted again. */
function nonFiniteSum(argument: GroupArgument, place: number): string[] {
  if (argument.sum !== 'float') return [];
  return [`NOT isfinite(${stateColumns.sum(place)})`];
}

/** Rounding done so far, at most ε · ever, against what it is to be small beside: tolerance · live. */
function spentBudget(argument: GroupArgument, place: number, tolerance: number): string[] {
  if (argument.sum !== 'float') return [];
  const { ever, live } = stateColumns;
  return [`${Number.EPSILON} * ${ever(place)} > ${tolerance} * ${live(place)}`];
}
