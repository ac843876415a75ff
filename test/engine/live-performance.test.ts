import { afterEach, describe, expect, it } from 'vitest';
import type { Everview, SimulatedClock } from '../../src/index.ts';
import { longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

let db: Everview;
let clock: SimulatedClock;

afterEach(() => db.close());

const world = (method: string, label: string, more = '') => `
  CREATE TABLE t (id BIGINT PRIMARY KEY, seen TIMESTAMP, x DOUBLE, kind VARCHAR, y DOUBLE, late BOOLEAN);
  CREATE TRAINING SET s WITH (label = ${label}) AS SELECT id, x, kind, ${label} FROM t;
  CREATE MODEL m WITH (method = '${method}', refresh = manual, log_predictions = (id), slices = (kind)${more})
    AS SELECT * EXCLUDE (id, kind) FROM s;
  INSERT INTO t SELECT i, NULL, i % 10, 'a', 2 * (i % 10), i % 10 > 4 FROM range(100) r(i);
  REFRESH m;`;

async function opened(method = 'ridge', label = 'y', more = ', l2 = 0'): Promise<void> {
  ({ db, clock } = await openEverview());
  await db.sql(world(method, label, more));
}

/** Rows whose label is not known yet. */
async function arrive(from: number, to: number, columns = `i % 10, 'b', NULL, NULL`): Promise<void> {
  await db.sql(`INSERT INTO t SELECT i, NULL, ${columns} FROM range(${from}, ${to}) r(i)`);
}

const predict = (where: string) =>
  db.query(`SELECT id, prediction FROM PREDICT(m, (SELECT id, x FROM t WHERE ${where}))`);

const logged = async (columns = '*') =>
  (await db.query(`SELECT ${columns} FROM everview.predictions ORDER BY prediction_id`)).rows;

const states = async () =>
  Object.fromEntries(
    (
      await db.query(
        `SELECT state, count(*)::INTEGER AS n FROM everview.predictions GROUP BY ALL ORDER BY ALL`,
      )
    ).rows.map(({ state, n }) => [state, n]),
  );

describe('predictions that are logged', () => {
  it('are held against the label that comes later, once for each version', async () => {
    await opened();
    await arrive(100, 110);
    await predict('id >= 100');
    await predict('id >= 105');
    expect(await db.performance('m')).toMatchObject([
      { metric: 'rmse', version: 1, rows: 0, score: null, logged: 10, waiting: 10 },
      { metric: 'mae', rows: 0 },
    ]);
    // Off by 1 and by 3: √mean of squares is √5.
    await db.sql(
      `UPDATE t SET y = 2 * x + CASE WHEN id % 2 = 0 THEN 1 ELSE 3 END WHERE id >= 100 AND id < 104`,
    );
    const [rmse, mae] = await db.performance('m');
    expect(rmse).toMatchObject({ rows: 4, score: expect.closeTo(Math.sqrt(5), 6), waiting: 6, lower: null });
    expect(mae).toMatchObject({ rows: 4, score: expect.closeTo(2, 6), interval: 'asymptotic' });
    expect(await states()).toEqual({ scored: 4, waiting: 6 });
    const [first] = await logged();
    expect(first).toMatchObject({ model: 'm', model_version: 1n, key: ['100'], label_version: 3n });
    expect(first?.['loss']).toBeCloseTo(1, 6);
    expect(await db.performance('m', { per: 'kind' })).toMatchObject([
      { slice: 'kind', value: 'b', metric: 'rmse', rows: 4 },
      { slice: 'kind', value: 'b', metric: 'mae', rows: 4 },
    ]);
    // Another version answers, and is counted apart.
    await db.sql('REFRESH m FULL');
    await predict('id >= 104');
    await db.sql('UPDATE t SET y = 2 * x WHERE id >= 104');
    const versions = await db.performance('m');
    expect(versions.map(({ version, metric, rows }) => [version, metric, rows])).toEqual([
      [1, 'rmse', 10],
      [1, 'mae', 10],
      [2, 'rmse', 6],
      [2, 'mae', 6],
    ]);
  });

  it('are all that PREDICT was given in a query that was answered, whatever the query made of them', async () => {
    await opened();
    await arrive(100, 120);
    const version = db.version;
    await db.query(
      `SELECT avg(prediction) FROM PREDICT(m, (SELECT id, x FROM t WHERE id >= 100 AND id < 105))`,
    );
    await db.query(`SELECT prediction FROM PREDICT(m, (SELECT id::VARCHAR AS id, x FROM t WHERE id = 105))`);
    const stream = await db.stream(`SELECT prediction FROM PREDICT(m, (SELECT id, x FROM t WHERE id = 106))`);
    for await (const _ of stream.batches());
    // No key, no key's value, no prediction given.
    await db.query(`SELECT prediction FROM PREDICT(m, (SELECT x FROM t))`);
    await db.query(`SELECT prediction FROM PREDICT(m, (SELECT NULL AS id, x FROM t))`);
    await db.query(`SELECT count(*) FROM EXPLAIN_PREDICT(m, (SELECT id, x FROM t))`);
    await failureOf(db.query(`SELECT error(prediction::VARCHAR) FROM PREDICT(m, (SELECT id, x FROM t))`));
    await db.step();
    const keys = (await logged('key')).map(({ key }) => String(key));
    expect(keys).toEqual(['100', '101', '102', '103', '104', '105', '106']);
    expect(db.version).toBe(version);
  });

  it('need a key', async () => {
    await opened();
    const refusal = (key: string, method = 'ridge') =>
      failureOf(
        db.sql(`CREATE MODEL n WITH (method = '${method}', log_predictions = (${key})) AS SELECT x FROM s`),
      );
    expect(await refusal('nothing')).toMatchObject({ code: 'unknown-column' });
    expect(await refusal('y')).toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining('label'),
    });
    expect(await refusal('x')).toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining('DOUBLE'),
    });
    expect(await refusal('kind')).toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining('(kind) is no key of "s", of which 100 rows have (a)'),
    });
    expect(await refusal('id', 'pca')).toMatchObject({ code: 'invalid-option' });
    expect(await failureOf(db.sql('SHOW PERFORMANCE OF m PER x'))).toMatchObject({ code: 'unknown-column' });
    expect(await failureOf(db.sql('SHOW PERFORMANCE OF t'))).toMatchObject({ code: 'wrong-kind' });
  });

  longTests(() => {
    it('cost nothing where no model asks for it', async () => {
      await opened();
      await db.sql('ALTER MODEL m SET (log_predictions = ())');
      await predict('id < 10');
      await db.step();
      expect(await logged()).toEqual([]);
      expect(await db.sql('SHOW PERFORMANCE')).toMatchObject([
        { rows: [], message: expect.stringContaining('nothing') },
      ]);
    });

    it('say nothing where the label was there before, and history tells which was', async () => {
      await opened();
      await arrive(100, 104);
      await predict('id >= 98');
      // Of what is looked for now, 98 and 99 had their label, 100 has it since, though nobody has looked in between.
      await db.sql('UPDATE t SET y = 2 * x WHERE id = 100');
      await predict('id IN (100, 101)');
      await db.sql('UPDATE t SET y = 2 * x WHERE id = 101');
      await db.step();
      expect(await states()).toEqual({ known: 2, scored: 2, waiting: 2 });
      // Another version predicts what has its label already.
      await db.sql('REFRESH m FULL');
      await predict('id = 100');
      await db.sql('UPDATE t SET y = 2 * x WHERE id = 102');
      await db.performance();
      expect(await states()).toEqual({ known: 3, scored: 3, waiting: 1 });
    });

    it('say nothing where the label was there before, is gone for a while, and back', async () => {
      await opened();
      await arrive(100, 110);
      await predict('id >= 90');
      await db.sql('DELETE FROM t');
      await db.step();
      expect(await states()).toEqual({ known: 10, waiting: 10 });
      await arrive(90, 110, `i % 10, 'b', 7, NULL`);
      await db.performance();
      expect(await states()).toEqual({ known: 10, scored: 10 });
    });

    it('keep the label that came first', async () => {
      await opened();
      await arrive(100, 101);
      await predict('id = 100');
      await db.sql('UPDATE t SET y = 2 * x + 1 WHERE id = 100');
      const [before] = await db.performance('m');
      await db.sql('UPDATE t SET y = 2 * x + 50 WHERE id = 100');
      expect((await db.performance('m'))[0]).toEqual(before);
      await db.sql('DELETE FROM t WHERE id = 100');
      expect((await db.performance('m'))[0]).toEqual(before);
      expect(before).toMatchObject({ rows: 1, score: expect.closeTo(1, 6) });
    });

    it('wait for the label as long as the training set says that it takes', async () => {
      ({ db, clock } = await openEverview());
      await db.sql(`
      CREATE TABLE t (id BIGINT PRIMARY KEY, seen TIMESTAMP, x DOUBLE, y DOUBLE);
      CREATE TRAINING SET s WITH (label = y, event_time = seen, label_delay = INTERVAL '1 day') AS SELECT id, seen, x, y FROM t;
      CREATE MODEL m WITH (method = 'ridge', l2 = 0, refresh = manual, log_predictions = (id))
        AS SELECT * EXCLUDE (id) FROM s;
      INSERT INTO t SELECT i, now()::TIMESTAMP - INTERVAL '5 days', i, 2 * i FROM range(50) r(i);
      REFRESH m;`);
      // Rows that come whole: the label is there, and nobody is to know it.
      await db.sql(
        `INSERT INTO t SELECT i, now()::TIMESTAMP - INTERVAL '1 hour', i, 2 * i + 1 FROM range(50, 60) r(i)`,
      );
      await db.query('SELECT count(prediction) FROM PREDICT(m, t)');
      await db.step();
      expect(await states()).toEqual({ known: 50, waiting: 10 });
      clock.advanceMs(22 * 3_600_000);
      await db.step();
      expect(await states()).toEqual({ known: 50, waiting: 10 });
      clock.advanceMs(3_600_000);
      await db.step();
      expect(await states()).toEqual({ known: 50, scored: 10 });
      expect((await db.performance())[0]).toMatchObject({ rows: 10, score: expect.closeTo(1, 6) });
    });

    it('find labels of a training set that follows the clock', async () => {
      ({ db, clock } = await openEverview());
      await db.sql(`
      CREATE TABLE t (id BIGINT PRIMARY KEY, seen TIMESTAMP, x DOUBLE, y DOUBLE);
      CREATE TRAINING SET s WITH (label = y) AS SELECT id, x, y FROM t WHERE seen < now()::TIMESTAMP - INTERVAL '1 day';
      CREATE MODEL m WITH (method = 'ridge', l2 = 0, refresh = manual, log_predictions = (id)) AS SELECT x FROM s;
      INSERT INTO t SELECT i, now()::TIMESTAMP - INTERVAL '5 days', i, 2 * i FROM range(50) r(i);
      INSERT INTO t SELECT i, now()::TIMESTAMP, i, 2 * i + 1 FROM range(50, 60) r(i);
      REFRESH m;`);
      await db.query(
        'SELECT count(prediction) FROM PREDICT(m, (SELECT id, x FROM t WHERE id > 48 AND id < 55))',
      );
      clock.advanceMs(23 * 3_600_000);
      await db.query(
        'SELECT count(prediction) FROM PREDICT(m, (SELECT id, x FROM t WHERE id > 48 AND id < 57))',
      );
      clock.advanceMs(2 * 3_600_000);
      await db.query('SELECT count(prediction) FROM PREDICT(m, (SELECT id, x FROM t WHERE id > 48))');
      await db.step();
      // 49 and the last three had their label when they were predicted; of the others the first prediction counts.
      expect(await states()).toEqual({ known: 4, scored: 7 });
    });

    it('are counted as hold-outs are: classes', async () => {
      await opened('gaussian_nb', 'late', '');
      await arrive(100, 160);
      const { rows } = await db.query(
        `SELECT id, x, prediction, probability FROM PREDICT(m, (SELECT id, x FROM t WHERE id >= 100)) ORDER BY id`,
      );
      await db.sql('UPDATE t SET late = (id % 4 = 0) WHERE id >= 100');
      const came = (id: unknown) => Number(id) % 4 === 0;
      const mean = (of: (row: (typeof rows)[number]) => number) =>
        rows.reduce((sum, row) => sum + of(row), 0) / rows.length;
      const p = (row: (typeof rows)[number]) => Number(row['probability']);
      const [accuracy, logLoss, brier] = await db.performance('m');
      expect(accuracy).toMatchObject({
        metric: 'accuracy',
        interval: 'time-uniform',
        score: expect.closeTo(
          mean((row) => Number(row['prediction'] === came(row['id']))),
          9,
        ),
      });
      const given = (row: (typeof rows)[number]) => (came(row['id']) ? p(row) : 1 - p(row));
      const bounded = (share: number) => Math.min(1 - 2 ** -52, Math.max(2 ** -52, share));
      expect(logLoss?.score).toBeCloseTo(
        mean((row) => -Math.log(bounded(given(row)))),
        6,
      );
      expect(brier?.score).toBeCloseTo(
        mean((row) => (p(row) - Number(came(row['id']))) ** 2),
        9,
      );
      expect(accuracy?.lower).toBeLessThan(accuracy?.score ?? 0);
      expect(accuracy?.upper).toBeGreaterThan(accuracy?.score ?? 1);
    });

    it('are in the file when it is closed, and go on when it is opened again', async () => {
      await using file = await temporaryDatabase();
      const { path } = file;
      ({ db, clock } = await openEverview({ path }));
      await db.sql(world('ridge', 'y', ', l2 = 0'));
      await arrive(100, 110);
      await predict('id >= 100');
      await db.close();
      ({ db, clock } = await openEverview({ path, clock }));
      expect(await states()).toEqual({ new: 10 });
      await db.sql('UPDATE t SET y = 2 * x + 1 WHERE id < 105 AND id >= 100');
      await db.performance();
      await db.close();
      ({ db, clock } = await openEverview({ path, clock }));
      await db.sql('UPDATE t SET y = 2 * x + 3 WHERE id >= 105');
      expect((await db.performance())[1]).toMatchObject({
        metric: 'mae',
        rows: 10,
        score: expect.closeTo(2, 6),
      });
    });

    it('are forgotten after their time, and with the model', async () => {
      await opened('ridge', 'y', `, prediction_retention = INTERVAL '10 days'`);
      await arrive(100, 110);
      await predict('id >= 100 AND id < 105');
      await db.step();
      clock.advanceMs(6 * 86_400_000);
      await predict('id >= 105');
      await db.step();
      clock.advanceMs(5 * 86_400_000);
      await db.step();
      expect((await logged('key')).map(({ key }) => String(key))).toEqual([
        '105',
        '106',
        '107',
        '108',
        '109',
      ]);
      await db.sql('DROP MODEL m');
      expect(await logged()).toEqual([]);
      expect((await db.query('SELECT * FROM everview.performance')).rows).toEqual([]);
    });

    it('stay when the model is declared anew, unless they wait for what is no label of it', async () => {
      await opened();
      await arrive(100, 104);
      await predict('id >= 100');
      await db.sql('UPDATE t SET y = 2 * x + 1 WHERE id = 100');
      await db.performance();
      await db.sql(`CREATE OR REPLACE MODEL m WITH (method = 'ridge', l2 = 5, refresh = manual, log_predictions = (id))
      AS SELECT * EXCLUDE (id, kind) FROM s`);
      expect(await states()).toEqual({ scored: 1, waiting: 3 });
      await db.sql('ALTER MODEL m SET (log_predictions = ())');
      expect(await states()).toEqual({ scored: 1 });
      await db.sql('REFRESH m');
      await predict('id >= 100');
      await db.step();
      expect(await states()).toEqual({ scored: 1 });
      expect(await db.performance('m')).toMatchObject([{ version: 1, rows: 1 }, { rows: 1 }]);
    });

    it('wait in memory while an update is open', async () => {
      await opened();
      await arrive(100, 102);
      await db.transaction(async (update) => {
        await predict('id = 100');
        await update.execute('UPDATE t SET y = 2 * x + 1 WHERE id = 100');
        await db.query('SELECT count(*) FROM everview.predictions');
      });
      await db.step();
      expect(await states()).toEqual({ scored: 1 });
    });
  });
});

describe('a version that does worse than its promotion promised', () => {
  const hours = (count: number) => `now()::TIMESTAMP - INTERVAL '${count} hours'`;

  async function answering(more: string): Promise<void> {
    ({ db, clock } = await openEverview());
    await db.sql(`
      CREATE TABLE t (id BIGINT PRIMARY KEY, seen TIMESTAMP, x DOUBLE, y DOUBLE);
      CREATE TRAINING SET s WITH (label = y, event_time = seen, holdout = INTERVAL '1 day') AS SELECT id, seen, x, y FROM t;
      CREATE MODEL m WITH (method = 'ridge', l2 = 0, refresh = manual, log_predictions = (id)${more})
        AS SELECT * EXCLUDE (id) FROM s;
      INSERT INTO t SELECT i, CASE WHEN i < 300 THEN ${hours(48)} ELSE ${hours(2)} END, i % 10, 2 * (i % 10) + i % 3
        FROM range(400) r(i);
      REFRESH m;`);
  }

  /** Rows are predicted, and their labels come one by one in `looks`, each of which is looked at. */
  async function live(from: number, rows: number, looks: number, error: string): Promise<void> {
    await db.sql(
      `INSERT INTO t SELECT i, now()::TIMESTAMP, i % 10, NULL FROM range(${from}, ${from + rows}) r(i)`,
    );
    await db.query(`SELECT count(prediction) FROM PREDICT(m, (SELECT id, x FROM t WHERE id >= ${from}))`);
    for (let look = 0; look < looks; look++) {
      await db.sql(`UPDATE t SET y = 2 * x + ${error} WHERE id >= ${from} AND id % ${looks} = ${look}`);
      await db.sql('SHOW PERFORMANCE OF m');
    }
  }

  const incidents = async () =>
    (
      await db.query(
        'SELECT kind, name, subject, state, severity FROM everview.incidents ORDER BY incident_id',
      )
    ).rows;

  it('is an incident, once, and is paused where the model says so, until another answers', async () => {
    await answering(', pause_on = block');
    await live(400, 300, 7, 'id % 3');
    expect(await incidents()).toEqual([]);
    const [before] = await db.performance('m');
    expect(before?.atPromotion).toBeGreaterThan(before?.lower ?? 9);
    expect(before?.atPromotion).toBeLessThan(before?.upper ?? 0);
    await live(700, 300, 3, '9');
    expect(await incidents()).toEqual([
      { kind: 'live-performance', name: 'm', subject: 'version 1', state: 'open', severity: 'block' },
    ]);
    const ask = () => db.query('SELECT prediction FROM PREDICT(m, (SELECT 1.0 AS x))');
    expect(await failureOf(ask())).toMatchObject({ code: 'predictions-paused' });
    await db.sql('REFRESH m FULL');
    expect((await ask()).models).toEqual({ m: 2 });
    await db.step();
    expect(await incidents()).toMatchObject([{ subject: 'version 1', state: 'resolved' }]);
  });

  longTests(() => {
    it('is not told to be stood in for where a refresh comes first', async () => {
      await answering(', pause_on = block, fallback = 0');
      await live(400, 300, 3, '90');
      expect(await incidents()).toMatchObject([{ kind: 'live-performance', state: 'open' }]);
      const asked = 'SELECT prediction FROM PREDICT(m, (SELECT 1.0 AS x))';
      expect((await db.execute(`EXPLAIN ${asked}`)).standIns).toMatchObject([{ by: 'the value 0' }]);
      expect((await db.query(asked)).standIns).toMatchObject([{ by: 'the value 0' }]);
      await db.sql('ALTER MODEL m SET (refresh = auto, max_rows = 1)');
      const { rows, standIns } = await db.execute(`EXPLAIN ${asked}`);
      expect(standIns).toBeUndefined();
      expect(rows.find(({ name, chosen }) => name === 'm' && chosen)).toMatchObject({
        plan: 'refresh',
        detail: expect.not.stringContaining('answers'),
      });
      const given = await db.query(asked);
      expect([given.models, given.standIns]).toEqual([{ m: 2 }, undefined]);
    });

    it('is held against what the gate would have let pass', async () => {
      await answering(', gate = (rmse <= 20)');
      await live(400, 300, 2, '9');
      expect(await incidents()).toEqual([]);
      await live(700, 300, 2, '90');
      expect(await incidents()).toMatchObject([{ kind: 'live-performance', state: 'open' }]);
      await db.sql(`ACCEPT INCIDENT 1 FOR INTERVAL '7 days'`);
      await live(1_000, 100, 1, '90');
      expect(await incidents()).toMatchObject([{ state: 'accepted' }]);
    });
  });
});

longTests(() => {
  describe('an estimate without labels', () => {
    it('is the mean confidence, of rows whose tables are judged and clean', async () => {
      await opened('gaussian_nb', 'late', '');
      await arrive(100, 150);
      const ask =
        'SELECT id, x, prediction, probability FROM PREDICT(m, (SELECT id, x FROM t WHERE id >= 100))';
      await db.query(ask);
      const accuracy = async () => (await db.performance('m'))[0];
      expect(await accuracy()).toMatchObject({ metric: 'accuracy', rows: 0, estimate: null, waiting: 50 });
      await db.sql('ALTER TABLE t SET (profile = on)');
      await arrive(150, 200);
      const { rows } = await db.query(ask.replace('100', '150'));
      const confidence = rows.map(({ prediction, probability }) =>
        prediction === true ? Number(probability) : 1 - Number(probability),
      );
      const mean = confidence.reduce((sum, one) => sum + one, 0) / 50;
      expect(await accuracy()).toMatchObject({
        estimate: expect.closeTo(mean, 9),
        estimatedRows: 50,
        waiting: 100,
      });
      // An incident of the table: the rows may not be what they seem.
      await db.sql(`ALTER TABLE t SET (on_violation = quarantine)`);
      await db.sql(`INSERT INTO t VALUES (1, NULL, 1, 'a', 1, true)`);
      expect(await accuracy()).toMatchObject({ estimate: null, estimatedRows: null });
      await db.sql('RESOLVE INCIDENT 1');
      expect(await accuracy()).toMatchObject({ estimatedRows: 50 });
    });
  });
});
