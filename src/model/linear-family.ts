import type { Reason } from '../core/reasons.ts';
import type { FitOptions } from '../declare/definition.ts';
import type { Method } from '../declare/methods.ts';
import type { Fit, FitTask, ModelFamily, NeedsFull } from './family.ts';
import { type FeaturePlan, weighedAt } from './feature-plan.ts';
import { linearParameters } from './linear-parameters.ts';
import type { ModelFitter } from './model-fitter.ts';
import { type ModelState, sumsOf } from './model-state.ts';
import { poolRareLevels, withLevels } from './rare-levels.ts';
import { type RidgeSolveOptions, solveRidge } from './ridge-solve.ts';
import type { RowSource } from './row-source.ts';
import { isOverdue, weightFactorAt } from './row-weight.ts';
import type { ModelParameters } from './scorer.ts';
import { holdsDigits } from './summing-precision.ts';
import { needsRebase, rowCount, type SumsState } from './sums-state.ts';

/** Least squares over kept sums: `ridge`, and `linear`, which is ridge without a penalty. */
export class LinearFamily implements ModelFamily {
  readonly method: Method;
  readonly capability = { inserts: 'exact', deletes: 'exact' } as const;
  readonly #fitter: ModelFitter;

  constructor(method: 'ridge' | 'linear', fitter: ModelFitter) {
    this.method = method;
    this.#fitter = fitter;
  }

  async fitFull({ snapshots, plan: undated, relation, bounds, options, nowMs }: FitTask): Promise<Fit> {
    const plan = weighedAt(undated, nowMs);
    const needs = this.#solving(options, 1);
    const { state, rowsRead } = await this.#fitter.fitFull(snapshots, plan, relation, bounds, needs);
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
    const moved = await this.#fitter.advance(snapshots, plan, sums, sources);
    const needsFull = needsRebase(moved.state) ?? this.#lostDigits(plan, options, moved.state);
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
    const fit = solveRidge(plan, pooled.state, this.#solving(options, factor));
    return withLevels(
      linearParameters(plan, {
        ...fit,
        l2: this.#solving(options, 1).l2,
        residualSquares: fit.residualSquares * factor,
      }),
      pooled,
      sums,
    );
  }

  rows(state: ModelState): number {
    return rowCount(sumsOf(state));
  }

  /** @param factor of the weights: scaling them all is scaling the penalty the other way. */
  #solving({ l2, standardize }: FitOptions, factor: number): RidgeSolveOptions {
    return { l2: this.method === 'linear' ? 0 : l2 / factor, standardize };
  }

  #lostDigits(plan: FeaturePlan, options: FitOptions, sums: SumsState): Reason | null {
    return holdsDigits(plan, sums, this.#solving(options, 1)) ? null : 'state-rebase';
  }
}
