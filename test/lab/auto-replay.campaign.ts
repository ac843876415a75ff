import { describe, expect, it } from 'vitest';
import { Everview, rowCostMeter, SimulatedClock } from '../../src/index.ts';
import { Hindsight } from '../../src/lab/hindsight/hindsight.ts';
import type { History } from '../../src/lab/history.ts';
import { refreshSeconds } from '../../src/lab/refresh-cost.ts';
import { policyStatements } from '../../src/lab/replay/policy-statements.ts';
import { replayCell } from '../../src/lab/replay/replay-cell.ts';
import { suggestPolicy } from '../../src/lab/run/suggest-policy.ts';
import { stalenessCost } from '../../src/lab/staleness-cost.ts';
import { runOf } from '../support/lab/synthetic-run.ts';
import { forcedKind } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';
import {
  dailyHistory,
  dayMs,
  driftingReadings,
  experimentOf,
  hourMs,
  linearDeclarations,
  policyOf,
  replayStartMs,
  stoppedProcess,
} from '../support/replay-world.ts';

const maintenance = forcedKind() ?? 'auto';
const lossScale = 8;
const seeds = 8;

/** A history of `days`, with questions at random moments and in bursts, and prices that call for some refreshes. */
function drawn(seed: number, days: number) {
  const random = new Random(seed);
  const queries = random
    .list(random.int(0, 3 * days), () => ({
      atMs: replayStartMs + random.int(1, days * 24 - 1) * hourMs,
      rows: random.int(1, 30),
      keys: null,
    }))
    .sort((a, b) => a.atMs - b.atMs);
  const readings = driftingReadings(seed, days, 5).filter(() => random.chance(0.8));
  const history: History = { ...dailyHistory(readings), queries };
  const experiment = experimentOf(linearDeclarations, {
    prices: { cpuSecond: 1, loss: random.int(1, 12) / 2_000 },
    refreshCost: { seconds: random.int(1, 10) / 20, secondsPerRow: random.int(0, 4) / 10_000 },
  });
  return { history, experiment };
}

async function replayed(seed: number, days: number) {
  const { history, experiment } = drawn(seed, days);
  const policy = policyOf({ kind: 'auto' }, { maintenance });
  const { cell } = await replayCell(experiment, policy, seed, history, {
    trigger: null,
    lossScale,
    process: stoppedProcess,
  });
  const { declarations, model, prices, refreshCost } = experiment;
  const run = runOf([cell], { declarations, model, prices, refreshCost, lossScale });
  return { cell, run, experiment };
}

describe('auto, by the rule of the engine itself', () => {
  it('stays within twice the best schedule in hindsight, a refresh, and what single steps jumped over', async () => {
    let refreshes = 0;
    for (let seed = 1; seed <= seeds; seed++) {
      const { cell, run, experiment } = await replayed(seed, 16);
      const { own, best, moment } = new Hindsight(run).of(cell).staleness;
      const costs = cell.answers.map((answers, step) => {
        const learned = cell.labels[cell.activeSince[step] ?? -1] ?? cell.labelsAtStart;
        return stalenessCost(answers, cell.pendingLabels[step] ?? 0, learned, run.prices.loss, lossScale);
      });
      const kind = maintenance === 'full' ? 'full' : 'incremental';
      const most = refreshSeconds(experiment.refreshCost, kind, 400, 600);
      expect(moment, `seed ${seed}`).toBe('after');
      expect(own, `seed ${seed}`).toBeGreaterThanOrEqual(best.cost - 1e-9);
      const jump = Math.max(...costs);
      expect(own, `seed ${seed}`).toBeLessThanOrEqual((2 + jump / most) * best.cost + most);
      const marks = cell.refreshes.slice(1);
      expect(marks.every(({ because }) => because === 'staleness-cost')).toBe(true);
      refreshes += marks.length;
    }
    expect(refreshes).toBeGreaterThan(2.5 * seeds);
  });

  it('charges what the laboratory counts, and refreshes in the steps in which that pays for it', async () => {
    const { history, experiment } = drawn(3, 16);
    const { cell } = await replayed(3, 16);
    const plain = { ...history, queries: [] };
    const policy = policyOf({ kind: 'auto' }, { maintenance });
    const options = { trigger: null, lossScale, process: stoppedProcess };
    const quiet = (await replayCell(experiment, policy, 3, plain, options)).cell;
    expect(quiet.refreshes.length).toBeLessThan(cell.refreshes.length);
    // Step by step: what was charged since the last refresh reaches its bill in the step of the next.
    const { prices, refreshCost } = experiment;
    let [waited, last] = [0, -1];
    for (const [step, answers] of quiet.answers.entries()) {
      const learned = last < 0 ? quiet.labelsAtStart : (quiet.labels[last] ?? 0);
      waited += stalenessCost(answers, quiet.pendingLabels[step] ?? 0, learned, prices.loss, lossScale);
      const mark = quiet.refreshes.find((one) => one.step === step);
      if (mark === undefined) continue;
      const bill = refreshSeconds(
        refreshCost,
        mark.kind === 'full' ? 'full' : 'incremental',
        mark.changedRows,
        mark.trainingRows,
      );
      // What a refresh costs is learned from those before.
      expect(waited).toBeGreaterThan(0.5 * bill);
      [waited, last] = [0, step];
    }
    expect(quiet.outsideBound.every((answers) => answers === 0)).toBe(true);
  });

  it('is suggested as a statement that the engine takes, and that does what was measured', async () => {
    const { run, experiment, cell } = await replayed(5, 16);
    const { suggested } = suggestPolicy(run, { basis: 'billed' });
    expect(suggested?.statements).toEqual(policyStatements(cell.policy, experiment, lossScale));
    expect(suggested?.statements.join()).toContain('PER SHARE');
    const { history } = drawn(5, 16);
    const clock = new SimulatedClock(history.startMs);
    const { seconds, secondsPerRow } = experiment.refreshCost;
    const meter = { start: () => (rows: number) => 1_000 * (seconds + secondsPerRow * rows) };
    const refresh = forcedKind();
    await using db = await Everview.open(':memory:', {
      ...{ clock, meter, threads: 1 },
      ...(refresh === undefined ? {} : { refresh }),
    });
    await db.sql(experiment.declarations);
    await db.execute("ALTER TRAINING SET examples SET (label_delay = INTERVAL '1 day')");
    for (const statement of suggested?.statements ?? []) await db.execute(statement);
    for (const { table, rows } of history.initial) await db.insert(table, rows);
    await db.refresh('m');
    const refreshed: number[] = [];
    let asked = 0;
    for (const { atMs, tables } of history.arrivals) {
      for (; (history.queries[asked]?.atMs ?? Number.POSITIVE_INFINITY) <= atMs; asked++) {
        clock.setTo(history.queries[asked]?.atMs ?? atMs);
        await db.query(
          `SELECT * FROM PREDICT(m, (SELECT * FROM readings ORDER BY taken DESC LIMIT ${history.queries[asked]?.rows}))`,
        );
      }
      const from = history.arrivals[history.arrivals.findIndex((one) => one.atMs === atMs) - 1]?.atMs;
      clock.setTo(atMs);
      for (const { table, rows } of tables) await db.insert(table, rows);
      await db.query('SELECT * FROM PREDICT(m, (SELECT * FROM readings WHERE taken > $1))', [
        new Date(from ?? history.startMs),
      ]);
      if ((await db.step()) > 0) refreshed.push(atMs);
    }
    expect(refreshed).toEqual(cell.refreshes.slice(1).map(({ atMs }) => atMs));
  });
});

describe('the account of a model', () => {
  it('counts labels that have come of age, as the laboratory does', async () => {
    const clock = new SimulatedClock(replayStartMs);
    await using db = await Everview.open(':memory:', { clock, meter: rowCostMeter, threads: 1 });
    await db.sql(`${linearDeclarations}
      ALTER TRAINING SET examples SET (label_delay = INTERVAL '1 day');
      ALTER MODEL m SET (staleness_price = 1 PER SHARE)`);
    const readings = driftingReadings(1, 4, 10);
    const until = (ms: number) => readings.filter(({ taken }) => taken.getTime() <= ms);
    await db.insert('readings', until(replayStartMs));
    await db.refresh('m');
    const ask = async () => {
      const before = await cost();
      await db.query('SELECT * FROM PREDICT(m, (SELECT * FROM readings LIMIT 1))');
      return (await cost()) - before;
    };
    const cost = async () => {
      const { rows } = await db.execute('EXPLAIN REFRESH m');
      const told = rows.find(({ property }) => property === 'staleness has cost')?.value;
      return told === undefined ? 0 : Number.parseFloat(String(told));
    };
    // Nine days were learned; the labels of the tenth come of age in the day after.
    expect(await ask()).toBe(0);
    clock.advanceMs(12 * hourMs);
    expect(await ask()).toBeCloseTo((1_000 * 12) / 216, 1);
    clock.advanceMs(12 * hourMs);
    await db.insert('readings', until(replayStartMs + dayMs).slice(240));
    expect(await ask()).toBeCloseTo((1_000 * 24) / 216, 1);
    clock.advanceMs(dayMs);
    expect(await ask()).toBeCloseTo((1_000 * 48) / 216, 1);
    expect(await db.step()).toBe(1);
    expect(await ask()).toBe(0);
  });
});
