import { copyFile } from 'node:fs/promises';
import { afterEach, expect, it } from 'vitest';
import type { Everview } from '../../src/index.ts';
import { longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

let db: Everview;

afterEach(() => db.close());

/** A model `m` over labelled rows 0 to 99; the label of 100 to 109 is not known yet. */
const world = (label = 'y', type = 'DOUBLE', value = '2 * (i % 10)', method = 'ridge') => `
  CREATE TABLE t (id BIGINT PRIMARY KEY, x DOUBLE, ${label} ${type});
  CREATE TRAINING SET s WITH (label = ${label}) AS SELECT id, x, ${label} FROM t;
  CREATE MODEL m WITH (method = '${method}', refresh = manual, log_predictions = (id)) AS SELECT x FROM s;
  INSERT INTO t SELECT i, i % 10, ${value} FROM range(100) r(i);
  REFRESH m;
  INSERT INTO t SELECT i, i % 10, NULL FROM range(100, 110) r(i);`;

const predict = (where = 'id >= 100') =>
  db.query(`SELECT id, prediction FROM PREDICT(m, (SELECT id, x FROM t WHERE ${where}))`);

const logged = async () =>
  (await db.query('SELECT model, model_version, key[1] AS key, state FROM everview.predictions ORDER BY ALL'))
    .rows;

it('are not those of a model that had the name before', async () => {
  ({ db } = await openEverview());
  await db.sql(world());
  await predict();
  await db.sql(`DROP MODEL m;
    CREATE MODEL m WITH (method = 'ridge', refresh = manual, log_predictions = (id)) AS SELECT x FROM s;
    REFRESH m`);
  await predict('id = 100');
  await db.step();
  expect(await logged()).toEqual([{ model: 'm', model_version: 2n, key: '100', state: 'waiting' }]);
});

it('are of rows as they are, and the same when they are predicted again', async () => {
  ({ db } = await openEverview());
  await db.sql(world());
  const ask = (input: string) => db.query(`SELECT count(prediction) FROM PREDICT(m, (${input}))`);
  await ask('SELECT id, x FROM t AT (VERSION => 1)');
  await db.query('WITH old AS (SELECT id, x FROM t AT (VERSION => 1)) SELECT * FROM PREDICT(m, old)');
  await ask('SELECT id, random() AS x FROM t');
  await ask('SELECT id, x FROM t USING SAMPLE 3 ROWS');
  // What is beside the input does not matter.
  await db.query(
    `SELECT random(), (SELECT count(*) FROM t AT (VERSION => 1)) FROM PREDICT(m, (SELECT id, x FROM t WHERE id = 105))`,
  );
  await db.step();
  expect(await logged()).toMatchObject([{ key: '105' }]);
});

it('are none where a view that holds predictions is read, however it is', async () => {
  ({ db } = await openEverview({ forced: 'full' }));
  await db.sql(`${world()}
    CREATE MATERIALIZED VIEW told WITH (refresh = manual, max_rows = 0, on_stale_read = compensate) AS
      SELECT id, prediction FROM PREDICT(m, (SELECT id, x FROM t))`);
  await db.sql('INSERT INTO t VALUES (110, 1, NULL)');
  expect((await db.query('SELECT * FROM told')).rows).toHaveLength(111);
  await db.step();
  expect(await logged()).toEqual([]);
});

longTests(() => {
  it('are not those of another key', async () => {
    ({ db } = await openEverview());
    await db.sql(world());
    await predict();
    await db.sql(`CREATE OR REPLACE TRAINING SET s WITH (label = y) AS SELECT id, id + 100 AS nr, x, y FROM t;
    ALTER MODEL m SET (log_predictions = (nr))`);
    await db.step();
    expect(await logged()).toEqual([]);
  });

  it('are in the file since the last round when the process is killed, and are counted once after that', async () => {
    await using file = await temporaryDatabase();
    await using left = await temporaryDatabase();
    const { db: killed, clock } = await openEverview({ path: file.path });
    await killed.sql(world());
    const ask = (where: string) =>
      killed.query(`SELECT prediction FROM PREDICT(m, (SELECT id, x FROM t WHERE ${where}))`);
    await ask('id BETWEEN 100 AND 104');
    await killed.step();
    await killed.sql('UPDATE t SET y = 2 * x + 1 WHERE id IN (100, 101)');
    await killed.performance();
    await ask('id > 104');
    await killed.sql('UPDATE t SET y = 2 * x + 1 WHERE id > 101');
    // What a process leaves that ends here.
    for (const end of ['', '.wal']) await copyFile(`${file.path}${end}`, `${left.path}${end}`);
    await killed.close();
    ({ db } = await openEverview({ path: left.path, clock }));
    const states = async () => (await logged()).map(({ key, state }) => `${key} ${state}`);
    expect(await states()).toEqual(['100 scored', '101 scored', '102 waiting', '103 waiting', '104 waiting']);
    await predict();
    expect((await db.performance('m'))[1]).toMatchObject({
      metric: 'mae',
      rows: 5,
      score: expect.closeTo(1, 1),
    });
    expect((await states()).slice(4)).toEqual(['104 scored', ...[5, 6, 7, 8, 9].map((i) => `10${i} known`)]);
    const { rows } = await db.query('SELECT DISTINCT prediction_id FROM everview.predictions');
    expect(rows).toHaveLength(10);
  });

  it('are of the version that stood in for a paused one, and not of what is no version of it', async () => {
    ({ db } = await openEverview());
    await db.sql(`
    CREATE TABLE t (id BIGINT PRIMARY KEY, x DOUBLE CHECK (x > -5), y DOUBLE) WITH (on_violation = warn);
    CREATE TRAINING SET s WITH (label = y) AS SELECT id, x, y FROM t;
    CREATE MODEL m WITH (method = 'ridge', refresh = manual, hold_on = never, pause_on = notice, fallback = previous,
      log_predictions = (id)) AS SELECT x FROM s;
    INSERT INTO t SELECT i, i, 2 * i FROM range(20) r(i);
    REFRESH m;
    INSERT INTO t VALUES (20, -9, 100);
    REFRESH m`);
    const ask = (id: number) => db.query(`SELECT prediction FROM PREDICT(m, (SELECT ${id} AS id, 3.0 AS x))`);
    expect((await ask(100)).models).toEqual({ m: 1 });
    await db.sql('ALTER MODEL m SET (fallback = 7)');
    expect((await ask(101)).rows).toEqual([{ prediction: 7 }]);
    await db.sql('RESOLVE INCIDENT 1');
    await ask(102);
    await db.step();
    expect(await logged()).toMatchObject([
      { model_version: 1n, key: '100' },
      { model_version: 2n, key: '102' },
    ]);
  });

  it('go on where the training set of another model fails', async () => {
    ({ db } = await openEverview());
    await db.sql(world());
    await db.sql(`
    CREATE TABLE u (id BIGINT PRIMARY KEY, x DOUBLE, y VARCHAR);
    CREATE TRAINING SET a WITH (label = y) AS SELECT id, x, CAST(y AS DOUBLE) AS y FROM u;
    CREATE MODEL before_m WITH (method = 'ridge', refresh = manual, log_predictions = (id)) AS SELECT x FROM a;
    INSERT INTO u SELECT i, i, i::VARCHAR FROM range(20) r(i);
    REFRESH before_m;`);
    await db.query('SELECT prediction FROM PREDICT(before_m, (SELECT 77 AS id, 1.0 AS x))');
    await predict('id = 100');
    await db.sql(`INSERT INTO u VALUES (77, 1, 'oops'); UPDATE t SET y = 1 WHERE id = 100`);
    expect(await failureOf(db.step())).toMatchObject({ code: 'invalid-query' });
    expect(await logged()).toMatchObject([
      { model: 'before_m', state: 'new' },
      { model: 'm', state: 'scored' },
    ]);
    expect((await db.performance('m'))[0]).toMatchObject({ rows: 1 });
  });

  it('are of one row of the training set, and of rows whose key is whole', async () => {
    ({ db } = await openEverview());
    await db.sql(`
    CREATE TABLE t (a BIGINT, b VARCHAR, x DOUBLE, y DOUBLE);
    CREATE TRAINING SET s WITH (label = y) AS SELECT a, b, x, y FROM t;
    CREATE MODEL m WITH (method = 'ridge', refresh = manual, log_predictions = (a, b)) AS SELECT x FROM s;
    INSERT INTO t SELECT i, i::VARCHAR, i, i FROM range(20) r(i);
    REFRESH m;
    INSERT INTO t VALUES (NULL, 'z', 1, NULL), (50, NULL, 1, NULL), (51, 'q', 1, NULL), (51, 'q', 2, NULL),
      (52, '', 1, NULL);`);
    await db.query('SELECT * FROM PREDICT(m, (SELECT a, b, x FROM t WHERE y IS NULL))');
    await db.step();
    await db.sql('UPDATE t SET y = 3 WHERE y IS NULL');
    expect((await db.performance('m'))[0]).toMatchObject({ rows: 1, logged: 2 });
    expect(await logged()).toMatchObject([
      { key: '51', state: 'ambiguous' },
      { key: '52', state: 'scored' },
    ]);
  });

  it('are scored whatever a class is called', async () => {
    ({ db } = await openEverview());
    await db.sql(world('y', 'VARCHAR', `CASE WHEN i % 2 = 0 THEN 'even' ELSE 'odd' END`, 'gaussian_nb'));
    await predict();
    await db.sql(`UPDATE t SET y = 'constructor' WHERE id >= 100`);
    expect(await db.performance('m')).toMatchObject([
      { metric: 'accuracy', score: 0, rows: 10 },
      { metric: 'log_loss', score: expect.closeTo(-Math.log(Number.EPSILON), 6) },
      { metric: 'brier', score: expect.any(Number) },
    ]);
  });

  it('are told apart by the first 200 values of a slice, and all count in the whole', async () => {
    ({ db } = await openEverview());
    await db.sql(`CREATE TABLE t (id BIGINT PRIMARY KEY, x DOUBLE, g VARCHAR, y DOUBLE);
    CREATE TRAINING SET s WITH (label = y) AS SELECT * FROM t;
    CREATE MODEL m WITH (method = 'ridge', refresh = manual, log_predictions = (id), slices = (g))
      AS SELECT x FROM s;
    INSERT INTO t SELECT i, i % 10, 'g' || i, i % 10 FROM range(450) r(i);
    REFRESH m;
    INSERT INTO t SELECT i, i % 10, 'g' || (i % 225), NULL FROM range(500, 950) r(i)`);
    await predict('id >= 500');
    await db.step();
    await db.sql('UPDATE t SET y = x WHERE id >= 500');
    await db.performance();
    const { rows } = await db.query(`SELECT slice, count(*) AS series, sum(rows)::INTEGER AS labels
    FROM everview.performance WHERE metric = 'mae' GROUP BY slice ORDER BY slice NULLS FIRST`);
    expect(rows).toEqual([
      { slice: null, series: 1n, labels: 450 },
      { slice: 'g', series: 200n, labels: 400 },
    ]);
  });
});
