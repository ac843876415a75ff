import type { GroupNode } from '../algebra/group.ts';
import type { Relation } from '../algebra/node.ts';

/** How a view can be maintained: what lowering its query found. */
export type ViewPlan = RowsPlan | GroupPlan | FullOnlyPlan;

/** Select, project, join, union all: the change of the view is the change of `node`. */
export type RowsPlan = {
  readonly kind: 'rows';
  /** Columns named and ordered as the view's. */
  readonly node: Relation;
};

/**
 * A grouped view. `group` yields the kept state (keys and partial aggregates); the view's columns are `outputs`,
 * expressions over the state's keys and `finals`.
 */
export type GroupPlan = {
  readonly kind: 'group';
  readonly group: GroupNode<Relation>;
  /** The aggregates of the query as expressions over the state's columns, by the name `outputs` call them. */
  readonly finals: readonly { readonly name: string; readonly expression: string }[];
  readonly outputs: readonly string[];
  /** Groups it does not hold for are kept and not shown. */
  readonly having: string | null;
};

export type FullOnlyPlan = {
  readonly kind: 'full-only';
  readonly reason: 'only-full';
  /** What stands in the way: `window function`, `LEFT JOIN`, … */
  readonly detail: string;
};
