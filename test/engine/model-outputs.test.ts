import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Everview } from '../../src/index.ts';
import { ModelFamilies } from '../../src/model/model-families.ts';
import { OnnxRuntime } from '../../src/model/onnx-runtime.ts';
import { boundedMethods } from '../../src/model/predictor.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';

let db: Everview;

beforeEach(async () => {
  ({ db } = await openEverview());
  await db.sql(`
    CREATE TABLE t (a DOUBLE, k BOOLEAN);
    INSERT INTO t SELECT i % 7, i % 7 + i % 3 > 4 FROM range(40) r(i);`);
});

afterEach(() => db.close());

async function model(feature: string, method: string, label = 'k'): Promise<void> {
  await db.sql(`
    CREATE TRAINING SET s WITH (label = ${label}) AS SELECT a AS ${feature}, a AS other, k, a + 1 AS y FROM t;
    CREATE MODEL m WITH (method = '${method}') AS SELECT ${feature}, other, ${label} FROM s`);
}

describe('a feature and a column of the predictions cannot share a name', () => {
  it.each([
    ['prediction', 'ridge', 'y'],
    ['Probability', 'logistic', 'k'],
    ['prediction_bound', 'logistic', 'k'],
    ['pc1', 'pca', 'k'],
  ])('%s of %s', async (feature, method, label) => {
    expect(await failureOf(model(feature, method, label))).toMatchObject({
      code: 'invalid-definition',
      message: `model "m" reads "${feature}", which is the name of a column that its predictions come in`,
      hint: expect.stringContaining(`training set "s": SELECT ${feature} AS`),
      place: expect.stringMatching(/^3:/),
    });
  });

  it('where the method has no such column, they do not', async () => {
    await model('probability', 'ridge', 'y');
    await db.query('SELECT prediction FROM PREDICT(m, (SELECT 1.0 AS probability, 2.0 AS other))');
  });

  it('and explanations take other names', async () => {
    await model('score', 'ridge', 'y');
    const { columns } = await db.query(
      'SELECT * FROM EXPLAIN_PREDICT(m, (SELECT 1.0 AS score, 2.0 AS other))',
    );
    expect(columns.map(({ name }) => name)).toEqual([
      'score',
      'other',
      'prediction',
      'prediction_score',
      'baseline',
      'contributions',
    ]);
  });

  it('nor is one of classes that of a method of numbers', async () => {
    await model('prediction_certain', 'poisson', 'y');
    await db.query('SELECT prediction FROM PREDICT(m, (SELECT 1.0 AS prediction_certain, 2.0 AS other))');
  });

  it('of the methods that have a bound', () => {
    const certified = new ModelFamilies(new OnnxRuntime())
      .all()
      .filter(({ capability }) => capability.inserts === 'certified');
    expect(certified.map(({ method }) => method).sort()).toEqual([...boundedMethods].sort());
  });
});

describe('a fit that is beyond what numbers can hold', () => {
  it('fails as one that cannot be made, and no version comes of it', async () => {
    await model('x', 'ridge', 'y');
    await db.sql(`CREATE MODEL n WITH (method = 'ridge', l2 = 1e308) AS SELECT * FROM s`);
    expect(await failureOf(db.execute('REFRESH n'))).toMatchObject({
      code: 'not-enough-rows',
      message: expect.stringContaining('model "n" cannot be fitted'),
      hint: expect.stringContaining('a smaller l2'),
    });
    expect((await db.query('SELECT * FROM everview.model_versions')).rows).toEqual([]);
  });
});
