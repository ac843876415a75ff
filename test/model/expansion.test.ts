import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Everview } from '../../src/index.ts';
import { createRowPredictor } from '../../src/index.ts';
import { readParameters } from '../../src/model/parameters-json.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';

const rows = `SELECT i AS id, TIMESTAMP '1969-12-20' + i * INTERVAL '257 minutes 13.2505 seconds' AS moment,
  DATE '2020-02-27' + (i * 3)::INTEGER AS day, sin(i) * 10 AS x, (i % 3 = 0) AS flag, i % 4 AS grade,
  CASE WHEN i % 17 = 0 THEN NULL ELSE 'p' || i % 5 END AS place,
  CASE WHEN i % 11 = 0 THEN NULL ELSE ['Große Straße 7', 'the cat, the DOG', '', 'x1 x2  x1', 'čas летит', 'ΟΔΟΣ', 'İstanbul'][1 + i % 7] END AS note,
  i % 5 + greatest(0, sin(i) * 10) + cos(i) * 0.1 AS y FROM range(600) r(i)`;

const expansions = `(hour(moment), weekday(moment), day(moment), week(moment), month(moment), quarter(moment), year(moment), week(day), weekday(day),
  cycle(moment, 'hour'), cycle(moment, 'day'), cycle(moment, 'week'), cycle(day, 'year'), elapsed(day),
  spline(x, -3, 0, 4.5), cubic_spline(x, -8, -2, 3, 9), interaction(x, flag), interaction(place, grade), hash(note, 8))`;

describe('features made of columns', () => {
  let db: Everview;
  beforeAll(async () => {
    ({ db } = await openEverview());
    await db.sql(`
      CREATE TABLE t (id BIGINT PRIMARY KEY, moment TIMESTAMP, day DATE, x DOUBLE, flag BOOLEAN, grade INTEGER, place VARCHAR,
        note VARCHAR, y DOUBLE);
      INSERT INTO t ${rows};
      CREATE TRAINING SET s WITH (label = y) AS SELECT * EXCLUDE (id) FROM t;
      CREATE MODEL m WITH (method = ridge, l2 = 0.5, categorical = (grade), rare = 30, expand = ${expansions}) AS SELECT * FROM s;
    `);
  });
  afterAll(() => db.close());

  it('are the same in SQL and for one row in JavaScript', async () => {
    const { rows: versions } = await db.query(`SELECT parameters FROM everview.model_versions`);
    await db.refresh('m');
    const again = await db.query(`SELECT parameters FROM everview.model_versions WHERE status = 'promoted'`);
    expect(versions.length).toBeLessThanOrEqual(1);
    const parameters = readParameters(String(again.rows[0]?.parameters));
    if (parameters === null) throw new Error('no parameters');
    const predict = createRowPredictor(parameters);
    const { rows: predicted } = await db.query('SELECT * FROM PREDICT(m, t) ORDER BY id');
    expect(predicted.length).toBe(600);
    for (const row of predicted) {
      const one = Number(predict(row)?.prediction);
      expect(Math.abs(one - Number(row.prediction))).toBeLessThan(1e-9);
    }
  });

  it('make a better model, which answers for inputs never seen', async () => {
    const { rows: bare } = await db.query(`
      SELECT sqrt(avg((y - prediction) ** 2)) AS rmse, stddev_pop(y) AS spread FROM PREDICT(m, t)`);
    expect(Number(bare[0]?.rmse)).toBeLessThan(0.6 * Number(bare[0]?.spread));
    const { rows: unseen } = await db.query(`
      SELECT prediction FROM PREDICT(m, (SELECT TIMESTAMP '2031-05-05 12:00' AS moment, DATE '2040-01-01' AS day, 50.0 AS x, true AS flag,
        99 AS grade, 'new' AS place, 'never seen words' AS note))`);
    expect(Number.isFinite(Number(unseen[0]?.prediction))).toBe(true);
  });

  it.each([
    ['hour(place)', 'invalid-option', /cannot read "place", which is VARCHAR/],
    ['hour(momentt)', 'unknown-column', /names "momentt"/],
    ['spline(y, 1)', 'invalid-option', /makes a feature of the label/],
    ['interaction(place, x)', 'invalid-option', /cannot read "x", which is DOUBLE/],
    ['spline(x, 3, 1)', 'invalid-option', /in rising order/],
    ["cycle(moment, 'moon')", 'invalid-option', /one of 'hour', 'day'/],
    ['hours(moment)', 'invalid-option', /did you mean hour/],
    ['hash(note, 1)', 'invalid-option', /how many buckets/],
  ])('are refused as %s', async (expansion, code, message) => {
    const failure = await failureOf(
      db.execute(`CREATE MODEL n WITH (method = ridge, expand = (${expansion})) AS SELECT * FROM s`),
    );
    expect(failure).toMatchObject({ code });
    expect(failure.message).toMatch(message);
    expect(failure.place).toBeDefined();
  });
});
