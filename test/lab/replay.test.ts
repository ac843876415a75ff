import { describe, expect, it } from 'vitest';
import type { CellResult } from '../../src/lab/cell-result.ts';
import type { Experiment } from '../../src/lab/experiment.ts';
import type { History } from '../../src/lab/history.ts';
import type { Schedule } from '../../src/lab/policy.ts';
import { replayCell } from '../../src/lab/replay/replay-cell.ts';
import { renderHtmlReport } from '../../src/lab/report/html-report.ts';
import { summarize } from '../../src/lab/summary/summarize.ts';
import type { Observation, RefreshTrigger, TriggerDecision } from '../../src/lab/trigger.ts';
import { everyOther, firstOf, longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { runOf } from '../support/lab/synthetic-run.ts';
import { fitReference } from '../support/least-squares-reference.ts';
import { forcedKind } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';
import {
  dailyHistory,
  dayMs,
  driftingReadings,
  experimentOf,
  hourMs,
  linearDeclarations,
  logisticDeclarations,
  policyOf,
  type Reading,
  replayStartMs,
  stoppedProcess,
} from '../support/replay-world.ts';

const days = 8;
const linear = experimentOf(linearDeclarations);
const logistic = experimentOf(logisticDeclarations);
const readings = driftingReadings(11, days, 10);
const history = dailyHistory(readings);

const never: Schedule = { kind: 'never' };
const everyUpdate: Schedule = { kind: 'every-update' };
const onRead: Schedule = { kind: 'on-read' };
const threeDays: Schedule = { kind: 'interval', every: 3 * dayMs };
/** Any schedule that a trigger keeps. */
const triggered: Schedule = { kind: 'budget', refreshes: 1, per: dayMs };

const stay: TriggerDecision = { refresh: false };
const silent: RefreshTrigger = { observe: () => stay, refreshed: () => {} };

/** Refreshes at every n-th step, and keeps what it was shown. */
function everyNth(n: number): RefreshTrigger & { readonly seen: Observation[] } {
  const seen: Observation[] = [];
  return {
    seen,
    observe(shown) {
      seen.push(shown);
      return seen.length % n === 0 ? { refresh: true, because: `step ${seen.length}` } : stay;
    },
    refreshed() {},
  };
}

type Run = {
  readonly trigger?: RefreshTrigger;
  readonly experiment?: Experiment;
  readonly history?: History;
};

/** Of the plain experiments, made once for all tests: a replay is the same each time. */
const plainRuns = new Map<string, Promise<CellResult>>();

function plain(schedule: Schedule, experiment: Experiment = linear): Promise<CellResult> {
  const key = JSON.stringify([schedule, experiment]);
  const cell = plainRuns.get(key) ?? replayed(schedule, { experiment });
  plainRuns.set(key, cell);
  return cell;
}

async function replayed(schedule: Schedule, run: Run = {}): Promise<CellResult> {
  const policy = policyOf(schedule, { maintenance: forcedKind() ?? 'auto' });
  const { cell } = await replayCell(run.experiment ?? linear, policy, 1, run.history ?? history, {
    trigger: run.trigger ?? null,
    lossScale: 1,
    process: stoppedProcess,
  });
  return cell;
}

function shuffled<T>(random: Random, list: readonly T[]): T[] {
  return random.sample(list, list.length);
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}

/** Summed absolute error on the readings of each day of a ridge fitted to all whose label is known at a moment. */
function independentLosses(knownAtMs: (day: number) => number): number[] {
  return Array.from({ length: days }, (_, day) => {
    const untilMs = knownAtMs(day) - history.labelDelayMs;
    const asRow = ({ x, z, kind, y }: Reading) => ({ numeric: [x, z], categories: [kind], y });
    const known = readings.filter(({ taken }) => taken.getTime() <= untilMs).map(asRow);
    const fit = fitReference(known, { l2: 1, standardize: true, binary: [false, false] });
    const fromMs = replayStartMs + day * dayMs;
    const arrived = readings.filter(
      ({ taken }) => taken.getTime() > fromMs && taken.getTime() <= fromMs + dayMs,
    );
    return total(arrived.map(asRow).map((row) => Math.abs(fit.predict(row) - row.y)));
  });
}

describe('replayCell', () => {
  longTests(() => {
    it('gives the same in each run, but for what it measures', async () => {
      const experiment = { ...logistic, slice: 'kind' };
      const [one, other] = [everyNth(3), everyNth(3)];
      const cell = await replayed(triggered, { experiment, trigger: one });
      expect(await replayed(triggered, { experiment, trigger: other })).toEqual(cell);
      expect(other.seen).toEqual(one.seen);
      expect(cell).toMatchObject({ task: 'class', loss: 'zero-one', rows: Array(days).fill(24) });
      expect(cell.slices.map(({ value }) => value)).toEqual(['a', 'b', 'c']);
      expect(total(cell.slices.map(({ rows }) => rows))).toBe(24 * days);
      expect(total(cell.slices.map(({ lossSum }) => lossSum))).toBe(total(cell.lossSum));
    });
  });

  it.each(
    firstOf(
      everyOther([
        ['on read', onRead, (day: number) => replayStartMs + (day + 1) * dayMs],
        ['on every update', everyUpdate, (day: number) => replayStartMs + day * dayMs],
        ['never', never, () => replayStartMs],
      ] as const),
    ),
  )('%s: what answers equals a fit of exactly the labels known then', async (_, schedule, knownAt) => {
    const { lossSum } = await plain(schedule);
    for (const [day, expected] of independentLosses(knownAt).entries())
      expect(lossSum[day], `day ${day}`).toBeCloseTo(expected, 8);
  });

  longTests(() => {
    it('is the same at another time', async () => {
      const byMs = 400 * dayMs + 5 * hourMs;
      const moved = readings.map((row) => ({ ...row, taken: new Date(row.taken.getTime() + byMs) }));
      const cell = await plain(threeDays);
      const other = await replayed(threeDays, { history: dailyHistory(moved, 'readings', byMs) });
      const back = (atMs: number) => atMs - byMs;
      expect({
        ...other,
        atMs: other.atMs.map(back),
        refreshes: other.refreshes.map((mark) => ({ ...mark, atMs: back(mark.atMs) })),
      }).toEqual(cell);
    });

    it('is as accurate when every row comes twice', async () => {
      const declarations = linearDeclarations.replace("method = 'ridge'", "method = 'linear'");
      const experiment = experimentOf(declarations);
      const twice = readings.flatMap((row) => [row, { ...row, id: row.id + 1_000_000 }]);
      const once = await replayed(threeDays, { experiment });
      const cell = await replayed(threeDays, { experiment, history: dailyHistory(twice) });
      expect(cell.rows).toEqual(once.rows.map((rows) => 2 * rows));
      for (const [step, lossSum] of cell.lossSum.entries())
        expect(lossSum / 2).toBeCloseTo(once.lossSum[step] ?? Number.NaN, 9);
      expect(cell.refreshes.map(({ atMs }) => atMs)).toEqual(once.refreshes.map(({ atMs }) => atMs));
    });

    it('is the same however the rows of a batch are ordered', async () => {
      const random = new Random(5);
      const permuted: History = {
        ...history,
        arrivals: history.arrivals.map(({ atMs, tables }) => ({
          atMs,
          tables: tables.map(({ table, rows }) => ({ table, rows: shuffled(random, rows) })),
        })),
      };
      const { lossSum, ...cell } = await plain(everyUpdate);
      const { lossSum: other, ...rest } = await replayed(everyUpdate, { history: permuted });
      expect(rest).toEqual(cell);
      for (const [step, loss] of lossSum.entries()) expect(other[step]).toBeCloseTo(loss, 10);
    });

    it.each(
      everyOther([
        ['number', linear],
        ['class', logistic],
      ]),
    )('equals "never" bit for bit where a trigger never fires (%s)', async (_, experiment) => {
      const { policy: asked, ...cell } = await plain(never, experiment);
      const { policy, ...silenced } = await replayed(triggered, { experiment, trigger: silent });
      expect(silenced).toEqual(cell);
      expect(policy.schedule).not.toEqual(asked.schedule);
      expect(cell.refreshes.map(({ because }) => because)).toEqual(['warm-up']);
      expect(cell.activeSince).toEqual(Array(days).fill(-1));
    });
  });

  it('knows nothing of a label before it arrives', async () => {
    const changedFrom = replayStartMs + 4 * dayMs;
    const changed = readings.map((row) => (row.taken.getTime() > changedFrom ? { ...row, y: 1_000 } : row));
    const [honest, planted] = [everyNth(2), everyNth(2)];
    const cell = await replayed(triggered, { trigger: honest });
    const other = await replayed(triggered, { trigger: planted, history: dailyHistory(changed) });
    expect(other.lossSum.slice(0, 4)).toEqual(cell.lossSum.slice(0, 4));
    // At step 4 the changed rows are there, and what is known of them has no label.
    expect(planted.seen.slice(0, 5)).toEqual(honest.seen.slice(0, 5));
    expect(planted.seen[5]).not.toEqual(honest.seen[5]);
  });

  longTests(() => {
    it('gains nothing by a feature that tells the label of its own row', async () => {
      const random = new Random(3);
      // Each key comes once: who has learned its row's label knows it by heart, and who has not knows nothing.
      const keyed = driftingReadings(3, 3, 2).map((row) => ({
        ...row,
        kind: `k${row.id}`,
        x: 0,
        z: 0,
        y: random.chance(0.5) ? 10 : -10,
      }));
      const experiment = experimentOf(linearDeclarations.replace("'ridge'", "'ridge', l2 = 0.001"));
      const planted = dailyHistory(keyed);
      const cell = await replayed(onRead, { experiment, history: planted });
      expect(total(cell.lossSum) / total(cell.rows)).toBeGreaterThan(8);
      // As it would if labels were known with their rows.
      const leaking = await replayed(onRead, { experiment, history: { ...planted, labelDelayMs: 0 } });
      expect(total(leaking.lossSum) / total(leaking.rows)).toBeLessThan(1);
    });

    it.each(
      everyOther([
        ['number', linear],
        ['class', logistic],
      ] as const),
    )('answers within every bound that is enforced (%s)', async (_, experiment) => {
      const enforced: Schedule[] = [
        { kind: 'rows', rows: 60 },
        threeDays,
        { kind: 'max-effect', effect: 0.05 },
      ];
      for (const schedule of enforced) {
        const cell = await plain(schedule, experiment);
        expect(total(cell.outsideBound), schedule.kind).toBe(0);
        expect(cell.refreshes.length, schedule.kind).toBeGreaterThan(2);
      }
      const cell = await plain({ kind: 'rows', rows: 60 }, experiment);
      expect(Math.max(...cell.staleRows)).toBe(48);
      expect(cell.activeSince).toEqual([-1, -1, 2, 2, 2, 5, 5, 5]);
      expect(cell.pendingLabels).toEqual([24, 48, 0, 24, 48, 0, 24, 48]);
    });

    it('keeps an interval that is shorter than the time between two arrivals', async () => {
      const every = 7 * hourMs;
      const { refreshes } = await replayed({ kind: 'interval', every });
      // A label comes of age each hour, and the interval counts from there.
      const gaps = refreshes.slice(2).map(({ atMs }, place) => atMs - (refreshes[place + 1]?.atMs ?? 0));
      expect(gaps.length).toBeGreaterThan(3 * (days - 1) - 2);
      expect(Math.min(...gaps)).toBeGreaterThanOrEqual(every);
      expect(Math.max(...gaps)).toBeLessThanOrEqual(every + hourMs);
    });
  });

  it('refreshes at the deadline itself, between two arrivals', async () => {
    const cell = await replayed({ kind: 'interval', every: 36 * hourMs });
    const [warmUp, first] = cell.refreshes;
    expect(warmUp).toMatchObject({ step: -1, reason: 'first-build', because: 'warm-up', trainingRows: 216 });
    // Stale since the first label that became known after the warm-up, half an hour into it.
    expect(first).toMatchObject({
      atMs: replayStartMs + 36.5 * hourMs,
      step: 1,
      because: 'deadline',
      changedRows: 37,
    });
    expect(first?.dataToModelMs).toBe(0);
    expect(cell.activeSince.slice(0, 2)).toEqual([-1, 0]);
  });

  it('records each refresh that a trigger asks for', async () => {
    const trigger = everyNth(3);
    const cell = await replayed(triggered, { trigger });
    expect(cell.refreshes.map(({ step, because }) => [step, because])).toEqual([
      [-1, 'warm-up'],
      [2, 'step 3'],
      [5, 'step 6'],
    ]);
    expect(cell.refreshes[1]).toMatchObject({
      changedRows: 72,
      trainingRows: 216 + 72,
      promoted: true,
      modelVersion: 2,
    });
    expect(cell.refreshes[1]?.rowsScanned).toBeGreaterThanOrEqual(72);
    expect(cell.activeSince).toEqual([-1, -1, -1, 2, 2, 2, 5, 5]);
    expect(cell.labelsAtStart).toBe(216);
    expect(cell.labels).toEqual(Array.from({ length: days }, (_, step) => 216 + 24 * (step + 1)));
    const shown = trigger.seen.map(({ pendingLabels, trainingRows, losses, answers }) => {
      return [pendingLabels, trainingRows, losses.length, answers];
    });
    expect(shown.slice(0, 5)).toEqual([
      [24, 216, 0, 24],
      [48, 216, 24, 24],
      [72, 216, 24, 24],
      [24, 288, 24, 24],
      [48, 288, 24, 24],
    ]);
    expect(total([...(trigger.seen[1]?.losses ?? [])])).toBeCloseTo(cell.lossSum[0] ?? Number.NaN, 9);
    // Of what arrives with a label, the model before said something once there were two.
    expect(trigger.seen.map(({ supersededLosses }) => supersededLosses?.length ?? null)).toEqual([
      null,
      null,
      null,
      null,
      24,
      24,
      24,
      24,
    ]);
    expect(total([...(trigger.seen[4]?.supersededLosses ?? [])])).toBeCloseTo(
      (await plain(never)).lossSum[3] ?? Number.NaN,
      9,
    );
    // After the second refresh it is the first one's model that was superseded.
    let steps = 0;
    const onlyFirst: RefreshTrigger = {
      observe: () => (++steps === 3 ? { refresh: true, because: 'once' } : stay),
      refreshed: () => {},
    };
    const { lossSum } = await replayed(triggered, { trigger: onlyFirst });
    expect(total([...(trigger.seen[7]?.supersededLosses ?? [])])).toBeCloseTo(lossSum[6] ?? Number.NaN, 9);
    expect(trigger.seen[0]?.features.map(({ name, kind }) => [name, kind])).toEqual([
      ['x', 'number'],
      ['z', 'number'],
      ['kind', 'category'],
    ]);
  });

  longTests(() => {
    it('tells a trigger the price of the kind of refresh that the model last had', async () => {
      // So small a bound on the effect that the change alone is never proved good enough.
      const declarations = logisticDeclarations.replace("'logistic'", "'logistic', max_effect = 1e-12");
      const experiment = experimentOf(declarations, { refreshCost: { seconds: 0, secondsPerRow: 1 } });
      const trigger = everyNth(3);
      const cell = await replayed(triggered, { experiment, trigger });
      const last = cell.refreshes[1];
      expect(last).toMatchObject({ kind: 'full', step: 2 });
      const isFullAtFirst = forcedKind() === 'full';
      const learned = 216 + 24 * 2;
      expect(trigger.seen[1]?.refreshCost).toBe(isFullAtFirst ? learned : 24 * 2);
      // All that is known by then; by increments it would be what came since.
      expect(trigger.seen[3]?.refreshCost).toBe(learned + 24 * 2);
    });

    it('lets a model answer only once it is deployed', async () => {
      const experiment = { ...linear, deployDelay: 36 * hourMs };
      const cell = await replayed(triggered, { experiment, trigger: everyNth(2) });
      // Refreshed after steps 1, 3, 5, 7 and deployed in the middle of the second day after.
      expect(cell.activeSince).toEqual([-1, -1, -1, 1, 1, 3, 3, 5]);
      expect(cell.refreshes.map(({ promoted }) => promoted)).toEqual([true, true, true, true, false]);
      expect(cell.refreshes[1]?.dataToModelMs).toBe(36.5 * hourMs);
      const instant = await replayed(triggered, { trigger: everyNth(2) });
      expect(cell.lossSum[3]).toBe(instant.lossSum[3]);
      expect(cell.lossSum[2]).toBe((await plain(never)).lossSum[2]);
      // What a refresh cannot deploy in time is answered beyond the bound, and says so.
      const bounded = await replayed({ kind: 'rows', rows: 30 }, { experiment });
      expect(total(bounded.outsideBound)).toBeGreaterThan(0);
    });

    it('asks what the workload asks, and refreshes for it', async () => {
      const queries = Array.from({ length: 4 * days }, (_, place) => ({
        atMs: replayStartMs + (place + 1) * 6 * hourMs,
        rows: 2,
        keys: place % 2 === 0 ? null : ['a', 'b'],
      }));
      const experiment = experimentOf(linearDeclarations, {
        workload: { kind: 'skewed', every: '6 hours', key: 'kind' },
      });
      const cell = await replayed(onRead, { experiment, history: { ...history, queries } });
      expect(cell.answers).toEqual(Array(days).fill(24 + 8));
      expect(cell.refreshes.filter(({ because }) => because === 'read')).toHaveLength(5 * days);
      const stale = await replayed(never, { experiment, history: { ...history, queries } });
      expect(stale.lossSum).toEqual((await plain(never)).lossSum);
      // 24 answers at the end of the day and two at each quarter of it, when labels of a quarter more were known.
      expect(stale.pendingLabels[0]).toBe((24 * 24 + 2 * (6 + 12 + 18 + 24)) / 32);
    });
  });

  it('keeps gates, and what failed them never answers', async () => {
    const gated = linearDeclarations
      .replace('event_time = taken) AS', "event_time = taken, holdout = INTERVAL '2 days') AS")
      .replace("method = 'ridge'", "method = 'ridge', gate = (rmse <= 6.0)");
    const cell = await replayed(everyUpdate, { experiment: experimentOf(gated) });
    expect(cell.refreshes.map(({ promoted }) => promoted)).toContain(false);
    const answered = cell.refreshes.filter(({ promoted }) => promoted).map(({ step }) => step);
    expect(cell.activeSince.every((step) => answered.includes(step))).toBe(true);
  });

  longTests(() => {
    it('tells a trigger whether what it asked for came to answer', async () => {
      const gated = linearDeclarations
        .replace('event_time = taken) AS', "event_time = taken, holdout = INTERVAL '2 days') AS")
        .replace("method = 'ridge'", "method = 'ridge', gate = (rmse <= 8.0)");
      const told: boolean[] = [];
      const shown = everyNth(1);
      const trigger: RefreshTrigger = { ...shown, refreshed: (promoted) => told.push(promoted) };
      const cell = await replayed(triggered, { experiment: experimentOf(gated), trigger });
      const asked = cell.refreshes.slice(1).map(({ promoted }) => promoted);
      expect(new Set(asked)).toEqual(new Set([true, false]));
      expect(told).toEqual(asked);
      // Rows are told as answered by the last that was promoted, a step later, when their labels are known.
      const promotedBefore = (step: number) => asked.slice(0, Math.max(0, step)).filter(Boolean).length;
      expect(shown.seen.map(({ answeredBy }) => answeredBy[0] ?? null)).toEqual(
        asked.map((_, step) => (step === 0 ? null : promotedBefore(step - 1))),
      );
    });

    it('goes on with the model before where a window runs empty, and says so', async () => {
      const silentFrom = replayStartMs + dayMs;
      const heard = readings.filter(
        ({ taken }) => taken.getTime() <= silentFrom || taken.getTime() > silentFrom + 4 * dayMs,
      );
      const window = { kind: 'sliding', length: 2 * dayMs } as const;
      const gapped = async (schedule: Schedule) => {
        const policy = policyOf(schedule, { window, maintenance: forcedKind() ?? 'auto' });
        const options = { trigger: null, lossScale: 1, process: stoppedProcess };
        return (await replayCell(linear, policy, 1, dailyHistory(heard), options)).cell;
      };
      const cell = await gapped(onRead);
      expect(cell.rows).toEqual([24, 24, 24, 24]);
      // Of what arrives after four silent days no label is known, and all that were have left the window.
      expect(cell.withoutModel).toEqual([0, 24, 0, 0]);
      expect(cell.outsideBound).toEqual([0, 24, 0, 0]);
      expect(cell.refreshes.map(({ reason }) => reason)).toContain('too-few-rows');
      // The model before learned the two days up to the start of the replay.
      const within = (fromMs: number, untilMs: number) =>
        heard
          .filter(({ taken }) => taken.getTime() > fromMs && taken.getTime() <= untilMs)
          .map(({ x, z, kind, y }) => ({ numeric: [x, z], categories: [kind], y }));
      const learned = within(replayStartMs - 2 * dayMs, replayStartMs);
      const fit = fitReference(learned, { l2: 1, standardize: true, binary: [false, false] });
      const asked = within(silentFrom + 4 * dayMs, silentFrom + 5 * dayMs);
      expect(cell.lossSum[1]).toBeCloseTo(total(asked.map((row) => Math.abs(fit.predict(row) - row.y))), 8);
      const run = runOf([cell]);
      expect(summarize(run)[0]?.withoutModel).toBe(24 / 96);
      expect(renderHtmlReport(run, summarize(run))).toContain('held no row to learn from');
      for (const schedule of [threeDays, everyUpdate, never])
        expect((await gapped(schedule)).rows).toEqual(cell.rows);
    });
  });

  it('says what an experiment lacks', async () => {
    const none = { ...history, initial: [] };
    expect((await failureOf(replayed(never, { history: none }))).code).toBe('no-model-version');
    const wrong = experimentOf(linearDeclarations, { loss: 'log' });
    expect(await failureOf(replayed(never, { experiment: wrong }))).toMatchObject({
      code: 'invalid-option',
      hint: 'of a number it is absolute or squared',
    });
    expect((await failureOf(replayed(triggered))).message).toBe('policy "budget" needs a trigger');
    const timeless = experimentOf(linearDeclarations.replace(', event_time = taken) AS', ') AS'));
    expect((await failureOf(replayed(never, { experiment: timeless }))).code).toBe('invalid-definition');
  });
});
