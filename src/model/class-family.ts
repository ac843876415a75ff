import type { FitOptions } from '../declare/definition.ts';
import type { Method } from '../declare/methods.ts';
import type { ClassFitter } from './class-fitter.ts';
import { classParameters } from './class-parameters.ts';
import type { ClassScores } from './class-scores.ts';
import { type ClassSums, classedSums } from './class-sums.ts';
import type { Fit, FitTask, ModelFamily, NeedsFull } from './family.ts';
import type { FeaturePlan } from './feature-plan.ts';
import { classesOf, type ModelState } from './model-state.ts';
import { poolRareLevels, withLevels } from './rare-levels.ts';
import type { RowSource } from './row-source.ts';
import { weightFactorAt } from './row-weight.ts';
import type { ModelParameters } from './scorer.ts';
import { levelRows, rowCount } from './sums-state.ts';

/** What a method makes of the sums over the training rows of each class. */
export type ClassSolver = {
  readonly method: Method;
  /** @param factor what the weights in the sums are to be multiplied by */
  solve(plan: FeaturePlan, classes: readonly ClassSums[], options: FitOptions, factor: number): ClassScores;
};

/** Classifiers that are a function of sums by class: exact whatever rows come and go. */
export class ClassFamily implements ModelFamily {
  readonly method: Method;
  readonly capability = { inserts: 'exact', deletes: 'exact' } as const;
  readonly #solver: ClassSolver;
  readonly #fitter: ClassFitter;

  constructor(solver: ClassSolver, fitter: ClassFitter) {
    this.method = solver.method;
    this.#solver = solver;
    this.#fitter = fitter;
  }

  async fitFull(task: FitTask): Promise<Fit> {
    const { classes, rowsRead } = await this.#fitter.fitFull(task);
    return { state: { kind: 'classed-sums', classes }, rowsRead };
  }

  async advance(task: FitTask, state: ModelState, sources: readonly RowSource[]): Promise<Fit | NeedsFull> {
    const moved = await this.#fitter.advance(task, classesOf(state), sources);
    if ('needsFull' in moved) return moved;
    return { state: { kind: 'classed-sums', classes: moved.classes }, rowsRead: moved.rowsRead };
  }

  solve(
    { plan, options, nowMs }: Pick<FitTask, 'plan' | 'options' | 'nowMs'>,
    state: ModelState,
  ): ModelParameters | null {
    const given = classesOf(state);
    const [first, second] = given;
    // one class alone is nothing to tell apart
    if (first === undefined || second === undefined) return null;
    const { classes, total } = classedSums(plan, given);
    const counts = levelRows(total);
    const pooled = classes.map(({ label, sums }) => ({
      label,
      sums: poolRareLevels(sums, options.rareRows, counts).state,
    }));
    const factor = weightFactorAt(plan.weighting, first.sums.tally?.originMs ?? nowMs, nowMs);
    const scores = this.#solver.solve(plan, pooled, options, factor);
    const parameters = classParameters(plan, scores, rowCount(total));
    return withLevels(parameters, poolRareLevels(total, options.rareRows), total);
  }

  rows(state: ModelState): number {
    return classesOf(state).reduce((total, { sums }) => total + rowCount(sums), 0);
  }
}
