import { describe, expect, it } from 'vitest';
import type { BetweenRefresh, CellResult, LossMatrix, RunResult } from '../../src/lab/cell-result.ts';
import { bestSchedule } from '../../src/lab/hindsight/best-schedule.ts';
import { checkHindsight } from '../../src/lab/hindsight/check-hindsight.ts';
import { Hindsight } from '../../src/lab/hindsight/hindsight.ts';
import { type LabelTimeline, labelTimeline, withPoints } from '../../src/lab/hindsight/label-timeline.ts';
import { billedSeconds, changedLabels, type RefreshKind } from '../../src/lab/hindsight/refresh-bill.ts';
import { firstAnswers, type RefreshMoment } from '../../src/lab/hindsight/refresh-moment.ts';
import { arrivalPoints, type RefreshPoint } from '../../src/lab/hindsight/refresh-point.ts';
import { lossProblem, stalenessProblem } from '../../src/lab/hindsight/schedule-problems.ts';
import type { LearningWindow } from '../../src/lab/policy.ts';
import { refreshSeconds } from '../../src/lab/refresh-cost.ts';
import { stalenessCost } from '../../src/lab/staleness-cost.ts';
import { summarize } from '../../src/lab/summary/summarize.ts';
import {
  cellOf,
  emptyCell,
  historyOf,
  hourMs,
  markOf,
  policyNamed,
  runOf,
  type SyntheticHistory,
  type SyntheticRefresh,
} from '../support/lab/synthetic-run.ts';
import { Random } from '../support/random.ts';

/** A moment at which a refresh may be done, what it learns from, and what its model loses by step. */
type Moment = {
  readonly atMs: number;
  /** Not before the answers of the arrival at that moment. */
  readonly isAfter: boolean;
  readonly labels: number;
  readonly losses: readonly number[];
};

type World = {
  readonly history: SyntheticHistory;
  readonly matrix: LossMatrix;
  readonly between: readonly RefreshPoint[];
};

function momentsOf({ history, matrix, between }: World, moment: RefreshMoment): Moment[] {
  const arrivals = Array.from({ length: history.steps }, (_, step): Moment => {
    const [labels = 0, losses = []] = [history.labels[step + 1], matrix.losses[step + 1]];
    return { atMs: step * hourMs, isAfter: moment === 'after', labels, losses };
  });
  const others = between.map(({ atMs, step, between: made }): Moment => {
    const losses = [...new Array<number>(step).fill(0), ...(made?.losses ?? [])];
    return { atMs, isAfter: false, labels: made?.learnable ?? 0, losses };
  });
  return [...arrivals, ...others].sort((a, b) => a.atMs - b.atMs);
}

/** Walks through time under every schedule, by the clock. */
function bruteForce(world: World, run: RunResult, kinds: readonly RefreshKind[], moment: RefreshMoment) {
  const { history, matrix } = world;
  const { prices, refreshCost, deployDelayMs } = run;
  const moments = momentsOf(world, moment);
  const [labels = 0, losses = []] = [history.labels[0], matrix.losses[0]];
  const warmUp: Moment = { atMs: Number.NEGATIVE_INFINITY, isAfter: false, labels, losses };
  const least = { loss: Number.POSITIVE_INFINITY, staleness: Number.POSITIVE_INFINITY };
  for (let chosen = 0; chosen < 2 ** moments.length; chosen++) {
    const done = [warmUp, ...moments.filter((_, place) => (chosen >> place) & 1)];
    let bill = 0;
    for (const [place, one] of done.entries()) {
      const last = done[place - 1];
      if (last === undefined) continue;
      const seconds = kinds.map((kind) =>
        refreshSeconds(refreshCost, kind, one.labels - last.labels, one.labels),
      );
      bill += prices.cpuSecond * Math.min(...seconds);
    }
    let [lost, stale] = [0, 0];
    for (let step = 0; step < history.steps; step++) {
      const nowMs = step * hourMs;
      const model = done.findLast(({ atMs, isAfter }) =>
        isAfter && atMs === nowMs ? false : atMs + deployDelayMs <= nowMs,
      );
      if (model === undefined) throw new Error('nothing answers');
      lost += prices.loss * (model.losses[step] ?? 0);
      const pending = (history.labels[step + 1] ?? 0) - model.labels;
      stale += stalenessCost(history.answers[step] ?? 0, pending, model.labels, prices.loss, run.lossScale);
    }
    least.loss = Math.min(least.loss, bill + lost);
    least.staleness = Math.min(least.staleness, bill + stale);
  }
  return least;
}

function randomBetween(random: Random, { steps, labels }: SyntheticHistory, many: number): RefreshPoint[] {
  return Array.from({ length: many }, () => random.int(0, steps - 1))
    .map((step) => ({ step, atMs: (step - 0.9 + 0.8 * random.next()) * hourMs }))
    .sort((a, b) => a.atMs - b.atMs)
    .map(({ step, atMs }) => {
      const share = atMs / hourMs - (step - 1);
      const [before = 0, after = 0] = [labels[step], labels[step + 1]];
      const known = Math.round(before + share * (after - before));
      const losses = Array.from({ length: steps - step }, () => random.next() * 4);
      return { step, atMs, between: { known, learnable: known, losses, trainingRows: known } };
    });
}

function randomHistory(random: Random, steps: number): SyntheticHistory {
  const many = (most: number): number[] => Array.from({ length: steps }, () => random.int(0, most));
  return historyOf(many(20), random.int(1, 30), many(random.pick([0, 5, 50])));
}

function randomMatrix(random: Random, steps: number, seed = 1): LossMatrix {
  const losses = Array.from({ length: steps + 1 }, (_, model) =>
    Array.from({ length: steps }, (_, step) => (step < model - 1 ? 0 : random.next() * 4)),
  );
  return { policy: policyNamed('matrix', { kind: 'every-update' }), seed, losses, trainingRows: [] };
}

function timelineOf(history: SyntheticHistory): LabelTimeline {
  return labelTimeline([cellOf(policyNamed('never'), history, [])], { kind: 'all' }, [], 0);
}

describe('the best schedule in hindsight', () => {
  it.each(['before', 'after'] as const)('is that of all there are, refreshed %s the answers', (moment) => {
    for (let seed = 1; seed <= 120; seed++) {
      const random = new Random(seed);
      const steps = random.int(1, 8);
      const run = {
        ...runOf([]),
        prices: { cpuSecond: random.pick([0.1, 1, 3]), loss: random.pick([0.2, 1]) },
        refreshCost: { seconds: random.next() * 3, secondsPerRow: random.next() / 20 },
        deployDelayMs: random.pick([0, 0, hourMs / 2, 2 * hourMs, 4 * hourMs]),
      };
      const kinds = random.pick([['incremental'], ['full'], ['incremental', 'full']] as const);
      const history = randomHistory(random, steps);
      const matrix = randomMatrix(random, steps);
      const between = moment === 'before' ? randomBetween(random, history, random.int(0, 3)) : [];
      const timeline = withPoints(timelineOf(history), between);
      const setting = { timeline, run, kinds, moment };
      const least = bruteForce({ history, matrix, between }, run, kinds, moment);
      for (const objective of ['loss', 'staleness'] as const) {
        const problem = objective === 'loss' ? lossProblem(setting, matrix) : stalenessProblem(setting);
        const best = bestSchedule(problem);
        expect(best.cost, `${objective}, seed ${seed}`).toBeCloseTo(least[objective], 9);
        expect(best.refreshed).toEqual([...best.refreshed].sort((a, b) => a - b));
      }
    }
  });

  it('refreshes where the loss falls, and not for nothing', () => {
    // The model of the warm-up is worth nothing from step 3 on; any refreshed in step 2 or later is right for good.
    const losses = Array.from({ length: 9 }, (_, model) =>
      Array.from({ length: 8 }, (_, step) => (step < 3 || model >= 3 ? 0 : 5)),
    );
    const timeline = timelineOf(historyOf(new Array<number>(8).fill(1), 1, new Array<number>(8).fill(1)));
    const setting = { timeline, run: runOf([]), kinds: ['full'] as const, moment: 'after' as const };
    const matrix: LossMatrix = { ...randomMatrix(new Random(1), 8), losses };
    expect(bestSchedule(lossProblem(setting, matrix))).toEqual({ cost: 1, refreshed: [3] });
  });

  it('does 1,500 steps', () => {
    const steps = 1500;
    const [came, asked] = [new Array<number>(steps).fill(5), new Array<number>(steps).fill(10)];
    const timeline = timelineOf(historyOf(came, 100, asked));
    const setting = { timeline, run: runOf([]), kinds: ['incremental', 'full'] as const };
    const { refreshed } = bestSchedule(stalenessProblem({ ...setting, moment: 'after' }));
    const gaps = refreshed.map((model, place) => model - (refreshed[place - 1] ?? 0));
    // Staleness weighs less as more was learned, so that the gaps grow.
    expect(gaps[0]).toBeLessThan(3);
    expect(gaps.at(-1)).toBeGreaterThan(8);
  });

  it('answers from the first step that is a deploy delay later', () => {
    const atMs = [0, 1, 2, 3, 4, 10].map((hours) => hours * hourMs);
    const arrivals = { atMs, points: arrivalPoints(atMs) };
    expect([...firstAnswers(arrivals, 'after', 0)]).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect([...firstAnswers(arrivals, 'before', 0)]).toEqual([0, 0, 1, 2, 3, 4, 5]);
    expect([...firstAnswers(arrivals, 'after', 2 * hourMs)]).toEqual([0, 2, 3, 4, 5, 5, 6]);
    expect([...firstAnswers(arrivals, 'before', 2 * hourMs)]).toEqual([0, 2, 3, 4, 5, 5, 6]);
  });

  it('bills a refresh as what is cheaper of the ways there are', () => {
    const timeline = timelineOf(historyOf([10, 10, 80], 100, [1, 1, 1]));
    const cost = { seconds: 1, secondsPerRow: 0.01 };
    expect(billedSeconds(timeline, cost, ['incremental', 'full'])(0, 2)).toBeCloseTo(1.2, 12);
    expect(billedSeconds(timeline, cost, ['full'])(0, 2)).toBeCloseTo(2.2, 12);
  });

  it('is not made of costs that are no numbers', () => {
    const problem = {
      steps: 3,
      firstAnswer: Int32Array.of(0, 1, 2),
      stepCost: (model: number, step: number) => (model === 1 && step === 1 ? Number.NaN : 1),
      refreshCost: () => 1,
    };
    expect(() => bestSchedule(problem)).toThrow('is no number');
  });
});

describe('labels of a sliding window', () => {
  it('change by those that came and those that left, as sets do', () => {
    for (let seed = 1; seed <= 40; seed++) {
      const random = new Random(seed);
      const steps = 30;
      const [delay, length] = [random.int(0, 3), random.int(2, 12)];
      const events: number[] = [];
      for (let at = -20; at < steps; at++) {
        for (let many = random.int(0, 6); many > 0; many--) events.push(at - random.next());
      }
      const at = (model: number): number => model - 1;
      const window: LearningWindow = { kind: 'sliding', length: length * hourMs };
      const known = (model: number) => events.filter((event) => event + delay <= at(model));
      const learned = (model: number) =>
        new Set(known(model).filter((event) => event > at(model) - delay - length));
      const models = Array.from({ length: steps + 1 }, (_, model) => model);
      const trainingRows = models.map((model) => learned(model).size);
      const labels = models.map((model) => known(model).length);
      const cell: CellResult = {
        ...emptyCell(policyNamed('never', { kind: 'never' }, window), 1, steps),
        labelsAtStart: labels[0] ?? 0,
        labels: labels.slice(1),
      };
      const matrix = { ...randomMatrix(random, steps), policy: cell.policy, trainingRows };
      const timeline = labelTimeline([cell], window, [matrix], 0);
      for (let draw = 0; draw < 30; draw++) {
        const from = random.int(0, steps - 1);
        const to = random.int(from, steps);
        const [one, other] = [learned(from), learned(to)];
        const differ = [...one].filter((event) => !other.has(event)).length;
        const came = [...other].filter((event) => !one.has(event)).length;
        expect(changedLabels(timeline, from, to), `seed ${seed}`).toBe(differ + came);
      }
    }
  });
});

type RandomWorld = {
  readonly history: SyntheticHistory;
  readonly steps: number;
  /** By step, what is known half an hour before it. */
  readonly between: readonly BetweenRefresh[];
};

function randomRefreshes(
  random: Random,
  { steps, between }: RandomWorld,
  before: boolean,
): SyntheticRefresh[] {
  const often = random.next();
  const made = (step: number): Partial<SyntheticRefresh> => {
    const known = between[step];
    return before && known !== undefined && random.chance(0.4) ? { between: known } : {};
  };
  return Array.from({ length: steps }, (_, step) => step)
    .filter(() => random.chance(often))
    .map((step) => ({
      step,
      before,
      kind: random.pick(['incremental', 'incremental', 'full', 'none']),
      promoted: random.chance(0.8),
      ...made(step),
    }));
}

function scheduleAt(
  refreshedAtMs: readonly number[],
  before: boolean,
  between: RandomWorld['between'],
): SyntheticRefresh[] {
  return refreshedAtMs.map((atMs) => {
    const step = Math.ceil(atMs / hourMs);
    const known = step * hourMs > atMs ? between[step] : undefined;
    const one: SyntheticRefresh = { step, before, kind: 'incremental', promoted: true };
    return known === undefined ? one : { ...one, between: known };
  });
}

/** Policies whose cost hindsight tells otherwise than the summary. */
function countedOtherwise(run: RunResult): string[] {
  const checks = checkHindsight(run);
  return summarize(run).flatMap(({ policy, cost }) =>
    checks
      .filter((check) => check.policy === policy.name)
      .filter(({ own, objective }) => Math.abs(own - cost[objective]) > 1e-9 * Math.max(1, own))
      .map(({ own, objective }) => `${policy.name}, ${objective}: ${own} and ${cost[objective]}`),
  );
}

describe('hindsight of a run', () => {
  it('is never beaten by a schedule of the same run, and is reached by its own', () => {
    for (let seed = 1; seed <= 30; seed++) {
      const random = new Random(seed);
      const steps = random.int(5, 40);
      const history = randomHistory(random, steps);
      const matrix = randomMatrix(random, steps);
      const between = Array.from({ length: steps }, (_, step): BetweenRefresh => {
        const known = random.int(history.labels[step] ?? 0, history.labels[step + 1] ?? 0);
        const losses = Array.from({ length: steps - step }, () => random.next() * 4);
        return { known, learnable: known, losses };
      });
      const world = { history, steps, between };
      const delay = random.pick([0, 0, 2]);
      const never = cellOf(policyNamed('never'), history, [], { matrix, delay });
      const cells = [never];
      for (let policy = 0; policy < 6; policy++) {
        const refreshes = randomRefreshes(random, world, policy % 2 === 0);
        cells.push(cellOf(policyNamed(`p${policy}`), history, refreshes, { matrix, delay }));
      }
      const refreshCost = { seconds: random.next(), secondsPerRow: random.next() / 50 };
      const deployDelayMs = delay * hourMs;
      const run = runOf(cells, { matrices: [matrix], refreshCost, deployDelayMs });
      expect(checkHindsight(run).filter(({ isBeaten }) => isBeaten)).toEqual([]);
      expect(countedOtherwise(run), `seed ${seed}`).toEqual([]);
      if (!cells.some(({ refreshes }) => refreshes.some((mark) => mark.kind === 'incremental'))) continue;
      // The best schedules, replayed, cost what was promised.
      for (const moment of ['before', 'after'] as const) {
        for (const objective of ['loss', 'staleness'] as const) {
          const best = new Hindsight(run).of(never, moment)[objective]?.best;
          const done = scheduleAt(best?.refreshedAtMs ?? [], moment === 'before', between);
          const replayed = cellOf(policyNamed('best'), history, done, { matrix, delay });
          const [again] = checkHindsight({ ...run, cells: [...cells, replayed] }).filter(
            (check) => check.policy === 'best' && check.objective === objective,
          );
          expect(again?.own, `${moment}, seed ${seed}`).toBeCloseTo(best?.cost ?? Number.NaN, 9);
        }
      }
    }
  });

  it('sees a schedule that costs less than is possible', () => {
    const history = historyOf([5, 5, 5, 5], 10, [9, 9, 9, 9]);
    const never = cellOf(policyNamed('never'), history, []);
    const honest = cellOf(
      policyNamed('some'),
      history,
      [0, 2].map((step) => ({ step, before: false, kind: 'full', promoted: true }) as const),
    );
    const forged = { ...honest, policy: policyNamed('forged'), refreshes: [] };
    const run = runOf([never, honest, forged], { refreshCost: { seconds: 3, secondsPerRow: 0 } });
    expect(checkHindsight(run).map(({ policy, isBeaten }) => [policy, isBeaten])).toEqual([
      ['never', false],
      ['some', false],
      ['forged', true],
    ]);
  });

  it('measures what refreshes before answers by schedules that do, and what refreshes after them by theirs', () => {
    const history = historyOf([5, 5, 5], 10, [100, 100, 100]);
    const at = (before: boolean) =>
      [0, 1, 2].map((step) => ({ step, before, kind: 'full', promoted: true }) as const);
    const onRead = cellOf(policyNamed('on read'), history, at(true));
    const every = cellOf(policyNamed('every update'), history, at(false));
    const hindsight = new Hindsight(runOf([cellOf(policyNamed('never'), history, []), onRead, every]));
    const [before, after] = [hindsight.of(onRead).staleness, hindsight.of(every).staleness];
    expect([before.moment, after.moment]).toEqual(['before', 'after']);
    expect(before.best).toMatchObject({ cost: 3, refreshedAtMs: [0, hourMs, 2 * hourMs] });
    expect(after.best.refreshedAtMs).toEqual([0, hourMs]);
    expect(after.best.cost).toBeGreaterThan(before.own);
  });

  it('takes refreshes between two arrivals for what they are', () => {
    const history = historyOf([5, 5, 5], 10, [1, 1, 1]);
    const never = cellOf(policyNamed('never'), history, []);
    const made = { known: 18, learnable: 18, losses: [1] };
    const due = cellOf(policyNamed('due'), history, [
      { step: 2, before: true, kind: 'full', promoted: true, between: made },
    ]);
    const checks = checkHindsight(runOf([never, due]));
    expect(checks.find(({ policy }) => policy === 'due')?.own).toBeCloseTo(1 + 5 / 10 + 10 / 10 + 7 / 18, 12);
  });

  it('counts one that an older release tells no more of as done at the end of the step before', () => {
    const history = historyOf([5, 5, 5], 10, [1, 1, 1]);
    const never = cellOf(policyNamed('never'), history, []);
    const mark = markOf({ step: 2, atMs: 1.5 * hourMs, kind: 'full' });
    const between = { ...never, policy: policyNamed('due'), refreshes: [mark], activeSince: [-1, -1, 1] };
    const checks = checkHindsight(runOf([never, between]));
    expect(checks.find(({ policy }) => policy === 'due')?.own).toBeCloseTo(1 + 5 / 10 + 10 / 10 + 5 / 20, 12);
  });

  it('bills families that are only ever refreshed in full as such', () => {
    const history = historyOf([5, 5, 5, 5], 10, [50, 50, 50, 50]);
    const full = cellOf(policyNamed('full'), history, [
      { step: 1, before: false, kind: 'full', promoted: true },
    ]);
    const never = cellOf(policyNamed('never'), history, []);
    const refreshCost = { seconds: 0, secondsPerRow: 1 };
    const { best } = new Hindsight(runOf([never, full], { refreshCost })).of(never).staleness;
    const learned = [...history.trainingRows];
    const billed = best.refreshedAtMs.reduce((sum, atMs) => sum + (learned[atMs / hourMs + 1] ?? 0), 0);
    expect(best.cost).toBeGreaterThan(billed);
    expect(best.refreshedAtMs.length).toBeGreaterThan(0);
  });

  it('takes labels that were known at several moments of a step from a cell whose model stayed', () => {
    const history = historyOf([10, 10], 10, [4, 4]);
    const never = { ...cellOf(policyNamed('never'), history, []), pendingLabels: [4, 13] };
    const { labelsAtAnswers } = labelTimeline([never], { kind: 'all' }, [], 0);
    expect([...labelsAtAnswers]).toEqual([14, 23]);
  });
});
