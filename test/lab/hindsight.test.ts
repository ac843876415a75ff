import { describe, expect, it } from 'vitest';
import type { CellResult, LossMatrix } from '../../src/lab/cell-result.ts';
import { bestSchedule, type ScheduleProblem } from '../../src/lab/hindsight/best-schedule.ts';
import { checkHindsight } from '../../src/lab/hindsight/check-hindsight.ts';
import { Hindsight } from '../../src/lab/hindsight/hindsight.ts';
import { type LabelTimeline, labelTimeline } from '../../src/lab/hindsight/label-timeline.ts';
import { billedSeconds, changedLabels } from '../../src/lab/hindsight/refresh-bill.ts';
import { firstAnswers } from '../../src/lab/hindsight/refresh-moment.ts';
import { lossProblem, stalenessProblem } from '../../src/lab/hindsight/schedule-problems.ts';
import type { LearningWindow } from '../../src/lab/policy.ts';
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

/** Walks through time under every one of the 2^T schedules. */
function bruteForce({ steps, firstAnswer, stepCost, refreshCost }: ScheduleProblem): number {
  let least = Number.POSITIVE_INFINITY;
  for (let chosen = 0; chosen < 2 ** steps; chosen++) {
    const models = Array.from({ length: steps }, (_, step) => step + 1).filter(
      (model) => (chosen >> (model - 1)) & 1,
    );
    let cost = models.reduce((sum, model, place) => sum + refreshCost(models[place - 1] ?? 0, model), 0);
    for (let step = 0; step < steps; step++) {
      const answering = models.findLast((model) => (firstAnswer[model] ?? steps) <= step) ?? 0;
      cost += stepCost(answering, step);
    }
    least = Math.min(least, cost);
  }
  return least;
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
  return labelTimeline([cellOf(policyNamed('never'), history, [])], { kind: 'all' }, []);
}

describe('the best schedule in hindsight', () => {
  it.each(['before', 'after'] as const)('is that of all 2^T, refreshed %s the answers', (moment) => {
    for (let seed = 1; seed <= 120; seed++) {
      const random = new Random(seed);
      const steps = random.int(1, 9);
      const run = {
        ...runOf([]),
        prices: { cpuSecond: random.pick([0.1, 1, 3]), loss: random.pick([0.2, 1]) },
        refreshCost: { seconds: random.next() * 3, secondsPerRow: random.next() / 20 },
        deployDelayMs: random.pick([0, 0, hourMs / 2, 2 * hourMs, 4 * hourMs]),
      };
      const kinds = random.pick([['incremental'], ['full'], ['incremental', 'full']] as const);
      const setting = { timeline: timelineOf(randomHistory(random, steps)), run, kinds, moment };
      for (const problem of [stalenessProblem(setting), lossProblem(setting, randomMatrix(random, steps))]) {
        const best = bestSchedule(problem);
        expect(best.cost, `seed ${seed}`).toBeCloseTo(bruteForce(problem), 9);
        expect(best.refreshSteps).toEqual([...best.refreshSteps].sort((a, b) => a - b));
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
    expect(bestSchedule(lossProblem(setting, matrix))).toEqual({ cost: 1, refreshSteps: [2] });
  });

  it('does 1,500 steps', () => {
    const steps = 1500;
    const [came, asked] = [new Array<number>(steps).fill(5), new Array<number>(steps).fill(10)];
    const timeline = timelineOf(historyOf(came, 100, asked));
    const setting = { timeline, run: runOf([]), kinds: ['incremental', 'full'] as const };
    const { refreshSteps } = bestSchedule(stalenessProblem({ ...setting, moment: 'after' }));
    const gaps = refreshSteps.map((step, place) => step - (refreshSteps[place - 1] ?? -1));
    // Staleness weighs less as more was learned, so that the gaps grow.
    expect(gaps[0]).toBeLessThan(3);
    expect(gaps.at(-1)).toBeGreaterThan(8);
  });

  it('answers from the first step that is a deploy delay later', () => {
    const atMs = [0, 1, 2, 3, 4, 10].map((hours) => hours * hourMs);
    expect([...firstAnswers(atMs, 'after', 0)]).toEqual([0, 1, 2, 3, 4, 5, 6]);
    expect([...firstAnswers(atMs, 'before', 0)]).toEqual([0, 0, 1, 2, 3, 4, 5]);
    expect([...firstAnswers(atMs, 'after', 2 * hourMs)]).toEqual([0, 2, 3, 4, 5, 5, 6]);
    expect([...firstAnswers(atMs, 'before', 2 * hourMs)]).toEqual([0, 2, 3, 4, 5, 5, 6]);
  });

  it('bills a refresh as what is cheaper of the ways there are', () => {
    const timeline = timelineOf(historyOf([10, 10, 80], 100, [1, 1, 1]));
    const cost = { seconds: 1, secondsPerRow: 0.01 };
    expect(billedSeconds(timeline, cost, ['incremental', 'full'])(0, 2)).toBeCloseTo(1.2, 12);
    expect(billedSeconds(timeline, cost, ['full'])(0, 2)).toBeCloseTo(2.2, 12);
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
      const timeline = labelTimeline([cell], window, [matrix]);
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

function randomRefreshes(random: Random, steps: number, before: boolean): SyntheticRefresh[] {
  const often = random.next();
  return Array.from({ length: steps }, (_, step) => step)
    .filter(() => random.chance(often))
    .map((step) => ({
      step,
      before,
      kind: random.pick(['incremental', 'incremental', 'full', 'none']),
      promoted: random.chance(0.8),
    }));
}

describe('hindsight of a run', () => {
  it('is never beaten by a schedule of the same run, and is reached by its own', () => {
    for (let seed = 1; seed <= 60; seed++) {
      const random = new Random(seed);
      const steps = random.int(5, 40);
      const history = randomHistory(random, steps);
      const matrix = randomMatrix(random, steps);
      const delay = random.pick([0, 0, 2]);
      const cells = [cellOf(policyNamed('never'), history, [], { matrix, delay })];
      for (let policy = 0; policy < 6; policy++) {
        const refreshes = randomRefreshes(random, steps, policy % 2 === 0);
        cells.push(cellOf(policyNamed(`p${policy}`), history, refreshes, { matrix, delay }));
      }
      const refreshCost = { seconds: random.next(), secondsPerRow: random.next() / 50 };
      const deployDelayMs = delay * hourMs;
      const run = runOf(cells, { matrices: [matrix], refreshCost, deployDelayMs });
      expect(checkHindsight(run).filter(({ isBeaten }) => isBeaten)).toEqual([]);
      // The best schedule, replayed, costs what was promised.
      for (const objective of ['loss', 'staleness'] as const) {
        const view = new Hindsight(run).of(cells[0] ?? emptyCell(policyNamed('none'), 1, 0))[objective];
        const kind = 'incremental';
        const done = view?.best.refreshSteps.map(
          (step) => ({ step, before: false, kind, promoted: true }) as const,
        );
        const replayed = cellOf(policyNamed('best'), history, done ?? [], { matrix, delay });
        const [again] = checkHindsight({ ...run, cells: [...cells, replayed] }).filter(
          (check) => check.policy === 'best' && check.objective === objective,
        );
        const isCheapest = cells.some(({ refreshes }) =>
          refreshes.some((mark) => mark.kind === 'incremental'),
        );
        if (isCheapest) expect(again?.own, `seed ${seed}`).toBeCloseTo(view?.best.cost ?? Number.NaN, 9);
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
    expect(before.best).toEqual({ cost: 3, refreshSteps: [0, 1, 2] });
    expect(after.best.refreshSteps).toEqual([0, 1]);
    expect(after.best.cost).toBeGreaterThan(before.own);
  });

  it('counts a refresh between two steps as done at the end of the first', () => {
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
    const billed = best.refreshSteps.reduce((sum, step) => sum + (learned[step + 1] ?? 0), 0);
    expect(best.cost).toBeGreaterThan(billed);
    expect(best.refreshSteps.length).toBeGreaterThan(0);
  });

  it('takes labels that were known at several moments of a step from a cell whose model stayed', () => {
    const history = historyOf([10, 10], 10, [4, 4]);
    const never = { ...cellOf(policyNamed('never'), history, []), pendingLabels: [4, 13] };
    const { labelsAtAnswers } = labelTimeline([never], { kind: 'all' }, []);
    expect([...labelsAtAnswers]).toEqual([14, 23]);
  });
});
