import { describe, expect, it } from 'vitest';
import { methods } from '../../src/declare/methods.ts';
import { EverviewError } from '../../src/index.ts';
import { readParameters } from '../../src/model/parameters-json.ts';
import { createRowPredictor } from '../../src/model/predict-row.ts';
import { depth, everyOther, firstOf, longTests } from '../support/depth.ts';
import { answersOfNode } from '../support/exported-model.ts';
import { answers, certifiedFamilies, exactFamilies, heuristicFamilies } from '../support/family-cases.ts';
import { type FamilyCase, playFamilyHistory, questions } from '../support/family-history.ts';
import { openEverview } from '../support/open-everview.ts';

/** Clusters and classes first, which are in every run: numbers are predicted in many other files. */
const families = [...heuristicFamilies, ...certifiedFamilies, ...exactFamilies];

it('every method is among the cases', () => {
  const played = families.map(({ options }) => /method = (\w+)/.exec(options)?.[1]);
  expect([...new Set(played)].sort()).toEqual([...methods].sort());
});

describe('a row alone is answered as in SQL', () => {
  it.each(firstOf(everyOther(families), 2))(
    '$name',
    async (family) => {
      await playFamilyHistory(family, 61, 1, async (db) => {
        await db.refresh('m');
        const { rows: versions } = await db.query(
          `SELECT parameters FROM everview.model_versions WHERE model = 'm'`,
        );
        const parameters = readParameters(String(versions[0]?.parameters));
        if (parameters === null) throw new Error('the model has no version');
        const predict = createRowPredictor(parameters);
        const { rows } = await db.query(`SELECT * FROM ${questions} ORDER BY i`);
        const own = await answers(db);
        expect(own?.length).toBe(25);
        rows.forEach((row, index) => {
          for (const [column, value] of Object.entries(predict(row) ?? {})) {
            const inSql = own?.[index]?.[column];
            if (typeof value !== 'number') expect(String(inSql), `${column} of ${index}`).toBe(String(value));
            else
              expect(Math.abs(Number(inSql) - value), `${column} of ${index}`).toBeLessThanOrEqual(
                1e-9 * Math.max(1, Math.abs(value)),
              );
          }
        });
      });
    },
    60_000,
  );
});

/** Undefined: it answers. */
async function answerOrFailure(answer: Promise<unknown>): Promise<EverviewError | undefined> {
  try {
    await answer;
  } catch (failure) {
    if (failure instanceof EverviewError) return failure;
    throw failure;
  }
  return undefined;
}

const scarce = [
  { what: 'no row', remove: 'true' },
  { what: 'one row', remove: 'id <> 0' },
  { what: 'one class', remove: '(class, yes) <> (SELECT (class, yes) FROM t WHERE id = 0)' },
] as const;

/** One class is nothing to tell apart, one row has no direction; a mean and a cluster it does have. */
function refusalOf(
  { label, options }: FamilyCase,
  what: (typeof scarce)[number]['what'],
): string | undefined {
  if (what === 'no row' || label === 'class' || label === 'yes') return 'no-model-version';
  return what === 'one row' && options.includes('pca') ? 'not-enough-rows' : undefined;
}

describe('without enough rows no version answers, the hint says so, and it comes back with the rows', () => {
  it.each(firstOf(everyOther(families), 2))(
    '$name',
    async (family) => {
      await playFamilyHistory({ ...family, window: false }, 73, 1, async (db) => {
        await db.refresh('m');
        const before = await answers(db);
        expect(before?.length).toBe(25);
        const { rows } = await db.query('SELECT * FROM t ORDER BY id');
        for (const { what, remove } of depth<readonly (typeof scarce)[number][]>(
          scarce.slice(1, 2),
          scarce,
        )) {
          await db.execute(`DELETE FROM t WHERE ${remove}`);
          const failure = await answerOrFailure(db.query(`SELECT * FROM PREDICT(m, ${questions})`));
          expect(failure?.code, what).toBe(refusalOf(family, what));
          if (failure !== undefined) expect(failure.hint, what).toMatch(/row/);
          await db.execute('DELETE FROM t');
          await db.insert('t', rows);
          const { rows: again } = await db.query(`SELECT * FROM PREDICT(m, ${questions}) ORDER BY i`);
          expect(again.map(({ prediction }) => prediction === null)).toEqual(
            before?.map(({ prediction }) => prediction === null),
          );
        }
      });
    },
    120_000,
  );
});

it('where nothing is proved, prediction_bound has no end', async () => {
  const { db } = await openEverview();
  for (const statement of [
    'CREATE TABLE t (id INTEGER PRIMARY KEY, x DOUBLE, y DOUBLE)',
    'CREATE TRAINING SET s WITH (label = y) AS SELECT x, y FROM t',
    'CREATE MODEL m WITH (method = huber, delta = 1) AS SELECT * FROM s',
    // Farther apart than the line between them, any level between them is as good.
    'INSERT INTO t VALUES (1, 0, 0), (2, 6, 100)',
  ]) {
    await db.execute(statement);
  }
  const { rows } = await db.query(
    'SELECT prediction, prediction_bound FROM PREDICT(m, (SELECT 3 AS x UNION ALL SELECT NULL))',
  );
  expect(rows.map(({ prediction_bound }) => prediction_bound)).toEqual([
    Number.POSITIVE_INFINITY,
    Number.POSITIVE_INFINITY,
  ]);
  const [version] = (await db.query('SELECT parameters FROM everview.model_versions')).rows;
  const parameters = readParameters(String(version?.parameters));
  if (parameters === null) throw new Error('the model has no version');
  expect(createRowPredictor(parameters)({ x: 3 })).toEqual(rows[0]);
  const [exported] = await answersOfNode(await db.exportModel('m'), [{ x: 3 }]);
  expect(exported?.prediction_bound).toBe(Number.POSITIVE_INFINITY);
  await db.close();
});

longTests(() => {
  it('rare levels of a quadratic discriminant, and those never seen, count as one', async () => {
    const { db } = await openEverview();
    await using _ = db;
    await db.sql(`
    CREATE TABLE t (id BIGINT PRIMARY KEY, x DOUBLE, k VARCHAR, c VARCHAR);
    INSERT INTO t SELECT i, (i * 7) % 13, CASE WHEN i % 40 = 0 THEN 'rare' || i % 3 WHEN i % 9 = 0 THEN NULL WHEN i % 2 = 0 THEN 'a' WHEN i % 3 = 0 THEN 'z' ELSE 'b' END,
      CASE WHEN (i * 7) % 13 + i % 5 > 8 THEN 'high' ELSE 'low' END FROM range(300) r(i);
    CREATE TRAINING SET s WITH (label = c) AS SELECT x, k, c FROM t;
    CREATE TRAINING SET pooled WITH (label = c) AS SELECT x, CASE WHEN k LIKE 'rare%' THEN 'one' ELSE k END AS k, c FROM t;
    CREATE MODEL m WITH (method = qda, regularization = 0.2, rare = 10) AS SELECT * FROM s;
    CREATE MODEL plain WITH (method = qda, regularization = 0.2) AS SELECT * FROM pooled;
    REFRESH m; REFRESH plain`);
    const levels = ['a', 'b', 'z', 'rare0', 'rare1', 'rare2', 'never', null];
    const ask = async (model: string, values: readonly (string | null)[]) => {
      const list = values.map((value) => (value === null ? 'NULL' : `'${value}'`)).join(', ');
      const { rows } = await db.query(`SELECT probability FROM PREDICT(${model}, (
      SELECT 6.0 AS x, unnest([${list}]) AS k, unnest(range(${values.length})) AS place)) ORDER BY place`);
      return rows.map(({ probability }) => Number(probability));
    };
    const expected = await ask(
      'plain',
      levels.map((level) => (level === null || level.length === 1 ? level : 'one')),
    );
    const own = await ask('m', levels);
    own.forEach((probability, place) => {
      expect(probability, String(levels[place])).toBeCloseTo(expected[place] ?? Number.NaN, 12);
    });
    const exported = await answersOfNode(
      await db.exportModel('m'),
      levels.map((k) => ({ x: 6, k })),
    );
    exported.forEach(({ probability }, place) => {
      expect(probability).toBeCloseTo(expected[place] ?? Number.NaN, 12);
    });
  });
});

it.each(
  firstOf([
    ['drop', 'NULL'],
    ['drop', "'nan'::DOUBLE"],
    ['impute', "'infinity'::DOUBLE"],
  ]),
)('a class is none to be told apart while no row of it trains: missing = %s, %s', async (missing, value) => {
  const { db } = await openEverview();
  await using _ = db;
  await db.sql(`
    CREATE TABLE t (id BIGINT PRIMARY KEY, x DOUBLE, c VARCHAR);
    INSERT INTO t SELECT i, i % 13, CASE WHEN i % 13 + i % 5 > 8 THEN 'high' ELSE 'low' END FROM range(100) r(i);
    CREATE TRAINING SET s WITH (label = c) AS SELECT x, c FROM t;
    CREATE MODEL m WITH (method = logistic, missing = ${missing}) AS SELECT x FROM s; REFRESH m`);
  const ask = async () => (await db.query('SELECT * FROM PREDICT(m, (SELECT 3.0 AS x))')).rows;
  const before = await ask();
  await db.sql(`INSERT INTO t VALUES (1000, ${value}, 'odd')`);
  expect(await ask()).toEqual(before);
  await db.sql('REFRESH m FULL');
  expect(Object.keys((await ask())[0] ?? {})).toEqual(Object.keys(before[0] ?? {}));
  await db.sql('UPDATE t SET x = 6 WHERE id = 1000');
  expect((await ask())[0]).toHaveProperty('probability_odd');
});

it('rows of which a further label is no number are not learned from', async () => {
  const { db } = await openEverview();
  await using _ = db;
  await db.sql(`
    CREATE TABLE t (id BIGINT PRIMARY KEY, x DOUBLE, y DOUBLE, z DOUBLE);
    INSERT INTO t SELECT i, i % 13, 2 * (i % 13), CASE WHEN i % 4 = 0 THEN 'nan'::DOUBLE ELSE 100 + 5 * (i % 13) END FROM range(100) r(i);
    CREATE TRAINING SET s WITH (label = y) AS SELECT x, y, z FROM t;
    CREATE MODEL m WITH (method = linear, labels = (z)) AS SELECT x FROM s`);
  const { rows } = await db.query('SELECT prediction, prediction_z FROM PREDICT(m, (SELECT 10.0 AS x))');
  expect(Number(rows[0]?.prediction)).toBeCloseTo(20, 9);
  expect(Number(rows[0]?.prediction_z)).toBeCloseTo(150, 9);
});

longTests(() => {
  it('counts of weighted rows are none in a class that has none', async () => {
    const { db } = await openEverview();
    await using _ = db;
    await db.sql(`
    CREATE TABLE t (id BIGINT PRIMARY KEY, a DOUBLE, b DOUBLE, w DOUBLE, c VARCHAR);
    INSERT INTO t SELECT i, CASE WHEN i % 3 = 0 THEN 0 ELSE i % 7 END, i % 5, 0.1 + (i % 11) / 7, CASE WHEN i % 3 = 0 THEN 'none' ELSE 'some' END FROM range(200) r(i);
    CREATE TRAINING SET s WITH (label = c) AS SELECT a, b, w, c FROM t;
    CREATE MODEL m WITH (method = multinomial_nb, weight = w) AS SELECT a, b FROM s`);
    const { rows: sums } = await db.query(
      'SELECT c, sum(w) AS n, sum(w * a) AS a, sum(w * b) AS b FROM t GROUP BY c ORDER BY c',
    );
    // scikit-learn's MultinomialNB, alpha = 1, sample_weight = w, of the row (1, 2)
    const logs = sums.map(({ n, a, b }) => {
      const whole = Number(a) + Number(b) + 2;
      return Math.log(Number(n)) + Math.log((Number(a) + 1) / whole) + 2 * Math.log((Number(b) + 1) / whole);
    });
    const [none = Number.NaN, some = Number.NaN] = logs;
    const { rows } = await db.query('SELECT probability FROM PREDICT(m, (SELECT 1.0 AS a, 2.0 AS b))');
    expect(Number(rows[0]?.probability)).toBeCloseTo(1 / (1 + Math.exp(none - some)), 10);
  });
});

it.each(
  firstOf([
    ['ridge', 'y', 'k'],
    ['kmeans', 'y', 'k'],
    ['lda', 'k', 'y'],
    ['logistic', 'k', 'y'],
  ]),
)('a text with a NUL is told of, and is in the way while it is there: %s', async (method, label, feature) => {
  const { db } = await openEverview();
  await using _ = db;
  await db.sql(`
    CREATE TABLE t (id BIGINT PRIMARY KEY, k VARCHAR, y DOUBLE);
    INSERT INTO t SELECT i, 'k' || i % 2, i % 7 FROM range(40) r(i);
    CREATE TRAINING SET s WITH (label = ${label}) AS SELECT k, y FROM t;
    CREATE MODEL m WITH (method = ${method}) AS SELECT ${feature} FROM s; REFRESH m;
    INSERT INTO t VALUES (100, 'a' || chr(0) || 'b', 3)`);
  const ask = () => db.query('SELECT prediction FROM PREDICT(m, s)');
  await expect(ask()).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringMatching(/^"k" of model "m" has a text with a NUL/),
  });
  await db.sql('DELETE FROM t WHERE id = 100');
  expect((await ask()).rows).toHaveLength(40);
});
