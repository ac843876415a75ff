import type { FitOptions } from '../declare/definition.ts';
import type { Method } from '../declare/methods.ts';
import type { Fit, FitTask, ModelFamily, NeedsFull } from './family.ts';
import { type FeaturePlan, weighedAt } from './feature-plan.ts';
import type { ModelFitter } from './model-fitter.ts';
import { type ModelState, sumsOf } from './model-state.ts';
import { poolRareLevels, withLevels } from './rare-levels.ts';
import type { RidgeSolveOptions } from './ridge-solve.ts';
import type { RowSource } from './row-source.ts';
import { isOverdue, weightFactorAt } from './row-weight.ts';
import type { ModelParameters } from './scorer.ts';
import { holdsDigits } from './summing-precision.ts';
import { needsRebase, rowCount, type SumsState } from './sums-state.ts';

/** What a method makes of the sums over its training rows. */
export type SumsSolver = {
  readonly method: Method;
  /** The least penalty of the systems it solves, which says how many digits the sums must hold; null: it solves none. */
  needs(options: FitOptions): RidgeSolveOptions | null;
  /** @param factor what the weights in the sums are to be multiplied by: scaling them is scaling penalties the other way */
  solve(plan: FeaturePlan, sums: SumsState, options: FitOptions, factor: number): ModelParameters;
};

/** Families whose model is a function of sums over the training rows: exact whatever rows come and go. */
export class SumsFamily implements ModelFamily {
  readonly method: Method;
  readonly capability = { inserts: 'exact', deletes: 'exact' } as const;
  readonly #solver: SumsSolver;
  readonly #fitter: ModelFitter;

  constructor(solver: SumsSolver, fitter: ModelFitter) {
    this.method = solver.method;
    this.#solver = solver;
    this.#fitter = fitter;
  }

  async fitFull({ snapshots, plan, relation, bounds, options, nowMs }: FitTask): Promise<Fit> {
    const { state, rowsRead } = await this.#fitter.fitFull(
      snapshots,
      summedPlan(weighedAt(plan, nowMs)),
      relation,
      bounds,
      this.#solver.needs(options),
    );
    return { state: { kind: 'sums', sums: state }, rowsRead };
  }

  async advance(
    { snapshots, plan, options, nowMs }: FitTask,
    state: ModelState,
    sources: readonly RowSource[],
  ): Promise<Fit | NeedsFull> {
    const sums = sumsOf(state);
    if (isOverdue(plan.weighting, sums.tally?.originMs ?? nowMs, nowMs))
      return { needsFull: 'state-rebase', rowsRead: 0 };
    const moved = await this.#fitter.advance(snapshots, summedPlan(plan), sums, sources);
    const needs = this.#solver.needs(options);
    const needsFull =
      needsRebase(moved.state) ??
      (needs === null || holdsDigits(plan, moved.state, needs) ? null : 'state-rebase');
    if (needsFull !== null) return { needsFull, rowsRead: moved.rowsRead };
    return { state: { kind: 'sums', sums: moved.state }, rowsRead: moved.rowsRead };
  }

  solve(
    { plan, options, nowMs }: Pick<FitTask, 'plan' | 'options' | 'nowMs'>,
    state: ModelState,
  ): ModelParameters | null {
    const sums = sumsOf(state);
    if (rowCount(sums) < 1) return null;
    const factor = weightFactorAt(plan.weighting, sums.tally?.originMs ?? nowMs, nowMs);
    const pooled = poolRareLevels(sums, options.rareRows);
    return withLevels(this.#solver.solve(plan, pooled.state, options, factor), pooled, sums);
  }

  rows(state: ModelState): number {
    return rowCount(sumsOf(state));
  }
}

/** Further labels are summed as the features are, behind them. */
function summedPlan(plan: FeaturePlan): FeaturePlan {
  const labels = plan.furtherLabels.map((column) => ({
    name: column,
    source: { kind: 'column', column } as const,
    kind: 'numeric' as const,
  }));
  return labels.length === 0 ? plan : { ...plan, measured: [...plan.measured, ...labels] };
}
