import { describe, expect, it } from 'vitest';
import { type LabelledRows, readLabelledRows } from '../../src/lab/baselines/labelled-rows.ts';
import { type BaselineSetting, lossScaleOf, runBaselines } from '../../src/lab/baselines/run-baselines.ts';
import type { LossName } from '../../src/lab/experiment.ts';
import { loadHistory } from '../../src/lab/history/load-history.ts';
import { lossFor } from '../../src/lab/task-loss.ts';
import { failureOf } from '../support/failure-of.ts';
import { hourlyReadings, hourMs, readingsExperiment, writeReadings } from '../support/lab-experiment.ts';
import { Random } from '../support/random.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

const random = new Random(11);

function drawRows(task: LabelledRows['task'], count: number): LabelledRows {
  const classes = task === 'class' ? ['a', 'b', 'c'] : [];
  const times = Array.from({ length: count }, () => random.int(0, 300) * 10).sort((a, b) => a - b);
  const label = () => (task === 'class' ? random.pick([0, 0, 0, 1, 2, 1]) : random.next() * 10);
  return { task, eventMs: new Float64Array(times), labels: new Float64Array(times.map(label)), classes };
}

const settingOf = (loss: LossName, labelDelayMs: number): BaselineSetting => ({
  startMs: 600,
  atMs: [1_000, 1_050, 1_800, 3_000],
  labelDelayMs,
  loss,
  seasonMs: 700,
});

const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
const mean = (values: readonly number[]) => sum(values) / values.length;

type Known = { readonly label: number; readonly eventMs: number };

const phaseOf = (eventMs: number) => Number(((BigInt(eventMs + 700 - 600) % 700n) * 168n) / 700n);

/** The class that is first to come as often as none before. */
function mostFrequent(known: readonly Known[]): number {
  const times = known.map(
    ({ label }, place) => known.slice(0, place + 1).filter((one) => one.label === label).length,
  );
  return known[times.indexOf(Math.max(...times))]?.label ?? 0;
}

const ofLastMoment = (known: readonly Known[]) =>
  known.filter(({ eventMs }) => eventMs === known.at(-1)?.eventMs);

const meanLabel = (known: readonly Known[]) => mean(known.map(({ label }) => label));

/** Written from their meaning alone: the labels known, and what is said from them. */
const references: Readonly<Record<string, (known: readonly Known[], atMs: number) => number>> = {
  'last value': (known) => meanLabel(ofLastMoment(known)),
  'last class': (known) => mostFrequent(ofLastMoment(known)),
  'mean so far': meanLabel,
  'seasonal mean': (known, atMs) => {
    const alike = known.filter(({ eventMs }) => phaseOf(eventMs) === phaseOf(atMs));
    return meanLabel(alike.length === 0 ? known : alike);
  },
  'majority class': mostFrequent,
};

function referenceLosses(
  name: string,
  { eventMs, labels }: LabelledRows,
  setting: BaselineSetting,
): number[] {
  const say = references[name];
  if (say === undefined) throw new Error(`no reference for ${name}`);
  return setting.atMs.map((atMs, step) => {
    const from = setting.atMs[step - 1] ?? setting.startMs;
    return sum(
      [...eventMs].map((moment, row) => {
        if (moment <= from || moment > atMs) return 0;
        const known = [...eventMs]
          .map((knownMs, place) => ({ eventMs: knownMs, label: labels[place] ?? 0, place }))
          .filter((one) => one.place < row && one.eventMs + setting.labelDelayMs <= moment);
        const said = known.length === 0 ? null : say(known, moment);
        const label = labels[row] ?? 0;
        if (said === null) return 0;
        return setting.loss === 'zero-one'
          ? Number(said !== label)
          : setting.loss === 'absolute'
            ? Math.abs(said - label)
            : (said - label) ** 2;
      }),
    );
  });
}

describe('baselines', () => {
  it.each([0, 1, 45, 500])('of numbers say what labels known after %i ms say', (labelDelayMs) => {
    const rows = drawRows('number', 400);
    for (const loss of ['absolute', 'squared'] as const) {
      const setting = settingOf(loss, labelDelayMs);
      const results = runBaselines(rows, setting);
      expect(results.map(({ name }) => name)).toEqual(['last value', 'seasonal mean', 'mean so far']);
      for (const { name, lossSum, rows: counts } of results) {
        const expected = referenceLosses(name, rows, setting);
        for (const [step, value] of lossSum.entries())
          expect(value, name).toBeCloseTo(expected[step] ?? Number.NaN, 8);
        expect(sum(counts)).toBe([...rows.eventMs].filter((moment) => moment > 600).length);
      }
    }
  });

  it.each([0, 45])('of classes say what labels known after %i ms say', (labelDelayMs) => {
    const rows = drawRows('class', 400);
    const setting = settingOf('zero-one', labelDelayMs);
    const results = runBaselines(rows, setting);
    expect(results.map(({ name }) => name)).toEqual(['last class', 'majority class']);
    for (const { name, lossSum } of results) expect(lossSum).toEqual(referenceLosses(name, rows, setting));
  });

  it('give the shares so far as probabilities', () => {
    const rows = {
      task: 'class',
      eventMs: new Float64Array([1, 2, 3, 4]),
      labels: new Float64Array([0, 1, 0, 0]),
      classes: ['a', 'b'],
    } as const;
    const setting = { startMs: 3, atMs: [4], labelDelayMs: 0, loss: 'log', seasonMs: null } as const;
    const results = runBaselines(rows, setting);
    expect(results).toEqual([{ name: 'majority class', rows: [1], lossSum: [-Math.log(2 / 3)] }]);
    const [missed] = runBaselines(rows, { ...setting, startMs: 1, atMs: [2] });
    expect(missed?.lossSum).toEqual([52 * Math.LN2]);
  });

  it('count no row of which nothing is known', () => {
    const rows = drawRows('number', 50);
    const [first] = runBaselines(rows, { ...settingOf('absolute', 0), startMs: -1 });
    expect(sum(first?.rows ?? [])).toBe(49);
  });

  it('have a scale: what the trivial forecast loses in the warm-up, a row', () => {
    const numbers = {
      task: 'number',
      eventMs: new Float64Array([1, 2, 3, 9]),
      labels: new Float64Array([1, 2, 6, 99]),
      classes: [],
    } as const;
    expect(lossScaleOf(numbers, { startMs: 3, loss: 'absolute' })).toBeCloseTo(2);
    expect(lossScaleOf(numbers, { startMs: 3, loss: 'squared' })).toBeCloseTo(14 / 3);
    const classes = {
      ...numbers,
      task: 'class',
      labels: new Float64Array([0, 1, 0, 1]),
      classes: ['a', 'b'],
    } as const;
    expect(lossScaleOf(classes, { startMs: 3, loss: 'zero-one' })).toBeCloseTo(1 / 3);
    expect(() => lossScaleOf(classes, { startMs: 0, loss: 'zero-one' })).toThrow('no row of the warm-up');
  });

  it('know which loss is of which task', async () => {
    expect(lossFor(null, 'class')).toBe('zero-one');
    expect(lossFor(null, 'number')).toBe('absolute');
    expect(lossFor('squared', 'number')).toBe('squared');
    expect(await failureOf((async () => lossFor('squared', 'class'))())).toMatchObject({
      code: 'invalid-option',
    });
  });

  it('read labels as the training set says them', async () => {
    await using place = await temporaryDatabase();
    await writeReadings(place.directory, hourlyReadings(100));
    const experiment = readingsExperiment();
    const history = await loadHistory(experiment, 1, { dataFolder: place.directory });
    const rows = await readLabelledRows(experiment, history);
    expect(rows.task).toBe('number');
    expect([...rows.labels]).toEqual(Array.from({ length: 100 }, (_, id) => (id % 7) * 2 + 1));
    expect((rows.eventMs[1] ?? 0) - (rows.eventMs[0] ?? 0)).toBe(hourMs);
  });
});
