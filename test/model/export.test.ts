import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createRowPredictor, type Everview, type Row, type SqlValue } from '../../src/index.ts';
import { readParameters } from '../../src/model/parameters-json.ts';
import { answersOfNode, answersOfWeb, type RuntimeAnswer } from '../support/exported-model.ts';
import { openEverview } from '../support/open-everview.ts';

const columns = `id BIGINT PRIMARY KEY, moment TIMESTAMP, day DATE, x DOUBLE, far DOUBLE, small FLOAT, money DECIMAL(9,2), hole DOUBLE,
  flag BOOLEAN, kind VARCHAR, place VARCHAR, shift INTEGER, words INTEGER, other INTEGER, "a column" DOUBLE,
  y DOUBLE, z DOUBLE, class VARCHAR, yes BOOLEAN, amount DOUBLE, grade INTEGER`;

/** Rows \`from\` … \`to\`; labels are functions of the features and some noise. */
function rowsSql(from: number, to: number): string {
  return `SELECT *, 3 + 2 * score + coalesce(hole, 5) AS y, 1 - score AS z,
      CASE WHEN score > 3 THEN 'high' WHEN score > 0 THEN 'it''s mid' ELSE '' END AS class,
      score > 1 AS yes, exp(score / 4) + 0.1 AS amount, (2 + (score > 0)::INTEGER + (score > 3)::INTEGER)::INTEGER AS grade FROM (
    SELECT *, x + CASE kind WHEN 'k1' THEN 2 ELSE 0 END + words / 2.0 - other + 0.8 * sin(i * 12.9898) AS score FROM (
      SELECT i AS id, i,
        CASE WHEN i % 23 <> 0 THEN TIMESTAMP '1999-12-28 03:04:05.678' + i * INTERVAL '17 hours 13 minutes' END AS moment,
        CASE WHEN i % 19 <> 0 THEN DATE '1969-12-20' + (i % 40)::INTEGER END AS day,
        5 * sin(i * 1.7) AS x, 1e9 + (i * 7919) % 1000000 AS far, (i % 11 * 0.1)::FLOAT AS small,
        CASE WHEN i % 17 <> 0 THEN (i % 5 * 1.25)::DECIMAL(9,2) END AS money,
        CASE WHEN i % 7 <> 0 THEN (i * 31 % 900) / 70.0 END AS hole,
        CASE WHEN i % 13 <> 0 THEN i % 3 = 0 END AS flag,
        CASE WHEN i % 11 <> 0 THEN 'k' || (i % 4) END AS kind,
        CASE WHEN i % 29 <> 0 THEN ['', 'it''s', 'Å × b', '漢字 🦋', 'b'][1 + i % 5] END AS place,
        CASE WHEN i % 31 <> 0 THEN (i % 3)::INTEGER END AS shift,
        (i % 7)::INTEGER AS words, (i * 5 % 4)::INTEGER AS other, cos(i) AS "a column"
      FROM range(${from}, ${to}) r(i)))`;
}

/** Among them missing ones, infinite ones, NaN, levels never seen, moments before 1970 and far off. */
const questions = `SELECT id, CASE id % 9 WHEN 0 THEN NULL WHEN 1 THEN TIMESTAMP '1903-02-28 23:59:59.999' WHEN 2 THEN TIMESTAMP '2400-02-29'
    WHEN 3 THEN TIMESTAMP '0044-03-15 12:00:00' WHEN 4 THEN TIMESTAMP '2020-12-31 23:30:00' ELSE moment END AS moment,
  CASE id % 8 WHEN 0 THEN NULL WHEN 1 THEN DATE '1968-02-29' WHEN 2 THEN DATE '2021-01-03' ELSE day END AS day,
  CASE id % 16 WHEN 3 THEN 'inf'::DOUBLE WHEN 5 THEN '-inf'::DOUBLE WHEN 7 THEN 'NaN'::DOUBLE ELSE x * 1.5 END AS x,
  far + 1e6 AS far, CASE WHEN id % 10 = 0 THEN NULL ELSE small * 2 END::FLOAT AS small, (money + 1.25)::DECIMAL(9,2) AS money,
  CASE WHEN id % 21 = 4 THEN 1e300 ELSE hole END AS hole, flag, CASE WHEN id % 6 = 0 THEN 'never' ELSE kind END AS kind,
  CASE WHEN id % 12 = 1 THEN 'Å' WHEN id % 12 = 2 THEN 'b × b' ELSE place END AS place,
  CASE WHEN id % 8 = 1 THEN 9 ELSE shift END::INTEGER AS shift, words, CASE WHEN id % 9 = 4 THEN NULL ELSE other END AS other, "a column"
  FROM (${rowsSql(5_000, 5_120)})`;

type Case = {
  readonly name: string;
  readonly label: string;
  readonly options: string;
  readonly features: string;
};

const numbers = 'x, far, small, money, hole, flag, kind, "a column"';
const expansions = `expand = (hour(moment), weekday(moment), day(day), week(moment), month(day), quarter(moment), year(moment),
  season(day, weekday, month, year), cycle(moment, hour), cycle(moment, day), cycle(day, week), cycle(moment, year), elapsed(day),
  spline(x, -1, 2), cubic_spline(far, 1000100000, 1000300000, 1000600000, 1000900000), interaction(x, hole, flag), interaction(kind, place),
  interaction(place, shift, flag))`;

const cases: readonly Case[] = [
  { name: 'ridge', label: 'y', options: 'method = ridge, l2 = 0.7', features: numbers },
  { name: 'ridge that drops rows', label: 'y', options: 'method = ridge, missing = drop', features: numbers },
  {
    name: 'ridge over numbers as categories',
    label: 'y',
    options: 'method = ridge, categorical = (shift, money, flag, day)',
    features: 'x, shift, money, flag, place, day',
  },
  {
    name: 'expansions',
    label: 'y',
    options: `method = ridge, l2 = 3, ${expansions}`,
    features: 'x, kind, far, hole, flag, moment, day',
  },
  {
    name: 'expansions that drop rows',
    label: 'y',
    options: `method = ridge, l2 = 3, missing = drop, ${expansions}`,
    features: 'x, far, hole, flag',
  },
  {
    name: 'several labels, pooled levels',
    label: 'y',
    options: 'method = ridge, labels = (z), rare = 60',
    features: 'x, hole, kind, place',
  },
  { name: 'least squares', label: 'y', options: 'method = linear', features: numbers },
  { name: 'elastic net', label: 'y', options: 'method = elastic_net, l1 = 20, l2 = 1', features: numbers },
  {
    name: 'principal components',
    label: 'y',
    options: 'method = pca, components = 3',
    features: 'x, far, hole, flag',
  },
  { name: 'group means', label: 'y', options: 'method = group_means, smoothing = 3', features: 'kind' },
  {
    name: 'seasonal means',
    label: 'y',
    options: 'method = seasonal_means, expand = (season(moment, weekday, hour))',
    features: 'moment',
  },
  { name: 'Gaussian naive Bayes', label: 'class', options: 'method = gaussian_nb', features: numbers },
  {
    name: 'multinomial naive Bayes',
    label: 'class',
    options: 'method = multinomial_nb',
    features: 'words, other, kind',
  },
  { name: 'Bernoulli naive Bayes', label: 'yes', options: 'method = bernoulli_nb', features: 'flag, kind' },
  { name: 'linear discriminant', label: 'yes', options: 'method = lda', features: 'x, far, hole, words' },
  {
    name: 'linear discriminant of three',
    label: 'grade',
    options: 'method = lda',
    features: 'x, far, hole, kind',
  },
  {
    name: 'quadratic discriminant',
    label: 'class',
    options: 'method = qda, regularization = 0.1',
    features: 'x, hole, words, flag, kind',
  },
  {
    name: 'quadratic discriminant that drops rows',
    label: 'yes',
    options: 'method = qda, regularization = 0.1, missing = drop',
    features: 'x, hole, words',
  },
  { name: 'logistic regression', label: 'yes', options: 'method = logistic, l2 = 1', features: numbers },
  {
    name: 'logistic regression of three',
    label: 'class',
    options: 'method = logistic, l2 = 1',
    features: 'x, hole, kind, flag',
  },
  {
    name: 'Poisson regression',
    label: 'words',
    options: 'method = poisson, l2 = 1',
    features: 'x, hole, kind, flag',
  },
  {
    name: 'Gamma regression',
    label: 'amount',
    options: 'method = gamma, l2 = 1',
    features: 'x, hole, kind, flag',
  },
  { name: 'Huber regression', label: 'y', options: 'method = huber, l2 = 1, delta = 2', features: numbers },
];

describe('an exported model answers as PREDICT does', () => {
  let db: Everview;
  beforeAll(async () => {
    ({ db } = await openEverview());
    await db.sql(
      `CREATE TABLE t (${columns}); INSERT INTO t BY NAME SELECT * EXCLUDE (i, score) FROM (${rowsSql(0, 600)});`,
    );
  });
  afterAll(() => db.close());

  it.each(cases)(
    '$name',
    async ({ label, options, features }) => {
      const labels = options.includes('labels = (z)') ? `${label}, z` : label;
      const own = [
        ...new Set([
          'moment',
          'day',
          'x',
          'far',
          'small',
          'money',
          'hole',
          'flag',
          'kind',
          'place',
          'shift',
          '"a column"',
          'words',
          'other',
        ]),
      ].filter((name) => name !== label);
      await db.sql(`DROP TRAINING SET IF EXISTS s CASCADE; CREATE TRAINING SET s WITH (label = ${label}) AS SELECT ${labels}, ${own.join(', ')} FROM t;
        CREATE MODEL m WITH (${options}) AS SELECT ${features} FROM s; REFRESH m;`);
      const bytes = await db.exportModel('m');
      const { rows: inputs } = await db.query(`SELECT * FROM (${questions}) ORDER BY id`);
      const { rows: answered } = await db.query(`SELECT * FROM PREDICT(m, (${questions})) ORDER BY id`);
      const added = Object.keys(answered[0] ?? {}).filter((name) => !(name in (inputs[0] ?? {})));
      const expected = answered.map((row) =>
        Object.fromEntries(added.map((name) => [name, plain(row[name])])),
      );
      expectAlike(await rowAnswers(db, inputs), expected, 'one row at a time');
      expectAlike(
        await answersOfNode(bytes, textual(inputs, options.includes('categorical'))),
        expected,
        'onnxruntime-node',
      );
      expectAlike(
        await answersOfWeb(bytes, textual(inputs, options.includes('categorical'))),
        expected,
        'onnxruntime-web',
      );
      const given = expected.filter((row) => row[added[0] ?? ''] !== null).length;
      expect(given).toBeGreaterThan(20);
    },
    60_000,
  );
});

/** Dates that are categories come as the text that DuckDB prints. */
function textual(rows: readonly Row[], isText: boolean): readonly Row[] {
  if (!isText) return rows;
  return rows.map((row) => ({
    ...row,
    day: row.day instanceof Date ? row.day.toISOString().slice(0, 10) : null,
  }));
}

async function rowAnswers(db: Everview, inputs: readonly Row[]): Promise<RuntimeAnswer[]> {
  const { rows } = await db.query(
    `SELECT parameters FROM everview.model_versions WHERE model = 'm' AND status = 'promoted'`,
  );
  const parameters = readParameters(String(rows[0]?.parameters));
  if (parameters === null) throw new Error('no parameters');
  const predict = createRowPredictor(parameters);
  return inputs.map((row) => {
    const values = predict(row);
    return Object.fromEntries(Object.entries(values ?? {}).map(([name, value]) => [name, plain(value)]));
  });
}

function plain(value: SqlValue | undefined): number | string | boolean | null {
  if (value === undefined || value === null) return null;
  if (typeof value === 'number') return Number.isNaN(value) ? null : value;
  if (typeof value === 'string') return value;
  if (typeof value === 'bigint') return Number(value);
  return typeof value === 'boolean' ? value : String(value);
}

/** Classes are texts in a row's prediction and in a file. */
function expectAlike(own: readonly RuntimeAnswer[], expected: readonly RuntimeAnswer[], who: string): void {
  const largest = Math.max(
    1e-3,
    ...expected.flatMap((row) =>
      Object.values(row).map((v) => (Number.isFinite(v) ? Math.abs(Number(v)) : 0)),
    ),
  );
  expected.forEach((row, index) => {
    for (const [name, value] of Object.entries(row)) {
      const other = own[index]?.[name] ?? null;
      const told = `${who}: ${name} of row ${index}`;
      if (typeof value === 'number' && typeof other === 'number' && value !== other)
        expect(
          Math.abs(other - value) / Math.min(largest, Math.max(1e-3, Math.abs(value))),
          told,
        ).toBeLessThan(1e-9);
      else if (name === 'prediction_certain' && value === null) expect(other ?? false, told).toBe(false);
      else expect(other === null ? null : String(other), told).toBe(value === null ? null : String(value));
    }
  });
}
