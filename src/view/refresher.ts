import type { Moments } from '../core/moment.ts';
import type { Reason } from '../core/reasons.ts';
import type { Schema } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { Version } from '../core/version.ts';
import type { ModelRead, RelationRead } from '../plan/lower-relations.ts';
import type { IncrementalRung, Rung, ViewPlan } from '../plan/view-plan.ts';

/**
 * The duties of both sides.
 *
 * The engine: runs every call inside one write transaction (`context.tx`); brings every relation the view reads to
 * version `to` first (base tables are at `to` because `to` is the newest version; materialized sources by refreshing
 * them); hands over the sources that changed in (from, to], each with the number of signed rows its log holds
 * there (in (from, to] and, of a view that follows the clock, in the moments (fromMs, toMs] of `from` itself); moves
 * the view's cursor to `to` and its moment to `toMs` in the same transaction; sets `keepLog` from the moment a materialized
 * view, training set or model over this view exists.
 *
 * The refresher: afterwards `view."v"` equals the definition evaluated at `to`, and, with `keepLog`, the rows of
 * `log."v"` with `__ev_v` in (from, to] are a signed bag that leads from the old contents to the new, and the outcome
 * counts them. (All of them have `to`, but where the log is derived from a table's: see derived-log.ts.)
 *
 * A dependent built when the view was at version c may advance from c on, because every later refresh of the view
 * kept the log. A log therefore may have gaps from times without a dependent; nobody reads across them. One case is
 * the engine's to catch: a `rebuild` at the version the view already has (`from === to`) that wrote rows (possible
 * only with floating-point sums) lies behind the cursors of its dependents, and they must be rebuilt as well.
 */
export interface Refresher {
  /** Recomputes at `to`. Existing contents (`from` not null): writes only the bag difference when a log is kept. */
  rebuild(view: ViewHandle, context: RefreshContext): Promise<RefreshOutcome>;
  /**
   * Applies what changed in (from, to]. Falls back to `rebuild` by itself where it must, and says why. Not for a
   * view without contents (`from` null) or with a `full-only` plan: those are rebuilt, too.
   *
   * @param rung one of `rungsOf(view.plan)`
   */
  advance(view: ViewHandle, context: RefreshContext, rung?: IncrementalRung): Promise<RefreshOutcome>;
  /** The SELECTs that such a refresh would get its rows from; nothing runs. */
  explain(view: ViewHandle, context: Omit<RefreshContext, 'tx'>, rung: Rung): readonly string[];
  /**
   * The first moment after that at which contents that are right then may cease to be, by the clock alone and but
   * for what the views read do themselves; a moment too early does no harm. Null: never.
   *
   * @param at the moment, and the models, at the end of the refresh
   */
  nextBoundary(tx: Session, view: ViewHandle, at: Moments): Promise<number | null>;
  /** Removes contents, state and log; nothing happens when there are none. */
  drop(tx: Session, name: string): Promise<void>;
}

/** A view ready to be kept, as `compileView` gives it: plain data, right for one definition of everything it reads. */
export type ViewHandle = {
  readonly name: string;
  readonly plan: ViewPlan;
  /** The user's columns, with the types and names the query gives. */
  readonly schema: Schema;
  /**
   * The query over the physical relations (`data."t"`, `view."v"`); `momentMark` stands for the clock, and the marks
   * of `predictions` for what PREDICT gives.
   */
  readonly sql: string;
  /** Every PREDICT of the query, each after those within its input. */
  readonly predictions: readonly PredictionSite[];
  /** Base tables and materialized views read, each once, also through virtual views; places in the query's text. */
  readonly reads: readonly RelationRead[];
  /** Models whose predictions are read, each once. */
  readonly models: readonly ModelRead[];
  /**
   * Whether the contents can change without a new version, as time passes or another version of a model comes to
   * answer: of themselves, or with a view read.
   */
  readonly isClocked: boolean;
  /** Relative error allowed in sums of floating-point numbers. */
  readonly tolerance: number;
};

/** A PREDICT in a kept query. */
export type PredictionSite = {
  /** What stands for it in the SQL. */
  readonly mark: string;
  readonly model: string;
  /** A SELECT of its input, with the marks of those within. */
  readonly input: string;
  readonly schema: Schema;
  readonly outputs: Schema;
};

/** Signed rows in the source's log within (from, to]; not netted. */
export type SourceChange = { readonly inserted: number; readonly deleted: number };

export type RefreshContext = {
  readonly tx: Session;
  /** The version the contents are right for; null: there are none. */
  readonly from: Version | null;
  /** The newest version. */
  readonly to: Version;
  /**
   * When the contents were right, and when they are to be right, which is what conditions on the clock compare with;
   * and which version of each model they showed and are to show.
   */
  readonly moments: Moments;
  /**
   * By name as in `ViewHandle.reads`; a source that is absent has not changed. `clockSource` stands for the clock,
   * with no rows of its own: it is there when rows may have crossed a condition on it between the moments. A model is
   * there when another version of it answers; its counts are those of the rows that are predicted anew.
   */
  readonly changedSources: ReadonlyMap<string, SourceChange>;
  /** Whether to write the view's own change to `log."v"`. */
  readonly keepLog: boolean;
  /** Rows of the contents, if known: chooses between plans with the same result. */
  readonly contentRows?: number | undefined;
  /** Rows of a relation that is read, as of `to`, if known: likewise. */
  readonly rowsOf?: (relation: string) => number;
};

/** Why an advance became a rebuild. */
export type RefreshFallback = Extract<
  Reason,
  'first-build' | 'only-full' | 'min-max-retraction' | 'float-error-budget' | 'non-finite' | 'model-promoted'
>;

/** Why a group's sums cannot be brought forward by arithmetic. */
export type GroupFault = Extract<RefreshFallback, 'min-max-retraction' | 'float-error-budget' | 'non-finite'>;

/** What was done. The counts are rows put in and taken out of the contents (an updated row is one of each). */
export type RefreshOutcome = {
  readonly kind: 'none' | 'incremental' | 'full';
  readonly inserted: number;
  readonly deleted: number;
  readonly fallback?: RefreshFallback;
  /** Why some of the touched groups were computed anew, where that was enough. */
  readonly recomputed?: GroupFault;
};
