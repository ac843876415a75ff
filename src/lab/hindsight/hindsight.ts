import type { CellResult, LossMatrix, RunResult } from '../cell-result.ts';
import {
  bestSchedule,
  costOfSchedule,
  type HindsightSchedule,
  type ScheduleProblem,
} from './best-schedule.ts';
import { type LabelTimeline, labelTimeline, learnsAlike } from './label-timeline.ts';
import { billedSeconds, type RefreshKind, refreshKinds } from './refresh-bill.ts';
import { modelOfMark, type RefreshMoment, refreshMoment } from './refresh-moment.ts';
import { lossProblem, type Objective, stalenessProblem } from './schedule-problems.ts';

/** The best schedule in hindsight, and what the cell's own comes to by the same terms. */
export type HindsightView = {
  readonly best: HindsightSchedule;
  readonly own: number;
  readonly moment: RefreshMoment;
};

/**
 * Beside one cell: among all schedules over the same history, window and ways of refreshing, at the same moment of a
 * step. `loss` null: no matrix of the window, maintenance and seed is in the run.
 */
export type CellHindsight = {
  readonly loss: HindsightView | null;
  readonly staleness: HindsightView;
};

/** What cells of one seed, window and maintenance have in common; the best schedules are computed when asked for. */
type Group = {
  readonly timeline: LabelTimeline;
  readonly matrix: LossMatrix | null;
  readonly kinds: readonly RefreshKind[];
  readonly best: Map<string, { readonly problem: ScheduleProblem; readonly schedule: HindsightSchedule }>;
};

/** Best schedules of a run. They are computed once for each seed, window, maintenance and moment: O(T²) each. */
export class Hindsight {
  readonly #run: RunResult;
  readonly #groups = new Map<string, Group>();

  constructor(run: RunResult) {
    this.#run = run;
  }

  /** @param moment of a step at which the schedules refresh; that of the cell by default */
  of(cell: CellResult, moment?: RefreshMoment): CellHindsight {
    return this.#of(cell, moment ?? refreshMoment(cell, this.timelineOf(cell)));
  }

  #of(cell: CellResult, moment: RefreshMoment): CellHindsight {
    const group = this.#groupOf(cell);
    const staleness = this.#view(cell, group, moment, 'staleness', (setting) => stalenessProblem(setting));
    const { matrix } = group;
    const loss =
      matrix === null
        ? null
        : this.#view(cell, group, moment, 'loss', (setting) => lossProblem(setting, matrix));
    return { loss, staleness };
  }

  /** Of the labels that came, and of the models that learned them: those of the cell's seed and window. */
  timelineOf(cell: CellResult): LabelTimeline {
    return this.#groupOf(cell).timeline;
  }

  #view(
    cell: CellResult,
    { best, timeline, kinds }: Group,
    moment: RefreshMoment,
    objective: Objective,
    problemOf: (setting: Parameters<typeof stalenessProblem>[0]) => ScheduleProblem,
  ): HindsightView {
    const key = `${objective} ${moment}`;
    let found = best.get(key);
    if (found === undefined) {
      const problem = problemOf({ timeline, run: this.#run, kinds, moment });
      found = { problem, schedule: bestSchedule(problem) };
      best.set(key, found);
    }
    return { best: found.schedule, own: this.#ownCost(cell, timeline, found.problem), moment };
  }

  #ownCost(cell: CellResult, timeline: LabelTimeline, problem: ScheduleProblem): number {
    const { prices, refreshCost } = this.#run;
    const refreshed = cell.refreshes.flatMap((mark) => {
      const { kind } = mark;
      if (mark.step < 0 || kind === 'none') return [];
      const model = modelOfMark(cell, mark);
      const seconds = billedSeconds(timeline, refreshCost, [kind]);
      return [{ model, cost: (from: number) => prices.cpuSecond * seconds(from, model) }];
    });
    return costOfSchedule(problem, { refreshed, answering: cell.activeSince.map((since) => since + 1) });
  }

  #groupOf(cell: CellResult): Group {
    const { seed, policy } = cell;
    const key = JSON.stringify([seed, policy.window, policy.maintenance]);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const { cells, matrices } = this.#run;
    const [first = cell, ...others] = cells.filter((other) => other.seed === seed);
    const ofSeed = matrices.filter((matrix) => matrix.seed === seed);
    const marks = [first, ...others].flatMap((one) => (learnsAlike(one.policy, policy) ? one.refreshes : []));
    const group: Group = {
      timeline: labelTimeline([first, ...others], policy.window, ofSeed),
      matrix: ofSeed.find((matrix) => learnsAlike(matrix.policy, policy) && fits(matrix, cell)) ?? null,
      kinds: refreshKinds(policy.maintenance, marks),
      best: new Map(),
    };
    this.#groups.set(key, group);
    return group;
  }
}

/** Whether it has every model of the cell's history, and every step. */
function fits({ losses }: LossMatrix, { atMs }: CellResult): boolean {
  return losses.length === atMs.length + 1 && losses.every(({ length }) => length === atMs.length);
}
