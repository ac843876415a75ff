import { describe, expect, it } from 'vitest';
import type { RunResult } from '../../src/lab/cell-result.ts';
import { checkHindsight } from '../../src/lab/hindsight/check-hindsight.ts';
import type { History } from '../../src/lab/history.ts';
import type { LearningWindow, Schedule } from '../../src/lab/policy.ts';
import { replayCell } from '../../src/lab/replay/replay-cell.ts';
import { summarize } from '../../src/lab/summary/summarize.ts';
import { createTrigger } from '../../src/lab/triggers/create-trigger.ts';
import { runOf } from '../support/lab/synthetic-run.ts';
import { forcedKind } from '../support/open-everview.ts';
import {
  dailyHistory,
  dayMs,
  driftingReadings,
  experimentOf,
  hourMs,
  linearDeclarations,
  policyOf,
  stoppedProcess,
} from '../support/replay-world.ts';

const history = dailyHistory(driftingReadings(11, 9, 6));
const maintenance = forcedKind() ?? 'auto';
const prices = { cpuSecond: 1, loss: 0.001 };
const refreshCost = { seconds: 0.05, secondsPerRow: 0.0002 };
const lossScale = 8;

const schedules: readonly Schedule[] = [
  { kind: 'every-update' },
  { kind: 'never' },
  { kind: 'on-read' },
  // Deadlines between two arrivals, and several of them.
  { kind: 'interval', every: 36 * hourMs },
  { kind: 'interval', every: 7 * hourMs },
  { kind: 'auto' },
];

async function replayed(
  window: LearningWindow,
  deployDelay: number,
  fed: History = history,
): Promise<RunResult> {
  const experiment = experimentOf(linearDeclarations, { prices, refreshCost, deployDelay });
  const runs = [];
  for (const schedule of schedules) {
    const policy = policyOf(schedule, { name: JSON.stringify(schedule), window, maintenance });
    const options = {
      trigger: createTrigger(schedule, { lossPrice: prices.loss }),
      lossScale,
      process: stoppedProcess,
      keepsMatrix: schedule.kind === 'every-update',
    };
    runs.push(await replayCell(experiment, policy, 1, fed, options));
  }
  return runOf(
    runs.map(({ cell }) => cell),
    {
      matrices: runs.flatMap(({ matrix }) => matrix ?? []),
      prices,
      refreshCost,
      lossScale,
      deployDelayMs: deployDelay,
    },
  );
}

const replays = [
  ['all', { kind: 'all' }, 0],
  ['a sliding window', { kind: 'sliding', length: 5 * dayMs }, 0],
  ['a slow deployment', { kind: 'all' }, 36 * hourMs],
] as const satisfies readonly (readonly [string, LearningWindow, number])[];

describe.each(replays)('hindsight of replays over %s', (_, window, deployDelay) => {
  const run = replayed(window, deployDelay);

  it('is never beaten', async () => {
    const checks = checkHindsight(await run);
    expect(checks).toHaveLength(2 * schedules.length);
    expect(checks.filter(({ isBeaten }) => isBeaten)).toEqual([]);
  });

  it('knows of refreshes between two arrivals', async () => {
    const { cells } = await run;
    const between = (every: number): number =>
      cells
        .filter(({ policy: { schedule } }) => schedule.kind === 'interval' && schedule.every === every)
        .flatMap(({ refreshes }) => refreshes.filter((mark) => mark.between !== null)).length;
    expect(between(36 * hourMs)).toBeGreaterThan(0);
    expect(between(7 * hourMs)).toBeGreaterThan(0);
  });

  it('counts what was done as the summary does', async () => {
    const lines = summarize(await run);
    const checks = checkHindsight(await run);
    for (const { policy, cost, hindsight } of lines) {
      const ownOf = (objective: 'loss' | 'staleness') =>
        checks.find((check) => check.policy === policy.name && check.objective === objective)?.own;
      expect(cost.staleness, policy.name).toBeGreaterThanOrEqual(hindsight.staleness - 1e-9);
      expect(ownOf('staleness'), policy.name).toBeCloseTo(cost.staleness, 6);
      expect(ownOf('loss'), policy.name).toBeCloseTo(cost.loss, 6);
    }
  });
});

it('is not beaten by what answers a workload between two arrivals, either', async () => {
  const queries = Array.from({ length: 40 }, (_, place) => ({
    atMs: history.startMs + (place + 1) * 5 * hourMs,
    rows: 3,
    keys: null,
  }));
  const run = await replayed({ kind: 'all' }, 6 * hourMs, { ...history, queries });
  const between = run.cells.flatMap(({ refreshes }) => refreshes.filter((mark) => mark.between !== null));
  expect(between.length).toBeGreaterThan(10);
  const checks = checkHindsight(run);
  expect(checks.filter(({ isBeaten }) => isBeaten)).toEqual([]);
  for (const { policy, cost, hindsight } of summarize(run)) {
    expect(cost.staleness, policy.name).toBeGreaterThanOrEqual(hindsight.staleness - 1e-9);
    const own = checks.find((check) => check.policy === policy.name && check.objective === 'loss')?.own;
    expect(own, policy.name).toBeCloseTo(cost.loss, 6);
  }
});
