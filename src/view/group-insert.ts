import { type GroupArgument, type GroupNode, stateColumns } from '../algebra/group.ts';
import { type GroupMoments, momentColumn, momentParts } from '../algebra/moments.ts';
import type { Relation } from '../algebra/node.ts';
import type { Version } from '../core/version.ts';
import type { GroupPlan } from '../plan/view-plan.ts';
import { renderState, stateColumnNames } from '../store/render-algebra.ts';
import { sameKeys, stateOf } from './group-step.ts';
import type { RefreshContext, RefreshOutcome, ViewHandle } from './refresher.ts';
import { windowOf } from './render-window.ts';

/**
 * The steps for a change that only puts rows in, in one statement: nothing can be retracted, no count can fall and
 * no error budget is spent, so the new partial aggregates go into the state as they come. Not for groups with
 * floating-point moments, which do not add up column by column.
 *
 * @param change the group of the rows put in
 */
export async function insertGroups(
  view: ViewHandle,
  plan: GroupPlan,
  change: GroupNode<Relation>,
  context: RefreshContext & { readonly from: Version },
): Promise<RefreshOutcome> {
  const { tx } = context;
  const merge = mergeState(view.name, plan, renderState(change, windowOf(context)));
  let touched = 0;
  let added = 0;
  for await (const { rowCount, columns } of tx.batches(merge, [], 'small')) {
    touched += rowCount;
    added += sumOf(columns[0]?.values ?? []);
  }
  return { kind: 'incremental', inserted: touched, deleted: touched - added };
}

/** Not a loop of the caller's: V8 does not replace the code of an async function while it loops. */
function sumOf(values: ArrayLike<unknown>): number {
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += Number(values[index]);
  return sum;
}

/** Says of each touched group whether it is new. */
function mergeState(name: string, plan: GroupPlan, delta: string): string {
  const columns = stateColumnNames(plan.group);
  const sums = [
    { column: stateColumns.rows as string, value: `s.${stateColumns.rows} + d.${stateColumns.rows}` },
    ...plan.group.arguments.flatMap(combinedPartials),
    ...plan.group.moments.flatMap(combinedMoments),
  ];
  return (
    `MERGE INTO ${stateOf(name)} s USING (${delta}) d ON ${sameKeys(plan.group.keys, 's', 'd')} ` +
    `WHEN MATCHED THEN UPDATE SET ${sums.map(({ column, value }) => `${column} = ${value}`).join(', ')} ` +
    `WHEN NOT MATCHED THEN INSERT (${columns.join(', ')}) ` +
    `VALUES (${columns.map((column) => `d.${column}`).join(', ')}) ` +
    `RETURNING merge_action = 'INSERT'`
  );
}

/** Kept ⊕ new of one argument's partial aggregates. */
function combinedPartials(argument: GroupArgument, place: number): { column: string; value: string }[] {
  const name = stateColumns;
  const added = (column: string) => ({ column, value: `s.${column} + d.${column}` });
  const picked = (pick: 'least' | 'greatest', column: string) => ({
    column,
    value: `${pick}(s.${column}, d.${column})`,
  });
  const partials = [added(name.count(place))];
  if (argument.sum === 'float') {
    partials.push(...[name.sum(place), name.live(place), name.ever(place)].map(added));
  } else if (argument.sum !== null) {
    const sum = name.sum(place);
    partials.push({ column: sum, value: `coalesce(s.${sum} + d.${sum}, s.${sum}, d.${sum})` });
  }
  if (argument.min) partials.push(picked('least', name.min(place)));
  if (argument.max) partials.push(picked('greatest', name.max(place)));
  return partials;
}

/** Only of exact moments, which add up column by column. */
function combinedMoments(moments: GroupMoments, place: number): { column: string; value: string }[] {
  return momentParts(moments).map((part) => {
    const column = momentColumn(part, place);
    return { column, value: `s.${column} + d.${column}` };
  });
}
