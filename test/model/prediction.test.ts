import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { FitOptions } from '../../src/declare/definition.ts';
import { scorerContender } from '../../src/model/contender.ts';
import { planFeatures } from '../../src/model/feature-plan.ts';
import { ridgeSolver } from '../../src/model/linear-solvers.ts';
import { ModelFitter } from '../../src/model/model-fitter.ts';
import { OnnxRuntime } from '../../src/model/onnx-runtime.ts';
import { createRowPredictor } from '../../src/model/predict-row.ts';
import { predictionSql } from '../../src/model/predict-sql.ts';
import { scoreHoldout } from '../../src/model/score-holdout.ts';
import type { ModelParameters, Scorer } from '../../src/model/scorer.ts';
import { trainingBoundsAt } from '../../src/model/training-window.ts';
import { ridgeModel, TrainingTable, trainingSet } from '../support/training-table.ts';

const schema = [
  { name: 'id', type: 'INTEGER' },
  { name: 'a', type: 'DOUBLE' },
  { name: 'far', type: 'DOUBLE' },
  { name: 'money', type: 'DECIMAL(12,2)' },
  { name: 'flag', type: 'BOOLEAN' },
  { name: 'Place', type: 'VARCHAR' },
  { name: 'hour', type: 'TINYINT' },
  { name: 'price', type: 'DECIMAL(6,2)' },
  { name: 'y', type: 'DOUBLE' },
];
const trainingRows = `SELECT i::INTEGER, sin(i), 1e9 + i * 0.125, CASE WHEN i % 9 = 0 THEN NULL ELSE i * 1.25 END,
  CASE WHEN i % 13 = 0 THEN NULL ELSE i % 3 = 0 END,
  CASE WHEN i % 7 = 0 THEN NULL ELSE ['', 'it''s', 'Å', 'x'][1 + i % 4] END, i % 5, (i % 3) * 1.5,
  cos(i) * 10 + i % 4 FROM range(400) r(i)`;
/** Seen and unseen levels, missing, NaN and infinite values, other spellings and types of the columns. */
const questions = `SELECT i AS id, CASE i % 6 WHEN 1 THEN 'NaN'::DOUBLE WHEN 2 THEN NULL WHEN 3 THEN 'inf'::DOUBLE ELSE i * 0.3 END AS A,
  (1e9 + i)::DOUBLE AS far, CASE WHEN i % 4 = 0 THEN NULL ELSE i * 2.5 END::DECIMAL(12,2) AS money,
  CASE WHEN i % 5 = 0 THEN NULL ELSE i % 2 = 0 END AS FLAG,
  CASE WHEN i % 6 = 0 THEN NULL ELSE ['', 'it''s', 'Å', 'x', 'never'][1 + i % 5] END AS place,
  (i % 7)::BIGINT AS hour, (i % 4 * 1.5)::DECIMAL(6,2) AS price FROM range(60) r(i)`;

function withOffset(parameters: ModelParameters, offset: number): ModelParameters {
  return { ...parameters, scorer: { ...parameters.scorer, offsets: [offset] } };
}

describe.each([
  { l2: 1, standardize: true, missing: 'impute' },
  { l2: 0, standardize: false, missing: 'drop' },
] as const)('a prediction with missing = $missing', (options) => {
  const runtime = new OnnxRuntime();
  const fitter = new ModelFitter(runtime);
  const definition = trainingSet();
  let table: TrainingTable;
  let parameters: ModelParameters;
  const model: Partial<FitOptions> = { ...options, categorical: ['hour', 'price'] };
  const plan = planFeatures(ridgeModel(model, { kind: 'all', except: ['id'] }), definition, schema);

  beforeAll(async () => {
    table = await TrainingTable.open(schema);
    await table.update({ insert: trainingRows });
    const bounds = trainingBoundsAt(definition, 0);
    const fit = await table.read((s) => fitter.fitFull(s, plan, { name: 'ts', eventTime: null }, bounds));
    parameters = ridgeSolver.solve(plan, fit.state, ridgeModel(options).options, 1);
  });
  afterAll(async () => {
    await table.close();
    await runtime.close();
  });

  it('is the same in SQL and in plain arithmetic', async () => {
    const { rows, predicted } = await table.read(async ([s]) => {
      const input = await s.describe(questions);
      const predicted = await s.rows(predictionSql(parameters.scorer, `(${questions})`, input));
      return { rows: await s.rows(questions), predicted };
    });
    const named = rows.map(({ A, FLAG, place, ...row }) => ({
      ...row,
      a: A ?? null,
      flag: FLAG ?? null,
      Place: place ?? null,
    }));
    const predict = createRowPredictor(parameters);
    expect(predicted.map(({ id }) => id)).toEqual(rows.map(({ id }) => id));
    expect(predicted.filter(({ prediction }) => prediction === null).length).toBeGreaterThan(5);
    expect(predicted.filter(({ prediction }) => prediction !== null).length).toBeGreaterThan(5);
    predicted.forEach(({ prediction }, index) => {
      const inArithmetic = predict(named[index] ?? {})?.prediction ?? null;
      if (prediction === null) {
        expect(inArithmetic).toBeNull();
      } else {
        const value = Number(prediction);
        const difference = Math.abs(Number(inArithmetic ?? Number.NaN) - value);
        expect(difference / Math.max(1, Math.abs(value))).toBeLessThan(1e-12);
      }
    });
  });

  it('keeps every row of the input, as often as it is there, and its columns', async () => {
    const twice = `${questions} UNION ALL ${questions}`;
    const rows = await table.read(async ([s]) => {
      const input = await s.describe(questions);
      return s.rows(
        `SELECT id, count(*) AS n, count(DISTINCT prediction) AS p FROM (${predictionSql(parameters.scorer, `(${twice})`, input)}) GROUP BY id`,
      );
    });
    expect(rows.length).toBe(60);
    expect(rows.every(({ n, p }) => n === 2n && Number(p) <= 1)).toBe(true);
  });

  it('is refused on an input that does not fit', async () => {
    const input = await table.read(([s]) => s.describe(questions));
    const without = input.filter(({ name }) => name !== 'money');
    expect(() => predictionSql(parameters.scorer, 'q', without)).toThrow(/lacks "money"/);
    const asText = input.map((c) => (c.name === 'far' ? { ...c, type: 'VARCHAR' } : c));
    expect(() => predictionSql(parameters.scorer, 'q', asText)).toThrow(/"far" is VARCHAR/);
    const hourText = input.map((c) => (c.name === 'hour' ? { ...c, type: 'DOUBLE' } : c));
    expect(() => predictionSql(parameters.scorer, 'q', hourText)).toThrow(/"hour" is DOUBLE/);
    expect(() =>
      predictionSql(parameters.scorer, 'q', [...input, { name: 'Prediction', type: 'DOUBLE' }]),
    ).toThrow(/already has a column "Prediction"/);
  });

  it('is scored on the rows where every parameter set predicts', async () => {
    const other = withOffset(parameters, (parameters.scorer.offsets[0] ?? 0) + 2);
    const request = {
      relation: { name: 'ts', eventTime: null },
      schema,
      label: 'y',
      windows: [{ kind: 'all' as const }],
      slices: [],
      tolerances: [],
    };
    const contenders = [scorerContender(parameters.scorer), scorerContender(other.scorer)];
    const [{ holdout }, rows] = await table.read(async ([s]) => [
      await scoreHoldout(s, { ...request, contenders }),
      await s.rows('SELECT * FROM view."ts"'),
    ]);
    const predict = createRowPredictor(parameters);
    const errors = rows.flatMap((row) => {
      const prediction = predict(row)?.prediction;
      return typeof prediction === 'number' ? [Number(row.y) - prediction] : [];
    });
    const rmse = (all: number[]) => Math.sqrt(all.reduce((sum, e) => sum + e * e, 0) / all.length);
    expect(holdout.rows).toBe(errors.length);
    expect(holdout.candidate.rmse).toBeCloseTo(rmse(errors), 10);
    expect(holdout.current?.rmse).toBeCloseTo(rmse(errors.map((e) => e - 2)), 10);
    expect(holdout.candidate.mae).toBeCloseTo(
      errors.reduce((sum, e) => sum + Math.abs(e), 0) / errors.length,
      10,
    );
    expect(holdout.candidate.r2).toBeLessThan(1);
    const none = await table.read(([s]) =>
      scoreHoldout(s, {
        ...request,
        contenders: [scorerContender(withOffset(parameters, Number.NaN).scorer)],
      }),
    );
    expect(none.holdout.candidate).toEqual({ rows: 0, rmse: null, mae: null, mape: null, r2: null });
    expect(none.holdout.current).toBeNull();
  });
});

it('predicts over more features than DuckDB nests expressions', async () => {
  const names = Array.from({ length: 1_100 }, (_, index) => `x${index}`);
  const feature = (name: string) => ({
    name,
    source: { kind: 'column' as const, column: name },
    kind: 'numeric' as const,
    center: 1,
    deviation: 1,
    weights: [0.5],
    standardizedWeights: [0.5],
    missingWeights: [0],
    missingRows: 0,
  });
  const scorer: Scorer = {
    missing: 'drop',
    features: names.map(feature),
    categories: [],
    offsets: [3],
    quadratic: null,
    head: { kind: 'identity', columns: ['prediction'] },
    bound: null,
  };
  const table = await TrainingTable.open([{ name: 'y', type: 'INTEGER' }]);
  const input = `(SELECT ${names.map((name) => `3 AS ${name}`).join(', ')})`;
  const wide = names.map((name) => ({ name, type: 'INTEGER' }));
  const [row] = await table.read(([s]) =>
    s.rows(`SELECT prediction FROM (${predictionSql(scorer, input, wide)})`),
  );
  expect(row?.prediction).toBe(1_103);
  await table.close();
});
