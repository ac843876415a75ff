import type { CellResult, LossMatrix, RefreshMark, RunResult } from '../cell-result.ts';
import { refreshSeconds } from '../refresh-cost.ts';
import { answeringModels, bestSchedule, type ScheduleProblem } from './best-schedule.ts';
import { type LabelTimeline, labelTimeline, learnsAlike, withPoints } from './label-timeline.ts';
import { billedSeconds, type RefreshKind, refreshKinds } from './refresh-bill.ts';
import { type RefreshMoment, refreshMoment } from './refresh-moment.ts';
import { answeringBetween, betweenPoints } from './refresh-point.ts';
import { lossProblem, modelLosses, type Objective, stalenessProblem } from './schedule-problems.ts';

/** The best schedule in hindsight, and what the cell's own comes to by the same terms. */
export type HindsightView = {
  readonly best: BestSchedule;
  readonly own: number;
  readonly moment: RefreshMoment;
};

export type BestSchedule = {
  readonly cost: number;
  /** When it refreshes; between two arrivals where a policy of the run did. */
  readonly refreshedAtMs: readonly number[];
  /** By step, the model that answers. */
  readonly answering: Int32Array;
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
  /** `before`: with the moments between two arrivals at which one of its cells refreshed. */
  readonly timelines: Readonly<Record<RefreshMoment, LabelTimeline>>;
  readonly matrix: LossMatrix | null;
  readonly kinds: readonly RefreshKind[];
  readonly best: Map<string, { readonly problem: ScheduleProblem; readonly schedule: BestSchedule }>;
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
    const group = this.#groupOf(cell);
    const { matrix, timelines } = group;
    const when = moment ?? refreshMoment(cell, timelines.after);
    const staleness = this.#view(cell, group, when, 'staleness', (setting) => stalenessProblem(setting));
    const loss =
      matrix === null
        ? null
        : this.#view(cell, group, when, 'loss', (setting) => lossProblem(setting, matrix));
    return { loss, staleness };
  }

  /** By step, the labels that the model which answered had learned. */
  learnedRows(cell: CellResult): Float64Array {
    const timeline = this.#groupOf(cell).timelines.before;
    return Float64Array.from(this.#answering(cell, timeline), (model) => timeline.trainingRows[model] ?? 0);
  }

  /** By step, what is lost under the schedule that costs least by loss; null: it is not known. */
  bestLosses(cell: CellResult): readonly number[] | null {
    const { loss } = this.of(cell);
    const { matrix, timelines } = this.#groupOf(cell);
    if (loss === null || matrix === null) return null;
    return Array.from(loss.best.answering, modelLosses(timelines[loss.moment], matrix));
  }

  #view(
    cell: CellResult,
    { best, timelines, kinds }: Group,
    moment: RefreshMoment,
    objective: Objective,
    problemOf: (setting: Parameters<typeof stalenessProblem>[0]) => ScheduleProblem,
  ): HindsightView {
    const key = `${objective} ${moment}`;
    const timeline = timelines[moment];
    let found = best.get(key);
    if (found === undefined) {
      const problem = problemOf({ timeline, run: this.#run, kinds, moment });
      found = { problem, schedule: scheduleOf(problem, timeline) };
      best.set(key, found);
    }
    const own = this.#billed(cell, timeline) + this.#answered(cell, timeline, found.problem);
    return { best: found.schedule, own, moment };
  }

  #answered(cell: CellResult, timeline: LabelTimeline, { stepCost }: ScheduleProblem): number {
    return this.#answering(cell, timeline).reduce((sum, model, step) => sum + stepCost(model, step), 0);
  }

  /** What the refreshes of a cell are billed, each after the one before it. */
  #billed(cell: CellResult, timeline: LabelTimeline): number {
    const { prices, refreshCost } = this.#run;
    const models = modelsMade(timeline);
    let seconds: number = 0;
    let from: number | null = 0;
    for (const mark of cell.refreshes) {
      const { kind, changedRows, trainingRows } = mark;
      if (mark.step < 0 || kind === 'none') continue;
      const to = modelOfMark(cell, mark, models);
      seconds +=
        from === null || to === null
          ? refreshSeconds(refreshCost, kind, changedRows, trainingRows)
          : billedSeconds(timeline, refreshCost, [kind])(from, to);
      from = to;
    }
    return prices.cpuSecond * seconds;
  }

  /** By step, the model that answered. */
  #answering(cell: CellResult, timeline: LabelTimeline): readonly number[] {
    const models = modelsMade(timeline);
    const between = answeringBetween(cell, this.#run.deployDelayMs);
    return cell.activeSince.map((since, step) => {
      const made = between[step];
      const ofMark = made === null || made === undefined ? undefined : models.between.get(made.atMs);
      return ofMark ?? models.arrival.get(since) ?? 0;
    });
  }

  #groupOf(cell: CellResult): Group {
    const { seed, policy } = cell;
    const key = JSON.stringify([seed, policy.window, policy.maintenance]);
    const known = this.#groups.get(key);
    if (known !== undefined) return known;
    const { cells, matrices, deployDelayMs } = this.#run;
    const [first = cell, ...others] = cells.filter((other) => other.seed === seed);
    const ofSeed = matrices.filter((matrix) => matrix.seed === seed);
    const alike = [first, ...others].filter((one) => learnsAlike(one.policy, policy));
    const after = labelTimeline([first, ...others], policy.window, ofSeed, deployDelayMs);
    const group: Group = {
      timelines: { after, before: withPoints(after, betweenPoints(alike)) },
      matrix: ofSeed.find((matrix) => learnsAlike(matrix.policy, policy) && fits(matrix, cell)) ?? null,
      kinds: refreshKinds(
        policy.maintenance,
        alike.flatMap(({ refreshes }) => refreshes),
      ),
      best: new Map(),
    };
    this.#groups.set(key, group);
    return group;
  }
}

function scheduleOf(problem: ScheduleProblem, { points }: LabelTimeline): BestSchedule {
  const { cost, refreshed } = bestSchedule(problem);
  return {
    cost,
    refreshedAtMs: refreshed.map((model) => points[model]?.atMs ?? Number.NaN),
    answering: answeringModels(problem, refreshed),
  };
}

/** Models of a timeline by what made them. */
type ModelsMade = {
  readonly between: ReadonlyMap<number, number>;
  /** By step of the arrival, −1: the warm-up. */
  readonly arrival: ReadonlyMap<number, number>;
};

function modelsMade({ points }: LabelTimeline): ModelsMade {
  const all = points.map((point, model) => ({ ...point, model }));
  const arrivals = all.filter(({ between }) => between === null);
  const others = all.filter(({ between }) => between !== null);
  return {
    between: new Map(others.map(({ atMs, model }) => [atMs, model])),
    arrival: new Map(arrivals.map(({ step, model }) => [step, model])),
  };
}

/**
 * The model that a refresh made. Null: it was done between two arrivals, and nothing that arrived was answered by it, or
 * an older release tells no more of it.
 */
function modelOfMark({ atMs: arrivals }: CellResult, mark: RefreshMark, models: ModelsMade): number | null {
  const { atMs, step, between } = mark;
  if (between !== null) return models.between.get(atMs) ?? null;
  return atMs < (arrivals[step] ?? atMs) ? null : (models.arrival.get(step) ?? null);
}

/** Whether it has every model of the cell's history, and every step. */
function fits({ losses }: LossMatrix, { atMs }: CellResult): boolean {
  return losses.length === atMs.length + 1 && losses.every(({ length }) => length === atMs.length);
}
