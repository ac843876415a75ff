import type { DomainNode } from '../algebra/domain.ts';
import type { GroupNode } from '../algebra/group.ts';
import type { Relation } from '../algebra/node.ts';
import type { Schema } from '../core/schema.ts';

/**
 * The ways a refresh can take. `algebraic`: the change of the view follows from the change of its inputs by rule;
 * `domain`: the keys the change touches are computed anew; `full`: everything is.
 */
export type Rung = 'algebraic' | 'domain' | 'full';

export type IncrementalRung = Exclude<Rung, 'full'>;

/** How a view can be maintained: what lowering its query found. */
export type ViewPlan = RowsPlan | GroupPlan | DomainPlan | FullOnlyPlan;

export type IncrementalPlan = Exclude<ViewPlan, FullOnlyPlan>;

/** The rungs there are for a view, the incremental ones first. */
export function rungsOf(plan: ViewPlan): readonly Rung[] {
  switch (plan.kind) {
    case 'rows':
      return plan.byKey === undefined ? [plan.rung, 'full'] : ['algebraic', 'domain', 'full'];
    case 'group':
      return plan.group.keys.length === 0 ? ['algebraic', 'full'] : ['algebraic', 'domain', 'full'];
    case 'domain':
      return ['domain', 'full'];
    case 'full-only':
      return ['full'];
  }
}

/** The change of the view is the change of `node`. */
export type RowsPlan = {
  readonly kind: 'rows';
  /** `domain` when some operator inside has no rule of its own and recomputes the keys that were touched. */
  readonly rung: IncrementalRung;
  /** Columns named and ordered as the view's. */
  readonly node: Relation;
  /** The same contents by the keys that were touched, where there is that way, too. */
  readonly byKey?: RowsPlan | DomainPlan;
};

/** The plan a refresh of a view goes by on a rung. */
export function planOn(plan: IncrementalPlan, rung: Rung | undefined): IncrementalPlan {
  return plan.kind === 'rows' && rung === 'domain' && plan.byKey !== undefined ? plan.byKey : plan;
}

/**
 * A grouped view. `group` yields the kept state (keys and partial aggregates); the view's columns are `outputs`,
 * expressions over the state's keys and `finals`.
 */
export type GroupPlan = {
  readonly kind: 'group';
  readonly group: GroupNode<Relation>;
  /** Columns to add to the state's, each list over those before it: what several of `finals` are made of. */
  readonly layers?: readonly (readonly { readonly name: string; readonly expression: string }[])[];
  /** The aggregates of the query as expressions over these columns, by the name `outputs` call them. */
  readonly finals: readonly { readonly name: string; readonly expression: string }[];
  readonly outputs: readonly string[];
  /** Groups it does not hold for are kept and not shown. */
  readonly having: string | null;
};

/**
 * A view that falls apart by columns of its own: those of its rows that a change touches are taken out of the
 * contents by key, and computed anew. Unlike a `rows` plan it never asks for the old rows, which need not be the same
 * if asked again.
 */
export type DomainPlan = {
  readonly kind: 'domain';
  readonly node: DomainNode<Relation, string>;
  /** For each stored column, the node's column: the view's columns, then `hidden`. */
  readonly sources: readonly string[];
  /** The stored columns that hold the node's keys, in their order. */
  readonly keys: readonly string[];
  /** Keys that the view does not show, kept beside its columns. */
  readonly hidden: Schema;
  /** Where predictions are kept within a tolerance; the key is all that they are made from. */
  readonly kept?: KeptPredictions;
};

/** Which stored columns hold what a model predicts from, and its predictions. */
export type KeptPredictions = {
  readonly model: string;
  /** In units of the prediction. */
  readonly tolerance: number;
  readonly inputs: readonly StoredColumn[];
  readonly outputs: readonly StoredColumn[];
};

/** A column as the model knows it, and as it is stored. */
export type StoredColumn = { readonly name: string; readonly type: string; readonly stored: string };

export type FullOnlyPlan = {
  readonly kind: 'full-only';
  readonly reason: 'only-full';
  /** What stands in the way: `window function`, `LEFT JOIN`, … */
  readonly detail: string;
};
