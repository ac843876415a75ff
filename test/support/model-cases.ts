import type { Everview } from '../../src/index.ts';

const columns = `id BIGINT PRIMARY KEY, moment TIMESTAMP, day DATE, x DOUBLE, far DOUBLE, small FLOAT, money DECIMAL(9,2), hole DOUBLE,
  flag BOOLEAN, kind VARCHAR, place VARCHAR, shift INTEGER, words INTEGER, other INTEGER, "a column" DOUBLE,
  y DOUBLE, z DOUBLE, class VARCHAR, yes BOOLEAN, amount DOUBLE, grade INTEGER`;

/** Rows `from` … `to`; labels are functions of the features and some noise. */
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
export const questions = `SELECT id, CASE id % 9 WHEN 0 THEN NULL WHEN 1 THEN TIMESTAMP '1903-02-28 23:59:59.999' WHEN 2 THEN TIMESTAMP '2400-02-29'
    WHEN 3 THEN TIMESTAMP '0044-03-15 12:00:00' WHEN 4 THEN TIMESTAMP '2020-12-31 23:30:00' ELSE moment END AS moment,
  CASE id % 8 WHEN 0 THEN NULL WHEN 1 THEN DATE '1968-02-29' WHEN 2 THEN DATE '2021-01-03' ELSE day END AS day,
  CASE id % 16 WHEN 3 THEN 'inf'::DOUBLE WHEN 5 THEN '-inf'::DOUBLE WHEN 7 THEN 'NaN'::DOUBLE ELSE x * 1.5 END AS x,
  far + 1e6 AS far, CASE WHEN id % 10 = 0 THEN NULL ELSE small * 2 END::FLOAT AS small, (money + 1.25)::DECIMAL(9,2) AS money,
  CASE WHEN id % 21 = 4 THEN 1e300 ELSE hole END AS hole, flag, CASE WHEN id % 6 = 0 THEN 'never' ELSE kind END AS kind,
  CASE WHEN id % 12 = 1 THEN 'Å' WHEN id % 12 = 2 THEN 'b × b' ELSE place END AS place,
  CASE WHEN id % 8 = 1 THEN 9 ELSE shift END::INTEGER AS shift, words, CASE WHEN id % 9 = 4 THEN NULL ELSE other END AS other, "a column"
  FROM (${rowsSql(5_000, 5_120)})`;

export type ModelCase = {
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

export const modelCases: readonly ModelCase[] = [
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

/** A table `t` of rows to learn from. */
export async function fillTable(db: Everview): Promise<void> {
  await db.sql(`CREATE TABLE t (${columns});
    INSERT INTO t BY NAME SELECT * EXCLUDE (i, score) FROM (${rowsSql(0, 600)});`);
}

/** The case's model `m`, fitted; one that was there goes. */
export async function fitCase(db: Everview, { label, options, features }: ModelCase): Promise<void> {
  const labels = options.includes('labels = (z)') ? `${label}, z` : label;
  const own = ['moment', 'day', 'x', 'far', 'small', 'money', 'hole', 'flag', 'kind', 'place', 'shift'];
  const all = [...own, '"a column"', 'words', 'other'].filter((name) => name !== label);
  await db.sql(`DROP TRAINING SET IF EXISTS s CASCADE;
    CREATE TRAINING SET s WITH (label = ${label}) AS SELECT ${labels}, ${all.join(', ')} FROM t;
    CREATE MODEL m WITH (${options}) AS SELECT ${features} FROM s; REFRESH m;`);
}
