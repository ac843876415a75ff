import { setTimeout as pause } from 'node:timers/promises';
import { afterEach, describe, expect, it } from 'vitest';
import { Everview, type SimulatedClock } from '../../src/index.ts';
import { firstOf, longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { forcedKind, openEverview } from '../support/open-everview.ts';

let db: Everview;
let clock: SimulatedClock;

afterEach(() => db?.close());

async function open(script: string, options: { historyVersions?: number } = {}): Promise<void> {
  ({ db, clock } = await openEverview(options));
  await db.sql(script);
}

async function deadlineRefreshes(): Promise<unknown[]> {
  const { rows } = await db.query(
    `SELECT name FROM everview.refreshes WHERE trigger = 'deadline' ORDER BY refresh_id`,
  );
  return rows.map((row) => row.name);
}

const minute = 60_000;

describe('step()', () => {
  it('refreshes what is due, earliest deadline first, and nothing twice', async () => {
    await open(`CREATE TABLE t (a INTEGER);
      CREATE MATERIALIZED VIEW late WITH (max_staleness = INTERVAL '10 minutes') AS SELECT count(*) AS n FROM t;
      CREATE MATERIALIZED VIEW soon WITH (max_staleness = INTERVAL '5 minutes') AS SELECT sum(a) AS s FROM t;
      CREATE MATERIALIZED VIEW rows_bound WITH (max_rows = 2) AS SELECT max(a) AS m FROM t;
      CREATE MATERIALIZED VIEW by_hand WITH (refresh = manual) AS SELECT min(a) AS m FROM t;
      CREATE MATERIALIZED VIEW on_read WITH (refresh = on_read) AS SELECT avg(a) AS m FROM t;
      INSERT INTO t VALUES (1), (2);`);
    expect(await db.step()).toBe(0);
    const { rows } = await db.query(
      'SELECT name, deadline FROM everview.staleness WHERE deadline IS NOT NULL ORDER BY deadline',
    );
    expect(rows.map((row) => row.name)).toEqual(['on_read', 'soon', 'late']);
    clock.advanceMs(5 * minute);
    expect(await db.step()).toBe(1);
    clock.advanceMs(5 * minute);
    await db.execute('INSERT INTO t VALUES (3)');
    expect(await db.step()).toBe(2);
    expect(await deadlineRefreshes()).toEqual(['soon', 'rows_bound', 'late']);
    expect(await db.step()).toBe(0);
    clock.advanceMs(5 * minute);
    expect(await db.step()).toBe(1);
    expect(await deadlineRefreshes()).toEqual(['soon', 'rows_bound', 'late', 'soon']);
  });

  it('refreshes the others when one fails, and then tells', async () => {
    await open(`CREATE TABLE t (a INTEGER);
      CREATE MATERIALIZED VIEW broken AS SELECT CASE WHEN a = 0 THEN error('zero')::INTEGER ELSE a END AS a FROM t;
      CREATE MATERIALIZED VIEW sound AS SELECT sum(a) AS s FROM t;
      INSERT INTO t VALUES (0);`);
    expect(await failureOf(db.step())).toMatchObject({ message: expect.stringContaining('zero') });
    expect(await deadlineRefreshes()).toEqual(['sound']);
    expect((await db.query('SELECT s::INTEGER AS s FROM sound')).path).toBe('fresh');
    // Taking the row out again by increments computes it once more.
    if (forcedKind() === 'incremental') return;
    await db.execute('DELETE FROM t');
    await db.refresh('broken', 'full');
    expect((await db.query('SELECT * FROM broken')).rows).toEqual([]);
  });

  it('refreshes a model when rows enter or leave its window by the clock alone', async () => {
    await open(`CREATE TABLE xy (ts TIMESTAMP, x DOUBLE, y DOUBLE);
      CREATE TRAINING SET ex WITH (label = y, event_time = ts, label_delay = INTERVAL '1 day', window = INTERVAL '10 days') AS
        SELECT ts, x, y FROM xy;
      CREATE MODEL line WITH (method = ridge, l2 = 1e-9) AS SELECT * FROM ex;
      INSERT INTO xy SELECT TIMESTAMP '2001-05-25 12:00:00' + i * INTERVAL 1 DAY, i, CASE WHEN i < 3 THEN 2 ELSE 5 END * i
        FROM range(8) r(i);`);
    expect(await db.step()).toBe(1);
    const trained = async () =>
      (await db.query(`SELECT training_rows::INTEGER AS rows FROM everview.models`)).rows[0]?.rows;
    expect(await trained()).toBe(6);
    expect(await db.step()).toBe(0);
    // At noon the label of the next row has arrived; later the first rows leave.
    clock.advanceMs(12 * 60 * minute);
    expect(await db.step()).toBe(1);
    expect(await trained()).toBe(7);
    clock.advanceMs(8 * 24 * 60 * minute);
    const read = await db.query('SELECT round(prediction, 3) AS p FROM PREDICT(line, (SELECT 10.0 AS x))');
    expect(read).toMatchObject({ path: 'refreshed-first', rows: [{ p: 50 }] });
    expect(await trained()).toBe(3);
    const { rows } = await db.query(
      `SELECT trigger, from_version = to_version AS same FROM everview.refreshes WHERE name = 'line' ORDER BY refresh_id`,
    );
    expect(rows).toMatchObject([
      { trigger: 'deadline' },
      { trigger: 'deadline', same: true },
      { trigger: 'read', same: true },
    ]);
  });

  longTests(() => {
    it('tries a candidate that failed its gate again only when there is something new', async () => {
      await open(`CREATE TABLE xy (ts TIMESTAMP, x DOUBLE, y DOUBLE);
      CREATE TRAINING SET ex WITH (label = y, event_time = ts, holdout = INTERVAL '1 day') AS SELECT ts, x, y FROM xy;
      CREATE MODEL line WITH (method = ridge, gate = (rmse <= 0.001)) AS SELECT * FROM ex;
      INSERT INTO xy SELECT TIMESTAMP '2001-05-20' + i * INTERVAL 1 HOUR, i, (i * 7919) % 13 FROM range(280) r(i);`);
      expect([await db.step(), await db.step()]).toEqual([1, 0]);
      expect(await failureOf(db.query('SELECT * FROM PREDICT(line, xy)'))).toMatchObject({
        code: 'no-model-version',
        hint: expect.stringMatching(
          /the gate asks for rmse <= 0\.001; the candidate's rmse is \d.*, the threshold 0\.001/,
        ),
      });
      expect((await db.query('SELECT count(*)::INTEGER AS n FROM everview.model_versions')).rows).toEqual([
        { n: 1 },
      ]);
    });
  });
});

describe('why no model version answers', () => {
  it.each(
    firstOf([
      ['no row at all', '', 'training set "ex" holds no row with a label'],
      [
        'rows out of the window',
        `INSERT INTO xy VALUES (TIMESTAMP '2001-01-01', 1, 1)`,
        /no labelled row of training set "ex" is in \(2001-05-22 00:00:00, 2001-05-31 00:00:00\] at the clock's 2001-06-01 00:00:00: .*; its rows are from 2001-01-01/,
      ],
      [
        'an empty hold-out',
        `INSERT INTO xy VALUES (TIMESTAMP '2001-05-25', 1, 1), (TIMESTAMP '2001-05-26', 2, 2)`,
        /no labelled row is in the hold-out, so "rmse <= 1" cannot be judged/,
      ],
    ] as const),
  )('%s', async (_, rows, hint) => {
    await open(`CREATE TABLE xy (ts TIMESTAMP, x DOUBLE, y DOUBLE);
      CREATE TRAINING SET ex WITH (label = y, event_time = ts, holdout = INTERVAL '1 day', window = INTERVAL '10 days')
        AS SELECT ts, x, y FROM xy;
      CREATE MODEL line WITH (method = ridge, gate = (rmse <= 1)) AS SELECT * FROM ex; ${rows}`);
    const failure = await failureOf(db.query('SELECT * FROM PREDICT(line, (SELECT 1.0 AS x))'));
    expect(failure.code).toBe('no-model-version');
    expect(failure.hint).toMatch(hint);
  });

  longTests(() => {
    it('rows that came since the last fit found none', async () => {
      await open(`CREATE TABLE xy (ts TIMESTAMP, x DOUBLE, y DOUBLE);
      CREATE TRAINING SET ex WITH (label = y, event_time = ts, window = INTERVAL '10 days') AS SELECT ts, x, y FROM xy;
      CREATE MODEL line WITH (method = ridge, max_staleness = INTERVAL '1 day') AS SELECT * FROM ex;
      REFRESH line;
      INSERT INTO xy VALUES (TIMESTAMP '2001-05-25', 1, 1), (TIMESTAMP '2001-05-26', 2, 2);
      REFRESH ex;`);
      expect((await failureOf(db.execute('WEIGHTS OF line'))).hint).toBe(
        'training set "ex" has had other rows since "line" was last fitted: REFRESH "line" fits it',
      );
      await db.sql('REFRESH line');
      expect((await db.execute('WEIGHTS OF line')).rows).toHaveLength(2);
    });
  });
});

describe('the scheduler in the background', () => {
  it('waits for the end of an update whose own queries have paid for a refresh', async () => {
    const failures: unknown[] = [];
    db = await Everview.open(':memory:', { onError: (failure) => failures.push(failure) });
    await db.sql(`CREATE TABLE t (x INTEGER, y INTEGER);
      INSERT INTO t SELECT i, 2 * i FROM range(9) AS numbers (i);
      CREATE TRAINING SET ex WITH (label = y) AS SELECT x, y FROM t;
      CREATE MODEL m WITH (method = ridge, max_staleness = INTERVAL '1 day', staleness_price = 1 PER ROW) AS
        SELECT x FROM ex;
      REFRESH m; INSERT INTO t VALUES (9, 9)`);
    await db.transaction(async () => {
      await db.query('FROM PREDICT(m, (SELECT 2 AS x))');
      await pause(100);
    });
    const paid = "FROM everview.refreshes WHERE name = 'm' AND trigger = 'staleness-cost'";
    while ((await db.query(paid)).rows.length === 0) await pause(10);
    expect(failures).toEqual([]);
  });

  it('keeps bounds by itself, goes on after failures, and closes while refreshing', async () => {
    const failures: unknown[] = [];
    db = await Everview.open(':memory:', {
      onError: (failure) => {
        failures.push(failure);
        throw new RangeError('whoever is told fails at it');
      },
      historyVersions: 0,
    });
    await db.sql(`CREATE TABLE t (a INTEGER);
    CREATE MATERIALIZED VIEW n WITH (max_staleness = INTERVAL '30 milliseconds', on_stale_read = serve) AS
      SELECT count(*)::INTEGER AS n FROM t;
    CREATE MATERIALIZED VIEW broken WITH (max_staleness = INTERVAL '30 milliseconds') AS
      SELECT CASE WHEN a = 0 THEN error('zero')::INTEGER ELSE a END AS a FROM t;`);
    const until = async (sql: string) => {
      while ((await db.query(sql)).rows.length === 0) await pause(10);
    };
    await db.execute('INSERT INTO t VALUES (1)');
    await until(`SELECT 1 AS one FROM everview.refreshes WHERE name = 'n' AND trigger = 'deadline'`);
    expect((await db.query('SELECT n FROM n')).rows).toEqual([{ n: 1 }]);
    await db.execute('INSERT INTO t VALUES (0)');
    await until(`SELECT 1 AS one FROM n WHERE n = 2`);
    while (failures.length === 0) await pause(10);
    expect(String(failures[0])).toContain('zero');
    await db.execute('DELETE FROM t');
    await until(`SELECT 1 AS one FROM n WHERE n = 0`);
    await db.sql('BEGIN; INSERT INTO t SELECT * FROM range(100000)');
    await pause(50);
    await db.close();
  });

  longTests(() => {
    it('keeps bounds while who is told of incidents does not listen, and sends no more once it closes', async () => {
      const sent: number[] = [];
      let listen = (): void => {};
      const listening = new Promise<void>((resolve) => {
        listen = resolve;
      });
      const send = async (deliveryId: number) => {
        sent.push(deliveryId);
        await listening;
      };
      db = await Everview.open(':memory:', { notifier: { send } });
      await db.sql(`CREATE TABLE t (a INTEGER CHECK (a > 0), b INTEGER CHECK (b > 0)) WITH (on_violation = quarantine);
      CREATE MATERIALIZED VIEW n WITH (max_staleness = INTERVAL '30 milliseconds', on_stale_read = serve) AS
        SELECT count(*)::INTEGER AS n FROM t;
      INSERT INTO t VALUES (-1, 1), (1, -1)`);
      while (sent.length === 0) await pause(10);
      await db.execute('INSERT INTO t VALUES (1, 1)');
      while ((await db.query('FROM n WHERE n = 1')).rows.length === 0) await pause(10);
      const closing = db.close();
      listen();
      await closing;
      expect(sent).toEqual([1]);
    });
  });
});

describe('a history horizon', () => {
  it('forgets behind every cursor, says so of older versions, and leaves views right', async () => {
    await open(
      `CREATE TABLE t (a INTEGER);
      CREATE MATERIALIZED VIEW sums AS SELECT sum(a)::INTEGER AS s FROM t;
      CREATE MATERIALIZED VIEW behind WITH (refresh = manual) AS SELECT sum(a)::INTEGER AS s FROM t;
      CREATE TRAINING SET ex WITH (label = a) AS SELECT a, a * 2 AS b FROM t;
      CREATE MODEL never WITH (method = ridge, refresh = manual) AS SELECT * FROM ex;`,
      { historyVersions: 2 },
    );
    const sum = async (sql: string) => (await db.query(sql)).rows[0]?.s;
    for (let a = 1; a <= 10; a++) await db.insert('t', [{ a }]);
    await db.step();
    expect(await sum('SELECT sum(a)::INTEGER AS s FROM t AT (VERSION => 1)')).toBe(1);
    await db.refresh('behind');
    await db.refresh('ex');
    await db.insert('t', [{ a: 100 }]);
    await db.step();
    expect(await failureOf(db.query('SELECT * FROM t AT (VERSION => 8)'))).toMatchObject({
      place: '1:15+1',
      code: 'history-expired',
      hint: 'the oldest version that can be read is 9',
    });
    expect(
      await failureOf(db.query(`SELECT * FROM t AT (TIMESTAMP => TIMESTAMP '2000-01-01')`)),
    ).toMatchObject({
      code: 'history-expired',
    });
    expect(await sum('SELECT sum(a)::INTEGER AS s FROM t AT (VERSION => 9)')).toBe(45);
    expect([await sum('SELECT s FROM sums'), await sum('SELECT s FROM behind')]).toEqual([155, 55]);
    await db.execute('DELETE FROM t WHERE a = 100');
    await db.refresh('behind', 'incremental');
    expect([await sum('SELECT s FROM sums'), await sum('SELECT s FROM behind')]).toEqual([55, 55]);
  });
});
