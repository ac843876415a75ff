import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Contender } from '../../src/model/contender.ts';
import { type Evaluation, type HoldoutRequest, scoreHoldout } from '../../src/model/score-holdout.ts';
import { earlierWindows, trainingBoundsAt } from '../../src/model/training-window.ts';
import { TrainingTable, trainingSet } from '../support/training-table.ts';

const hourMs = 3_600_000;
const now = Date.UTC(2024, 0, 10);

const schema = [
  { name: 't', type: 'TIMESTAMP' },
  { name: 'place', type: 'VARCHAR' },
  { name: 'x', type: 'DOUBLE' },
  { name: 'kind', type: 'VARCHAR' },
  { name: 'y', type: 'DOUBLE' },
];

/** A model that is an expression: a number. */
function numberOf(sql: string): Contender {
  return {
    output: { kind: 'number', prediction: 'prediction' },
    select: (input, _, nameOf) => `SELECT *, ${sql} AS "${nameOf('prediction')}" FROM ${input}`,
  };
}

/** A model of classes: expressions for the class and for probabilities. */
function classOf(
  classes: readonly string[],
  prediction: string,
  probabilities: readonly string[],
): Contender {
  const names = probabilities.map((_, index) => `p${index}`);
  return {
    output: { kind: 'class', prediction: 'prediction', classes, probabilities: names },
    select: (input, __, nameOf) => {
      const columns = [prediction, ...probabilities].map(
        (sql, index) => `${sql} AS "${nameOf(index === 0 ? 'prediction' : `p${index - 1}`)}"`,
      );
      return `SELECT *, ${columns.join(', ')} FROM ${input}`;
    },
  };
}

describe('a hold-out', () => {
  let table: TrainingTable;
  const bounds = trainingBoundsAt(
    trainingSet({ eventTime: 't', windowMs: 100 * hourMs, holdoutMs: 20 * hourMs }),
    now,
  );
  const holdout = bounds.holdout ?? { kind: 'all' };
  const request = (change: Partial<HoldoutRequest>): HoldoutRequest => ({
    relation: { name: 'ts', eventTime: { name: 't', type: 'TIMESTAMP' } },
    schema,
    label: 'x',
    windows: [holdout, ...earlierWindows(bounds, 9)],
    slices: [],
    tolerances: [],
    contenders: [],
    ...change,
  });
  const score = (change: Partial<HoldoutRequest>): Promise<Evaluation> =>
    table.read(([session]) => scoreHoldout(session, request(change)));

  beforeAll(async () => {
    table = await TrainingTable.open(schema);
    // one row a half hour for 110 hours, the newest now; x = hours before now
    await table.update({
      insert: `SELECT TIMESTAMP '2024-01-10' - to_minutes(30 * i) AS t,
        CASE WHEN i < 8 THEN 'few' WHEN i % 2 = 0 THEN 'a' ELSE NULL END AS place, i / 2 AS x,
        CASE i % 4 WHEN 0 THEN 'no' WHEN 1 THEN 'no' WHEN 2 THEN 'yes' END AS kind,
        CASE i WHEN 0 THEN NULL WHEN 1 THEN 'nan' WHEN 2 THEN 'infinity' WHEN 3 THEN '-infinity' ELSE i / 2 END AS y
        FROM range(220) r(i)`,
    });
  });
  afterAll(() => table.close());

  it('is scored with as many earlier windows as the training window has room for', async () => {
    const { holdout: newest, earlier } = await score({ contenders: [numberOf('0.0')] });
    // half-open at the older end
    expect([newest, ...earlier].map(({ rows }) => rows)).toEqual([40, 40, 40, 40, 40]);
    expect([newest, ...earlier].map(({ candidate }) => candidate.mae)).toEqual([
      9.75, 29.75, 49.75, 69.75, 89.75,
    ]);
    expect(newest.candidate.mape).toBeNull();
    expect(earlier[0]?.candidate.mape).toBe(1);
    expect(newest.paired).toBeNull();
  });

  it('is cut into blocks by the time of the rows', async () => {
    const { holdout: place } = await score({ contenders: [numberOf('0.0'), numberOf('1.0')] });
    expect(place.paired?.rows).toEqual(Array.from({ length: 20 }, () => 2));
    // the oldest first
    expect(place.paired?.losses.mae?.candidate).toEqual(
      Array.from({ length: 20 }, (_, block) => 2 * (19 - block) + 0.5),
    );
    expect(place.paired?.losses.mape).toBeUndefined();
  });

  it('has slices of its own for values with 30 rows, and one for the rest', async () => {
    const { slices } = await score({ contenders: [numberOf('0.0')], slices: ['place', 'kind'] });
    expect(slices.map(({ column, value, isRest, rows }) => [column, value, isRest, rows])).toEqual([
      ['place', null, true, 40],
      ['kind', null, true, 40],
    ]);
    const long = await score({
      windows: [{ kind: 'all' }],
      contenders: [numberOf('0.0')],
      slices: ['place'],
    });
    expect(long.slices.map(({ value, isRest, rows }) => [value, isRest, rows])).toEqual([
      ['a', false, 106],
      [null, false, 106],
      [null, true, 8],
    ]);
  });

  it('counts flips within a tolerance', async () => {
    const { holdout: place } = await score({
      contenders: [numberOf('x + 3'), numberOf('CASE WHEN x < 10 THEN x + 1 ELSE x + 5 END')],
      tolerances: [1, 3, 10],
    });
    expect(place.flips).toEqual([
      { tolerance: 1, negative: 20, positive: 0 },
      { tolerance: 3, negative: 0, positive: 20 },
      { tolerance: 10, negative: 0, positive: 0 },
    ]);
  });

  it('counts rows with a finite label and of every model a finite prediction', async () => {
    const candidate = numberOf(`CASE x WHEN 5 THEN NULL WHEN 6 THEN 'nan'::DOUBLE ELSE x + 1 END`);
    const current = numberOf(`CASE x WHEN 6 THEN NULL WHEN 7 THEN '-infinity'::DOUBLE ELSE x + 2 END`);
    const { holdout: place } = await score({ label: 'y', contenders: [candidate, current] });
    // of 40, without four labels and three moments
    expect(place.rows).toBe(33);
    expect(place.paired?.rows.reduce((sum, rows) => sum + rows, 0)).toBe(33);
    expect([place.candidate.mae, place.current?.mae]).toEqual([1, 2]);
  });

  it('of classes knows them by their text, those of both models', async () => {
    const { kind, holdout: place } = await score({
      label: 'kind',
      contenders: [
        classOf(['no', 'yes'], `CASE WHEN x < 4 THEN 'no' ELSE 'yes' END`, [
          'CASE WHEN x < 4 THEN 0.1 ELSE 0.8 END',
        ]),
        classOf(['no', 'other', 'yes'], `'other'`, ['0.25::DOUBLE', '0.5::DOUBLE', '0.25::DOUBLE']),
      ].map((contender) => contender),
    });
    expect(kind).toBe('class');
    // a quarter has no label
    expect(place.rows).toBe(30);
    // of 30: 'no' in the newest 4 hours 4 times right, 'yes' before them 8 times
    expect(place.candidate.accuracy).toBeCloseTo(12 / 30, 14);
    expect(place.current?.accuracy).toBe(0);
    expect(place.current?.log_loss).toBeCloseTo(Math.log(4), 14);
    expect(place.current?.brier).toBeCloseTo(0.75 ** 2 + 0.5 ** 2 + 0.25 ** 2, 14);
    expect(place.current?.auc).toBe(0.5);
    expect(place.flips).toEqual([{ tolerance: null, negative: 0, positive: 12 }]);
  });

  it('of two classes takes the second for the positive one', async () => {
    const given = classOf(['no', 'yes'], `kind`, [`CASE kind WHEN 'yes' THEN 0.9 ELSE 0.2 END`]);
    const { holdout: place, earlier } = await score({ label: 'kind', contenders: [given, given] });
    expect(place.candidate).toMatchObject({
      rows: 30,
      accuracy: 1,
      auc: 1,
      average_precision: 1,
      f1: 1,
      mcc: 1,
    });
    expect(place.candidate.brier).toBeCloseTo((10 * 0.01 + 20 * 0.04) / 30, 14);
    expect(place.calibration?.filter(({ rows }) => rows > 0)).toMatchObject([
      { rows: 20, observed: 0 },
      { rows: 10, observed: 1 },
    ]);
    // earlier windows hold on to no scores
    expect(earlier[0]?.candidate).not.toHaveProperty('auc');
    expect(earlier[0]?.candidate.f1).toBe(1);
  });

  it('of a label that no model knows counts it as wrong', async () => {
    const given = classOf(['yes', 'perhaps'], `'yes'`, ['0.25::DOUBLE']);
    const { holdout: place } = await score({ label: 'kind', contenders: [given] });
    expect(place.rows).toBe(30);
    expect(place.candidate.accuracy).toBeCloseTo(1 / 3, 14);
  });
});
