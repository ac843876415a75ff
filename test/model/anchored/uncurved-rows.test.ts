import { expect, it } from 'vitest';
import { firstOf, longTests } from '../../support/depth.ts';
import { openEverview } from '../../support/open-everview.ts';

it.each(firstOf([2.5, 6.6, 20, 500]))(
  'fits Huber to two rows %d apart, beyond whose delta nothing is curved',
  async (apart) => {
    const { db } = await openEverview();
    await db.sql(`
    CREATE TABLE t (x DOUBLE, y DOUBLE);
    CREATE TRAINING SET s WITH (label = y) AS SELECT * FROM t;
    CREATE MODEL m WITH (method = huber, delta = 1.5, l2 = 1, refresh = manual) AS SELECT * FROM s;
    INSERT INTO t SELECT i % 9, 100 + i % 7 * 3 FROM range(40) r(i)`);
    await db.refresh('m');
    // What answered before is where the fit starts from: both rows are far from it.
    await db.sql(`DELETE FROM t; INSERT INTO t VALUES (1, 7), (4, 7 + ${apart})`);
    await db.refresh('m');
    // With x as ±1 the slope b is 2ψ(r), by the gradient, and the rows are 2b + 2r apart, r from the line each.
    const slope = Math.min(apart / 3, 2 * 1.5);
    const { rows } = await db.query('SELECT x, prediction FROM PREDICT(m, t) ORDER BY x');
    const [low, high] = rows.map(({ prediction }) => Number(prediction));
    expect(Number(high) - Number(low)).toBeCloseTo(2 * slope, 6);
    await db.close();
  },
);

it('comes near least absolute deviations with a delta next to nothing', async () => {
  const { db } = await openEverview();
  await db.sql(`
    CREATE TABLE t (x DOUBLE, y DOUBLE);
    CREATE TRAINING SET s WITH (label = y) AS SELECT * FROM t;
    CREATE MODEL m WITH (method = huber, delta = 1e-6, l2 = 0) AS SELECT * FROM s;
    INSERT INTO t SELECT i % 7, i % 13 FROM range(300) r(i)`);
  const { rows } = await db.query(
    'SELECT avg(abs(y - prediction)) AS own, avg(abs(y - 6)) AS median FROM PREDICT(m, s)',
  );
  expect(rows[0]?.own).toBeCloseTo(Number(rows[0]?.median), 6);
  await db.close();
});

longTests(() => {
  it('gets to the optimum where most labels lie beyond delta', async () => {
    const { db } = await openEverview();
    await db.sql(`
    CREATE TABLE t (x DOUBLE, z DOUBLE, y DOUBLE);
    CREATE TRAINING SET s WITH (label = y) AS SELECT * FROM t;
    CREATE MODEL m WITH (method = huber, delta = 0.3, l2 = 0, expand = (spline(x, -1, 1), interaction(x, z)))
      AS SELECT x, z FROM s;
    INSERT INTO t SELECT x, z, 20 * x + z / 300 + 9 * sin(i * 12.9898) + CASE WHEN i % 4 = 0 THEN 500 * cos(i) ELSE 0 END
      FROM (SELECT i, 3 * sin(i * 1.7) AS x, 1e6 + i * 7919 % 10000 AS z FROM range(60) r(i))`);
    const { rows } = await db.query(`
    SELECT sum(slope) AS intercept, sum(slope * x) AS x, sum(slope * (z - 1e6)) / 1e4 AS z,
      sum(slope * x * (z - 1e6)) / 1e4 AS product
    FROM (SELECT *, greatest(-0.3, least(0.3, prediction - y)) AS slope FROM PREDICT(m, s))`);
    for (const gradient of Object.values(rows[0] ?? {})) expect(gradient).toBeCloseTo(0, 6);
    await db.close();
  });
});
