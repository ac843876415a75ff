import type { Reason } from '../core/reasons.ts';
import type { Session } from '../core/session.ts';
import type { FitOptions } from '../declare/definition.ts';
import type { Method } from '../declare/methods.ts';
import type { FeaturePlan } from './feature-plan.ts';
import type { ModelState } from './model-state.ts';
import type { RowSource, TrainingRelation } from './row-source.ts';
import type { ModelParameters } from './scorer.ts';
import type { TrainingBounds } from './training-window.ts';

/**
 * What a family promises of a refresh by the change alone.
 *
 * - `exact`: the model of the rows as they are, but for rounding.
 * - `certified`: a model with a proved bound on how far its answers are from that one's.
 * - `heuristic`: a model near to it, and nothing is proved.
 * - `full-only`: there is no such refresh.
 */
export type Capability = 'exact' | 'certified' | 'heuristic' | 'full-only';

/** One model's fit: its features, its options, and what there is to read. */
export type FitTask = {
  readonly plan: FeaturePlan;
  readonly options: FitOptions;
  readonly relation: TrainingRelation;
  /** The training rows, as of the moment of the fit. */
  readonly bounds: TrainingBounds;
  /** The moment of the fit, milliseconds since the epoch: decay counts from it. */
  readonly nowMs: number;
  /** How far a prediction may be from the exact model's; null: the family's own measure. */
  readonly maxEffect: number | null;
  /** Parallel streams over one version; what comes out does not depend on their number. */
  readonly snapshots: readonly [Session, ...Session[]];
};

/** `rowsRead`: rows that came from the store, those left out for a NaN or an infinity included. */
export type Fit = { readonly state: ModelState; readonly rowsRead: number };

/** The state cannot be moved by the change alone; `reason` is recorded, and the fit is made in full. */
export type NeedsFull = {
  readonly needsFull: Reason;
  readonly rowsRead: number;
  /** What the full fit may start from; null, or none: nothing. */
  readonly from?: ModelState | null;
};

/**
 * How one kind of model is fitted, kept and solved. A family holds nothing of any model: the state is handed in and
 * out, and is the caller's to keep. The given state is never changed.
 */
export interface ModelFamily {
  readonly method: Method;
  readonly capability: { readonly inserts: Capability; readonly deletes: Capability };
  /** @param from a state of the same model to start from, for families that iterate; the result is the same without, but for heuristic ones */
  fitFull(task: FitTask, from?: ModelState | null): Promise<Fit>;
  /** The state with the sources' rows added and taken away. */
  advance(task: FitTask, state: ModelState, sources: readonly RowSource[]): Promise<Fit | NeedsFull>;
  /**
   * The parameters that answer; null when there are too few rows for any.
   * @throws EverviewError of the family, when the rows determine no model.
   */
  solve(task: Pick<FitTask, 'plan' | 'options' | 'nowMs'>, state: ModelState): ModelParameters | null;
  /** Training rows in the state. */
  rows(state: ModelState): number;
}
