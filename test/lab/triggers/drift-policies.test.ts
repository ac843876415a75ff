import { describe, expect, it } from 'vitest';
import { depth, firstOf, longTests } from '../../support/depth.ts';
import type { ScheduleInput } from '../../support/drift-streams.ts';
import {
  drawLevel,
  lossStreamNames,
  observationOf,
  rowsToAlarmOnFeatures,
  rowsToAlarmOnLoss,
  triggerOf,
  type ValueStream,
  valueStreams,
} from '../../support/drift-streams.ts';
import { Random } from '../../support/random.ts';

const batches = [1, 24, 137];

/** Most alarms that `trials` give by chance at this rate, but for one case in a thousand. */
function mostByChance(trials: number, rate: number): number {
  let term = (1 - rate) ** trials;
  let below = term;
  let most = 0;
  while (below < 0.999) {
    most++;
    term *= (((trials - most + 1) / most) * rate) / (1 - rate);
    below += term;
  }
  return most;
}

const mixed: ValueStream[] = [valueStreams.normal, valueStreams['heavy tails'], valueStreams['some missing']];

describe('a stream without drift', () => {
  const rows = 1600;
  const runs = depth(15, 30);
  const perStream = depth(6, 12);

  // Chance of any alarm from one refresh to the next; for page-hinkley rows over the mean distance of two, for skewed ones.
  it.each(
    firstOf<[ScheduleInput, number]>([
      [{ kind: 'live-loss' }, 0.01],
      [{ kind: 'live-loss', falseAlarms: 0.2 }, 0.2],
      [{ kind: 'page-hinkley' }, rows / 500_000],
      // Chance per test: all that are made are counted.
      [{ kind: 'adwin' }, 1 - (1 - 0.002) ** (rows / 32)],
      [{ kind: 'kswin' }, 1 - (1 - 0.005) ** (rows / 100 - 2)],
    ]),
  )('triggers %j over losses no more often than stated', (schedule, rate) => {
    let alarms = 0;
    for (const name of lossStreamNames)
      for (let seed = 1; seed <= perStream; seed++) {
        const feed = { random: new Random(seed), rows, batch: batches[seed % 3] ?? 1, changeAt: null };
        if (rowsToAlarmOnLoss(triggerOf(schedule), valueStreams[name], feed) !== null) alarms++;
      }
    expect(alarms).toBeLessThanOrEqual(mostByChance(perStream * lossStreamNames.length, rate));
  });

  longTests(() => {
    it.each<[ScheduleInput, number]>([
      [{ kind: 'psi', threshold: 1e-9, falseAlarms: 0.1 }, 0.1],
      [{ kind: 'psi' }, 0.01],
      [{ kind: 'ks', falseAlarms: 0.1 }, 0.1],
      [{ kind: 'adwin', on: 'features' }, 1 - (1 - 0.002) ** (rows / 32)],
      [{ kind: 'kswin', on: 'features' }, 1 - (1 - 0.005) ** (rows / 100 - 2)],
    ])('triggers %j over five features no more often than stated', (schedule, rate) => {
      let alarms = 0;
      for (let seed = 1; seed <= runs; seed++) {
        const feed = { random: new Random(seed), rows, batch: batches[seed % 3] ?? 1, changeAt: null };
        if (rowsToAlarmOnFeatures(triggerOf(schedule), mixed, 2, feed) !== null) alarms++;
      }
      expect(alarms).toBeLessThanOrEqual(mostByChance(runs, rate));
    });
  });
});

describe('a change', () => {
  const streams = depth(10, 20);
  const changeAt = 1000;

  /** Streams in which it was found within so many rows, and not before it was there. */
  function foundWithin(most: number, run: (seed: number, rows: number) => number | null): number {
    let found = 0;
    for (let seed = 1; seed <= streams; seed++) {
      const alarm = run(seed, changeAt + most);
      if (alarm !== null && alarm > changeAt) found++;
    }
    return found;
  }

  it.each<[ScheduleInput, keyof typeof valueStreams, number]>([
    [{ kind: 'live-loss' }, 'normal', 200],
    [{ kind: 'live-loss' }, 'wrong at 0.2', 450],
    [{ kind: 'live-loss' }, 'heavy tails', 200],
    [{ kind: 'adwin' }, 'normal', 200],
    [{ kind: 'adwin' }, 'wrong at 0.2', 300],
    [{ kind: 'page-hinkley' }, 'normal', 100],
    [{ kind: 'page-hinkley' }, 'wrong at 0.2', 250],
    [{ kind: 'kswin' }, 'normal', 200],
  ])('is found by %j in losses %s within %d labels, in 9 of 10 streams', (schedule, name, most) => {
    const found = foundWithin(most, (seed, rows) =>
      rowsToAlarmOnLoss(triggerOf(schedule), valueStreams[name], {
        random: new Random(seed),
        rows,
        batch: 10,
        changeAt,
      }),
    );
    expect(found).toBeGreaterThanOrEqual(0.9 * streams);
  });

  it.each<[ScheduleInput, ValueStream[], number, number]>([
    [{ kind: 'psi' }, mixed, 2, 200],
    [{ kind: 'psi' }, [], 3, 700],
    [{ kind: 'ks' }, mixed, 2, 200],
    [{ kind: 'ks' }, [], 3, 700],
    [{ kind: 'adwin', on: 'features' }, mixed, 2, 250],
    [{ kind: 'adwin', on: 'features' }, [], 3, 600],
    [{ kind: 'kswin', on: 'features' }, mixed, 2, 200],
  ])('of one feature is found by %j in 9 of 10 streams', (schedule, numbers, categories, most) => {
    const found = foundWithin(most, (seed, rows) =>
      rowsToAlarmOnFeatures(triggerOf(schedule), numbers, categories, {
        random: new Random(seed),
        rows,
        batch: 20,
        changeAt,
      }),
    );
    expect(found).toBeGreaterThanOrEqual(0.9 * streams);
  });
});

describe('an alarm', () => {
  const losses = (rate: number, count: number, random: Random) =>
    Float64Array.from({ length: count }, () => (random.chance(rate) ? 1 : 0));
  const kinds = ['live-loss', 'adwin', 'page-hinkley'] as const;

  it.each(kinds)('of %s is not raised by a loss that falls, nor by the losses of models before', (kind) => {
    const random = new Random(1);
    const trigger = triggerOf({ kind });
    for (let step = 0; step < 40; step++) {
      const seen = observationOf({ losses: losses(step < 20 ? 0.6 : 0.1, 50, random) });
      expect(trigger.observe(seen).refresh).toBe(false);
    }
    trigger.refreshed(true);
    for (let step = 0; step < 40; step++) {
      const seen = observationOf({ losses: losses(step < 20 ? 0.1 : 0.9, 50, random) });
      expect(trigger.observe(seen).refresh).toBe(false);
    }
  });

  it.each(kinds)('of %s stands until there is something to learn, and ends with the refresh', (kind) => {
    const random = new Random(1);
    const trigger = triggerOf({ kind });
    for (let step = 0; step < 40; step++) {
      const seen = observationOf({ losses: losses(step < 20 ? 0.1 : 0.8, 50, random), pendingLabels: 0 });
      expect(trigger.observe(seen)).toEqual({ refresh: false });
    }
    const decision = trigger.observe(observationOf({ pendingLabels: 3 }));
    expect(decision).toEqual({ refresh: true, because: expect.stringMatching(/^the loss /) });
    // Not promoted: the same model goes on, and its losses are what the next change is from.
    trigger.refreshed(false);
    for (let step = 0; step < 20; step++)
      expect(trigger.observe(observationOf({ losses: losses(0.8, 50, random) })).refresh).toBe(false);
  });

  it('names the feature', () => {
    const random = new Random(1);
    const trigger = triggerOf({ kind: 'ks' });
    const step = (shift: number) =>
      trigger.observe(
        observationOf({
          features: [
            { name: 'wind', kind: 'number', values: Float64Array.from({ length: 100 }, () => random.next()) },
            {
              name: 'price',
              kind: 'number',
              values: Float64Array.from({ length: 100 }, () => random.next() + shift),
            },
          ],
        }),
      );
    for (let count = 0; count < 8; count++) expect(step(0).refresh).toBe(false);
    step(0.5);
    expect(step(0.5)).toEqual({
      refresh: true,
      because: expect.stringMatching(/price .*Kolmogorov–Smirnov distance of 0\./),
    });
  });

  it('comes at the same step of the same observations', () => {
    for (const kind of ['psi', 'ks', 'adwin', 'kswin'] as const) {
      const run = () =>
        rowsToAlarmOnFeatures(
          triggerOf(kind === 'adwin' || kind === 'kswin' ? { kind, on: 'features' } : { kind }),
          mixed,
          2,
          {
            random: new Random(9),
            rows: 1500,
            batch: 10,
            changeAt: 800,
          },
        );
      expect(run()).not.toBeNull();
      expect(run()).toBe(run());
    }
  });

  longTests(() => {
    it('does not depend on the order of rows within a step', () => {
      const kinds: ScheduleInput[] = [
        { kind: 'psi' },
        { kind: 'ks' },
        { kind: 'adwin', on: 'features' },
        { kind: 'kswin', on: 'features' },
        { kind: 'adwin' },
        { kind: 'kswin' },
        { kind: 'page-hinkley' },
        { kind: 'live-loss' },
      ];
      for (const schedule of kinds) {
        const given = triggerOf(schedule);
        const permuted = triggerOf(schedule);
        const random = new Random(41);
        let alarms = 0;
        for (let step = 0; step < 120; step++) {
          const isHigh = Math.floor(step / 30) % 2 === 1;
          const rows = random.list(37, () => ({
            value: valueStreams['some missing'](random, false) + (isHigh ? 1 : 0),
            level: drawLevel(random, isHigh),
            loss: random.chance(isHigh ? 0.7 : 0.2) ? 1 : 0,
          }));
          const [one, other] = [rows, random.sample(rows, rows.length)].map((ordered) =>
            observationOf({
              features: [
                { name: 'value', kind: 'number', values: Float64Array.from(ordered, ({ value }) => value) },
                { name: 'level', kind: 'category', values: ordered.map(({ level }) => level) },
              ],
              losses: Float64Array.from(ordered, ({ loss }) => loss),
              answeredBy: new Int32Array(rows.length).fill(alarms),
            }),
          );
          if (one === undefined || other === undefined) throw new RangeError('two were made');
          const decision = given.observe(one);
          expect(permuted.observe(other)).toEqual(decision);
          if (!decision.refresh) continue;
          alarms++;
          given.refreshed(true);
          permuted.refreshed(true);
        }
        expect(alarms).toBeGreaterThan(0);
      }
    });
  });
});
