import type { RunResult } from '../cell-result.ts';
import { beatsHindsight } from './best-schedule.ts';
import { Hindsight } from './hindsight.ts';
import type { Objective } from './schedule-problems.ts';

/** A cell beside the best schedule in hindsight. */
export type HindsightCheck = {
  readonly policy: string;
  readonly seed: number;
  readonly objective: Objective;
  /** What the cell's schedule costs, by the terms of the best one. */
  readonly own: number;
  readonly best: number;
  /** It cost less than the least that is possible, by more than rounding: something is counted wrongly. */
  readonly isBeaten: boolean;
};

/** Every cell of a run, by both objectives where the run has what they need. */
export function checkHindsight(run: RunResult): readonly HindsightCheck[] {
  const hindsight = new Hindsight(run);
  return run.cells.flatMap((cell) => {
    const { loss, staleness } = hindsight.of(cell);
    const views = [['loss', loss] as const, ['staleness', staleness] as const];
    return views.flatMap(([objective, view]): HindsightCheck[] => {
      if (view === null) return [];
      const { own, best } = view;
      const isBeaten = !Number.isFinite(own) || beatsHindsight(own, best.cost);
      return [{ policy: cell.policy.name, seed: cell.seed, objective, own, best: best.cost, isBeaten }];
    });
  });
}
