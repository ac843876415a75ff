import { expect, test } from 'vitest';
import { probabilityNames } from '../../src/model/head.ts';
import { openEverview } from '../support/open-everview.ts';

const classes = ['X', 'x', 'x_1'];

test('classes that differ in case alone have columns of their own', async () => {
  expect(probabilityNames(classes)).toEqual(['probability_X', 'probability_x_2', 'probability_x_1']);
  expect(probabilityNames(['a', 'A', 'A_1', 'a_1'])).toEqual([
    'probability_a',
    'probability_A_2',
    'probability_A_1',
    'probability_a_1_1',
  ]);
  const { db, clock } = await openEverview();
  await using engine = db;
  clock.advanceMs(Date.UTC(2026, 1, 1) - clock.nowMs());
  await engine.sql(`
    CREATE TABLE t (id INTEGER PRIMARY KEY, happened TIMESTAMP, a DOUBLE, b DOUBLE, k VARCHAR) WITH (event_time = happened);
    INSERT INTO t SELECT i, TIMESTAMP '2026-01-01' + INTERVAL (i) HOUR, sin(i), cos(i * 1.1),
      CASE WHEN sin(i) > 0.3 THEN 'x' WHEN sin(i) < -0.3 THEN 'X' ELSE 'x_1' END FROM range(720) r(i);
    CREATE TRAINING SET s WITH (label = k, event_time = happened, holdout = INTERVAL '7 days') AS SELECT * FROM t;
    CREATE MODEL m WITH (method = 'gaussian_nb', gate = (log_loss <= 3)) AS SELECT a, b, k FROM s;
    REFRESH m`);
  const { rows } = await engine.query(
    `SELECT k, prediction, "probability_X" AS p0, probability_x_2 AS p1, probability_x_1 AS p2
     FROM PREDICT(m, (SELECT a, b, k FROM t WHERE happened > TIMESTAMP '2026-01-25'))`,
  );
  let loss = 0;
  for (const { k, prediction, p0, p1, p2 } of rows) {
    const probabilities = [p0, p1, p2].map(Number);
    expect(probabilities.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 12);
    expect(prediction).toBe(classes[probabilities.indexOf(Math.max(...probabilities))]);
    loss -= Math.log(probabilities[classes.indexOf(String(k))] ?? Number.NaN) / rows.length;
  }
  expect(loss).toBeLessThan(1);
  const { rows: gates } = await engine.query('SELECT passed, candidate FROM everview.gates');
  expect(gates).toMatchObject([{ passed: true }]);
  expect(Number(gates[0]?.candidate)).toBeCloseTo(loss, 9);
});
