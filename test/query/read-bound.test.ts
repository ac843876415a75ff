import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Everview } from '../../src/index.ts';
import { mayReadBound } from '../../src/query/read-bound.ts';
import { type DuckdbStore, openDuckdbStore } from '../../src/store/duckdb-store.ts';
import { openEverview } from '../support/open-everview.ts';

let db: Everview;
let store: DuckdbStore;

beforeAll(async () => {
  store = await openDuckdbStore(':memory:');
  ({ db } = await openEverview());
  await db.sql(`
    CREATE TABLE labelled (x DOUBLE, z DOUBLE, y BOOLEAN);
    INSERT INTO labelled SELECT i % 7, i % 5, i % 7 + i % 5 + i % 3 > 5 FROM range(200) r(i);
    CREATE TABLE points (id INTEGER, x DOUBLE, z DOUBLE);
    INSERT INTO points SELECT i, i, 9 - 2 * i FROM range(6) r(i);
    CREATE TRAINING SET examples WITH (label = y) AS SELECT * FROM labelled;
    CREATE MODEL sure WITH (method = logistic, l2 = 1.0) AS SELECT * FROM examples;
    CREATE TABLE predicted (
      id INTEGER, x DOUBLE, z DOUBLE, prediction BOOLEAN, probability DOUBLE, prediction_bound DOUBLE, prediction_certain BOOLEAN);
    INSERT INTO predicted SELECT * FROM PREDICT(sure, points);
  `);
});

afterAll(async () => {
  await db.close();
  await store.close();
});

/** Queries over the rows of a call, for which `…` stands, and whether they read its bounds. */
const queries: readonly (readonly [string, string, boolean])[] = [
  ['by name', 'SELECT id, "Prediction_Bound" < 1 AS small FROM … AS p', true],
  ['by a name with its rows', 'SELECT id, p.prediction_certain FROM … AS p', true],
  ['all', 'SELECT * FROM … AS p', true],
  ['FROM alone', 'FROM … AS p', true],
  ['all but some', 'SELECT p.* EXCLUDE (prediction) FROM … AS p', true],
  ['columns by pattern', "SELECT COLUMNS('.*bo.*') FROM … AS p", true],
  ['by place', 'SELECT #1 AS id, #6 AS bound FROM … AS p', true],
  ['a row', 'SELECT p FROM … AS p', true],
  ['a row in another case', 'SELECT to_json(P)::VARCHAR AS text FROM … AS p', true],
  ['a row by the name of the model', 'SELECT sure.id, sure FROM … AS sure', true],
  ['a row from within', 'SELECT (SELECT p)::VARCHAR AS text FROM … AS p', true],
  ['joined by what is common', 'SELECT o.id FROM predicted AS o NATURAL JOIN … AS p', true],
  ['joined by name', 'SELECT o.id FROM predicted AS o JOIN … AS p USING (id, prediction_bound)', true],
  ['renamed', 'SELECT f FROM … AS p(a, b, c, d, e, f, g)', true],
  ['pivoted', 'SELECT id FROM (FROM … AS p PIVOT (count() FOR prediction IN (true, false)))', true],
  ['described', 'SELECT column_name FROM (DESCRIBE FROM … AS p)', true],
  ['in a CTE', 'WITH q AS (FROM … AS p) SELECT id FROM q WHERE prediction_certain', true],
  ['the prediction', 'SELECT id, prediction, probability FROM … AS p', false],
  ['of its rows', 'SELECT p.id, p.probability FROM … AS p', false],
  ['counted', 'SELECT count(*) AS n, avg(probability) AS mean FROM … AS p WHERE prediction', false],
  ['in a CTE by name', 'WITH q AS (SELECT id, probability FROM … AS p) SELECT id FROM q', false],
];

describe('whether the bounds of predictions are read', () => {
  it.each(queries)('%s', async (_, query, expected) => {
    const called = query.replace('…', 'PREDICT(sure, points)');
    expect(mayReadBound(await store.parser.parse(called), /AS (p|sure)\b/.exec(called)?.[1] ?? 'sure')).toBe(
      expected,
    );
    const { rows: answered } = await db.query(`SELECT * FROM (${called}) ORDER BY ALL`);
    const { rows: kept } = await db.query(`SELECT * FROM (${query.replace('…', 'predicted')}) ORDER BY ALL`);
    expect(answered).toEqual(kept);
    expect(answered.length).toBeGreaterThan(0);
  });

  it('the name of the model in the call is no row', async () => {
    const tree = await store.parser.parse('SELECT id, prediction FROM PREDICT(sure, points)');
    expect(mayReadBound(tree, 'sure')).toBe(false);
  });
});

it('a column that an unread bound would be called by is refused all the same', async () => {
  const input = '(SELECT *, 1 AS prediction_bound FROM points)';
  await expect(db.query(`SELECT id FROM PREDICT(sure, ${input})`)).rejects.toThrow(
    'already has a column "prediction_bound"',
  );
  await expect(
    db.query(`SELECT id FROM PREDICT(sure, (SELECT *, 1 AS "PREDICTION_CERTAIN" FROM points))`),
  ).rejects.toThrow('already has a column "PREDICTION_CERTAIN"');
});
