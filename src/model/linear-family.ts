import type { Method } from '../declare/methods.ts';
import type { Fit, FitTask, ModelFamily, NeedsFull } from './family.ts';
import { linearParameters } from './linear-parameters.ts';
import type { ModelFitter } from './model-fitter.ts';
import { type ModelState, sumsOf } from './model-state.ts';
import { poolRareLevels, withLevels } from './rare-levels.ts';
import { solveRidge } from './ridge-solve.ts';
import type { RowSource } from './row-source.ts';
import type { ModelParameters } from './scorer.ts';
import { needsRebase, rowCount } from './sums-state.ts';

/** Least squares over kept sums: `ridge`, and `linear`, which is ridge without a penalty. */
export class LinearFamily implements ModelFamily {
  readonly method: Method;
  readonly capability = { inserts: 'exact', deletes: 'exact' } as const;
  readonly #fitter: ModelFitter;

  constructor(method: 'ridge' | 'linear', fitter: ModelFitter) {
    this.method = method;
    this.#fitter = fitter;
  }

  async fitFull({ snapshots, plan, relation, bounds }: FitTask): Promise<Fit> {
    const { state, rowsRead } = await this.#fitter.fitFull(snapshots, plan, relation, bounds);
    return { state: { kind: 'sums', sums: state }, rowsRead };
  }

  async advance(
    { snapshots, plan }: FitTask,
    state: ModelState,
    sources: readonly RowSource[],
  ): Promise<Fit | NeedsFull> {
    const moved = await this.#fitter.advance(snapshots, plan, sumsOf(state), sources);
    const needsFull = needsRebase(moved.state);
    if (needsFull !== null) return { needsFull, rowsRead: moved.rowsRead };
    return { state: { kind: 'sums', sums: moved.state }, rowsRead: moved.rowsRead };
  }

  solve({ plan, options }: Pick<FitTask, 'plan' | 'options'>, state: ModelState): ModelParameters | null {
    const sums = sumsOf(state);
    if (rowCount(sums) < 1) return null;
    const l2 = this.method === 'linear' ? 0 : options.l2;
    const pooled = poolRareLevels(sums, options.rareRows);
    const fit = solveRidge(plan, pooled.state, { l2, standardize: options.standardize });
    return withLevels(linearParameters(plan, fit), pooled, sums);
  }

  rows(state: ModelState): number {
    return rowCount(sumsOf(state));
  }
}
