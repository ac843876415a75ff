import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Everview } from '../../src/index.ts';
import { firstOf, longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { forcedRefresh, openEverview } from '../support/open-everview.ts';

let db: Everview;

beforeEach(async () => {
  ({ db } = await openEverview());
});

afterEach(() => db.close());

const rowsOf = async (sql: string) => (await db.query(sql)).rows;

/** How the last refresh of an object was done. */
const lastRefresh = async (name: string) =>
  (
    await rowsOf(
      `SELECT kind, reason FROM everview.refreshes WHERE name = '${name}' ORDER BY refresh_id DESC LIMIT 1`,
    )
  )[0];

/** A way that is forced is taken first, whatever it is. */
const inFull = forcedRefresh() === 'full' ? {} : { kind: 'full', reason: 'change-failed' };

describe('a row that the query of a view fails for', () => {
  beforeEach(() =>
    db.sql(`
      CREATE TABLE t (id INTEGER PRIMARY KEY, code VARCHAR, y DOUBLE);
      INSERT INTO t SELECT i, i::VARCHAR, 2 * i FROM range(3000) r(i);
      CREATE MATERIALIZED VIEW codes WITH (refresh = incremental) AS SELECT id, CAST(code AS INTEGER) AS code FROM t;
      CREATE MATERIALIZED VIEW total WITH (refresh = incremental) AS SELECT sum(code) AS total FROM codes;
      REFRESH total`),
  );

  for (const repair of firstOf([`UPDATE t SET code = '7' WHERE id = -1`, 'DELETE FROM t WHERE id = -1']))
    it(`is no more in its way once it is put right: ${repair}`, async () => {
      await db.execute(`INSERT INTO t VALUES (-1, 'x', 0)`);
      const failure = await failureOf(db.query('SELECT * FROM total'));
      expect(failure.message).toMatch(/^"codes" cannot be computed: Could not convert string 'x' to INT32/);
      await db.execute(repair);
      const sum = repair.startsWith('UPDATE') ? 4_498_507 : 4_498_500;
      expect(await rowsOf('SELECT total::INTEGER AS total FROM total')).toEqual([{ total: sum }]);
      expect(await lastRefresh('codes')).toMatchObject(inFull);
      // Behind it all is as ever.
      await db.execute(`INSERT INTO t VALUES (-2, '1', 0)`);
      expect(await rowsOf('SELECT total::INTEGER AS total FROM total')).toEqual([{ total: sum + 1 }]);
      if (forcedRefresh() === undefined)
        expect(await lastRefresh('codes')).toEqual({ kind: 'incremental', reason: 'asked-incremental' });
    });
});

it('a model whose training set came over such a row is fitted in full', async () => {
  await db.sql(`
    CREATE TABLE t (id INTEGER PRIMARY KEY, x VARCHAR, y DOUBLE);
    INSERT INTO t SELECT i, i::VARCHAR, 2 * i + 1 FROM range(3000) r(i);
    CREATE TRAINING SET s WITH (label = y) AS SELECT CAST(x AS DOUBLE) AS x, y FROM t;
    CREATE MODEL m WITH (method = 'linear') AS SELECT * FROM s; REFRESH m;
    INSERT INTO t VALUES (-1, 'x', 0)`);
  expect((await failureOf(db.sql('REFRESH m'))).message).toMatch(/^"s" cannot be computed: /);
  await db.sql('DELETE FROM t WHERE id = -1; INSERT INTO t VALUES (3000, 3000, 6001); REFRESH m INCREMENTAL');
  // Few rows are as cheap to compute anew.
  expect(await lastRefresh('s')).toMatchObject({ kind: 'full' });
  expect(await lastRefresh('m')).toMatchObject(inFull);
  const [row] = await rowsOf('SELECT prediction FROM PREDICT(m, (SELECT 10 AS x))');
  expect(row?.prediction).toBeCloseTo(21, 6);
  await db.sql('INSERT INTO t VALUES (3001, 3001, 6003); REFRESH m INCREMENTAL');
  if (forcedRefresh() === undefined) expect(await lastRefresh('m')).toMatchObject({ kind: 'incremental' });
});

longTests(() => {
  it('labels are found although the change of their training set held such a row', async () => {
    await db.close();
    ({ db } = await openEverview({ forced: 'incremental' }));
    await db.sql(`
    CREATE TABLE t (id BIGINT PRIMARY KEY, x VARCHAR, y DOUBLE);
    INSERT INTO t SELECT i, i::VARCHAR, 2 * i + 1 FROM range(100) r(i);
    CREATE TRAINING SET s WITH (label = y) AS SELECT id, CAST(x AS DOUBLE) AS x, y FROM t;
    CREATE MODEL m WITH (method = 'linear', refresh = manual, log_predictions = (id)) AS SELECT x FROM s; REFRESH m;
    INSERT INTO t VALUES (100, '100', NULL)`);
    await rowsOf(
      'SELECT prediction FROM PREDICT(m, (SELECT id, CAST(x AS DOUBLE) AS x FROM t WHERE id = 100))',
    );
    await db.sql(
      `INSERT INTO t VALUES (-1, 'x', 0); DELETE FROM t WHERE id = -1; UPDATE t SET y = 201 WHERE id = 100`,
    );
    expect(await db.performance('m')).toMatchObject([
      { metric: 'rmse', rows: 1, waiting: 0 },
      { metric: 'mae' },
    ]);
    expect(await lastRefresh('s')).toMatchObject(inFull);
  });
});

describe('a model whose levels are all others than they were', () => {
  it.each(
    firstOf([
      ['kmeans', 'y'],
      ['group_means', 'y'],
      ['gaussian_nb', 'class'],
    ]),
  )('is fitted in full: %s', async (method, label) => {
    await db.sql(
      `
      CREATE TABLE t (id INTEGER PRIMARY KEY, k VARCHAR, y DOUBLE, class VARCHAR);
      INSERT INTO t SELECT i, 'a' || i % 1050, i % 7, 'c' || i % 2 FROM range(1200) r(i);
      CREATE TRAINING SET s WITH (label = ${label}) AS SELECT k, y, class FROM t;
      CREATE MODEL m WITH (method = ${method}, refresh = incremental, clusters = 2) AS SELECT k FROM s; REFRESH m;
      UPDATE t SET k = 'b' || id % 1050; REFRESH m`.replace(method === 'kmeans' ? '' : ', clusters = 2', ''),
    );
    expect(await lastRefresh('m')).toMatchObject(inFull);
    expect(await rowsOf(`SELECT count(prediction)::INTEGER AS n FROM PREDICT(m, s)`)).toEqual([{ n: 1200 }]);
  });
});

it.each(firstOf(['ridge', 'logistic', 'gaussian_nb']))(
  'a row that %s left out goes as it came, with its level',
  async (method) => {
    await db.sql(`
    CREATE TABLE t (id INTEGER PRIMARY KEY, c VARCHAR, x DOUBLE, y INTEGER);
    INSERT INTO t SELECT i, 'k' || i % 3, i * i % 17, i % 2 FROM range(3000) r(i);
    CREATE TRAINING SET s WITH (label = y) AS SELECT c, x, y FROM t;
    CREATE MODEL m WITH (method = ${method}) AS SELECT * FROM s; REFRESH m;
    INSERT INTO t VALUES (-1, 'only here', 'inf', 1); REFRESH m INCREMENTAL`);
    expect((await db.weights('m')).weights.map(({ level }) => level)).not.toContain('only here');
    await db.sql('DELETE FROM t WHERE id = -1; REFRESH m INCREMENTAL');
    if (forcedRefresh() === undefined) expect(await lastRefresh('m')).toMatchObject({ kind: 'incremental' });
  },
);
