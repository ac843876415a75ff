import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Everview, SimulatedClock } from '../../src/index.ts';
import { longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';
import { type TemporaryDatabase, temporaryDatabase } from '../support/temporary-database.ts';

let db: Everview;
let clock: SimulatedClock;
let place: TemporaryDatabase;

const world = `
  CREATE TABLE t (id INTEGER, x DOUBLE, y DOUBLE) WITH (on_replay = warn);
  CREATE TRAINING SET s WITH (label = y) AS SELECT x, y FROM t;
  CREATE MODEL m WITH (method = 'linear', max_staleness = NULL) AS SELECT * FROM s;
  CREATE MATERIALIZED VIEW shown WITH (refresh = immediate) AS SELECT id, prediction FROM PREDICT(m, (SELECT id, x FROM t));`;

/** One more fit: y = slope · x. */
async function fit(slope: number): Promise<void> {
  clock.advanceMs(60_000);
  await db.sql(`DELETE FROM t; INSERT INTO t SELECT i, i, ${slope} * i FROM range(1, 9) r(i); REFRESH m`);
}

async function versions() {
  const { rows } = await db.query('SELECT version, status FROM everview.model_versions ORDER BY version');
  return rows.map((row) => `${String(row.version)} ${String(row.status)}`);
}

async function slope(): Promise<number> {
  const { rows } = await db.query(
    `SELECT prediction FROM PREDICT(m, (SELECT 1.0 AS x)) WITH (on_stale_read = serve)`,
  );
  return Math.round(Number(rows[0]?.prediction) * 1e6) / 1e6;
}

async function decisions() {
  const columns = 'version, action, reason, who, why, incident_id AS incident';
  return (await db.query(`SELECT ${columns} FROM everview.promotions ORDER BY promotion_id`)).rows;
}

beforeEach(async () => {
  place = await temporaryDatabase();
  ({ db, clock } = await openEverview({ path: place.path }));
  await db.sql(world);
});

afterEach(async () => {
  await db.close();
  await place[Symbol.asyncDispose]();
});

describe('people decide which version answers', () => {
  it('a model that was held before anything answered says how it can', async () => {
    await db.execute('HOLD MODEL m');
    await fit(1);
    const failure = await failureOf(db.query('SELECT * FROM PREDICT(m, (SELECT 1.0 AS x))'));
    expect(failure).toMatchObject({
      code: 'no-model-version',
      hint: expect.stringContaining('version 1 is held'),
    });
    await db.execute('PROMOTE MODEL m VERSION 1');
    expect(await slope()).toBe(1);
    await db.sql('DROP MODEL m CASCADE');
    await db.sql(`CREATE MODEL m WITH (method = 'linear') AS SELECT * FROM s`);
    await fit(2);
    expect(await slope()).toBe(2);
  });

  it('a version that failed its gate, or is of another definition, never answers', async () => {
    await fit(1);
    await db
      .sql(`
      CREATE TRAINING SET timed WITH (label = y, event_time = happened, holdout = INTERVAL '1 hour') AS
        SELECT x, y, TIMESTAMP '2001-01-01' AS happened FROM t;
      CREATE MODEL gated WITH (method = 'linear', gate = (rmse <= 1)) AS SELECT * FROM timed;
      REFRESH gated;`)
      .catch(() => undefined);
    const { rows } = await db.query(
      `SELECT version, status FROM everview.model_versions WHERE model = 'gated'`,
    );
    expect(rows).toMatchObject([{ status: 'failed' }]);
    expect(await failureOf(db.execute('PROMOTE MODEL gated VERSION 1'))).toMatchObject({
      code: 'not-promotable',
      message: expect.stringContaining('failed its gate'),
      place: '1:29+1',
    });
    await db.sql(`CREATE OR REPLACE MODEL m WITH (method = 'ridge', l2 = 3) AS SELECT * FROM s`);
    expect((await failureOf(db.execute('ROLLBACK MODEL m TO VERSION 1'))).code).toBe('not-promotable');
  });

  it('refuses what is not there', async () => {
    expect((await failureOf(db.execute('HOLD MODEL nobody'))).code).toBe('unknown-relation');
    expect((await failureOf(db.execute('HOLD MODEL t'))).code).toBe('wrong-kind');
    expect((await failureOf(db.execute('PROMOTE MODEL m'))).code).toBe('no-model-version');
    expect((await failureOf(db.execute('ROLLBACK MODEL m TO VERSION 9'))).code).toBe('no-model-version');
    expect((await failureOf(db.decideModel('m', 'rollback'))).code).toBe('invalid-option');
    expect((await failureOf(db.execute('ROLLBACK MODEL m'))).code).toBe('syntax-error');
    await db.execute('BEGIN');
    expect((await failureOf(db.execute('HOLD MODEL m'))).code).toBe('transaction-state');
    await db.execute('ROLLBACK');
  });

  it('a rollback answers at once, and holds what comes until a promotion', async () => {
    await fit(1);
    await fit(2);
    await fit(3);
    expect(await versions()).toEqual(['1 superseded', '2 superseded', '3 promoted']);
    await db.execute(`ROLLBACK MODEL m TO VERSION 1 BY 'ana' BECAUSE 'support tickets'`);
    expect(await slope()).toBe(1);
    // Views that never lag moved in the same transaction.
    const { rows, models } = await db.query(
      'SELECT max(prediction) AS most FROM shown WITH (on_stale_read = serve)',
    );
    expect(Number(rows[0]?.most)).toBeCloseTo(8, 9);
    expect(models).toEqual({ m: 1 });
    await fit(4);
    expect(await slope()).toBe(1);
    expect(await versions()).toEqual(['1 promoted', '2 superseded', '3 superseded', '4 held']);
    await db.close();
    db = (await openEverview({ path: place.path, clock })).db;
    expect(await slope()).toBe(1);
    await fit(5);
    expect(await slope()).toBe(1);
    expect((await db.execute(`PROMOTE MODEL m`)).message).toBe('version 5 of model "m" answers');
    expect(await slope()).toBe(5);
    await fit(6);
    expect(await slope()).toBe(6);
    expect(await decisions()).toEqual([
      {
        version: 1n,
        action: 'rolled-back',
        reason: 'rolled-back',
        who: 'ana',
        why: 'support tickets',
        incident: null,
      },
      ...[4n, 5n].map((version) => ({
        version,
        action: 'candidate-held',
        reason: 'held-by-person',
        who: 'everview',
        why: null,
        incident: null,
      })),
      {
        version: 5n,
        action: 'promoted',
        reason: 'promoted-by-person',
        who: null,
        why: null,
        incident: null,
      },
    ]);
  });

  longTests(() => {
    it('a hold keeps what answers, a promotion by number takes any version that passed', async () => {
      await fit(1);
      await db.decideModel('m', 'hold', { because: 'release freeze' });
      await fit(2);
      await fit(3);
      expect(await slope()).toBe(1);
      expect(await db.decideModel('m', 'promote', { version: 2 })).toBe(2);
      expect(await slope()).toBe(2);
      expect(await versions()).toEqual(['1 superseded', '2 promoted', '3 held']);
      await fit(4);
      expect(await slope()).toBe(4);
      // Nothing waits: what answers goes on, and that it was asked is recorded.
      expect(await db.decideModel('m', 'promote')).toBe(4);
    });
  });
});

/** As `slope`, by the declared policy: stale answers are refreshed first. */
async function freshSlope(): Promise<number> {
  const { rows } = await db.query(
    'SELECT prediction FROM PREDICT(m, (SELECT 1.0 AS x)) WITH (max_staleness = 0)',
  );
  return Math.round(Number(rows[0]?.prediction) * 1e6) / 1e6;
}

describe('what ends a hold lets the newest that passed answer', () => {
  it('a promotion after a rollback', async () => {
    await fit(1);
    await fit(2);
    await db.execute('ROLLBACK MODEL m TO VERSION 1');
    await db.execute('REFRESH m');
    expect(await versions()).toEqual(['1 promoted', '2 superseded']);
    await db.execute(`ALTER MODEL m SET (on_stale_read = fail, max_staleness = 0)`);
    const predict = 'SELECT * FROM PREDICT(m, (SELECT 1.0 AS x))';
    expect(await failureOf(db.query(predict))).toMatchObject({
      code: 'staleness-exceeded',
      hint: expect.stringContaining('held by a person, and PROMOTE MODEL "m"'),
    });
    expect((await db.execute('PROMOTE MODEL m')).message).toBe('version 2 of model "m" answers');
    expect((await db.query(predict)).models).toEqual({ m: 2 });
  });

  longTests(() => {
    it('and one of an older version goes on with the rows there are', async () => {
      await fit(1);
      await fit(2);
      await db.execute('PROMOTE MODEL m VERSION 1');
      expect(await slope()).toBe(1);
      expect(await freshSlope()).toBe(2);
      expect(await versions()).toEqual(['1 superseded', '2 superseded', '3 promoted']);
    });

    it('the end of an incident, at the next refresh', async () => {
      await fit(1);
      await db.sql(`ALTER MODEL m SET (hold_on = notice); INSERT INTO t SELECT 1, 1, 9 FROM range(2)`);
      await db.sql(`INSERT INTO t SELECT 1, 1, 9 FROM range(2); REFRESH m`);
      expect(await versions()).toEqual(['1 promoted', '2 held']);
      const asked =
        'SELECT * FROM PREDICT(m, (SELECT 1.0 AS x)) WITH (on_stale_read = fail, max_staleness = 0)';
      expect((await failureOf(db.query(asked))).hint).toMatch(/ACCEPT or RESOLVE INCIDENT 1/);
      await db.close();
      db = (await openEverview({ path: place.path, clock })).db;
      expect((await db.execute('REFRESH m')).rows).toMatchObject([{ kind: 'none' }]);
      await db.execute('RESOLVE INCIDENT 1');
      expect((await failureOf(db.query(asked))).hint).toMatch(/^REFRESH "m"/);
      await db.execute('REFRESH m');
      expect(await versions()).toEqual(['1 superseded', '2 held', '3 promoted']);
      expect((await db.execute('REFRESH m')).rows).toMatchObject([{ kind: 'none' }]);
    });

    it('but not where no row is left to learn from', async () => {
      await fit(1);
      await db.sql('DELETE FROM t; REFRESH m');
      for (const statement of [
        'PROMOTE MODEL m',
        'PROMOTE MODEL m VERSION 1',
        'ROLLBACK MODEL m TO VERSION 1',
      ])
        expect(await failureOf(db.execute(statement)), statement).toMatchObject({
          code: 'not-promotable',
          message: expect.stringContaining('too few rows'),
        });
      await fit(2);
      expect(await slope()).toBe(2);
    });

    it.each([
      ['another definition', 'REFRESH m'],
      [
        'a model that was dropped since',
        "DROP MODEL m CASCADE; CREATE MODEL m WITH (method = 'ridge') AS SELECT * FROM s",
      ],
    ])('nor where it was %s that found none', async (_, next) => {
      await db.sql(`CREATE OR REPLACE MODEL m WITH (method = 'ridge', l2 = 1) AS SELECT * FROM s`);
      await fit(1);
      await db.sql(
        `DELETE FROM t; REFRESH m; ALTER MODEL m SET (l2 = 2); ${next}; ALTER MODEL m SET (l2 = 1)`,
      );
      await db.close();
      db = (await openEverview({ path: place.path, clock })).db;
      expect((await failureOf(db.execute('PROMOTE MODEL m VERSION 1'))).code).toBe('not-promotable');
      await fit(2);
      expect(await slope()).toBeGreaterThan(1.8);
    });
  });
});

describe('a candidate that learned from rows under an open incident', () => {
  const replay = () => db.sql('INSERT INTO t SELECT * FROM t; INSERT INTO t VALUES (20, 1, 9)');

  it('is held and says so, where the model cares for the severity', async () => {
    await fit(1);
    await db.execute(`ALTER MODEL m SET (hold_on = notice)`);
    await db.sql(`INSERT INTO t VALUES (20, 1, 9); INSERT INTO t VALUES (20, 1, 9); REFRESH m`);
    expect(await versions()).toEqual(['1 promoted', '2 held']);
    expect(await decisions()).toEqual([
      {
        version: 2n,
        action: 'candidate-held',
        reason: 'incident-open',
        who: 'everview',
        why: expect.stringContaining('the same rows came with update'),
        incident: 1n,
      },
    ]);
    await db.sql(`ACCEPT INCIDENT 1; INSERT INTO t VALUES (21, 1, 9); REFRESH m`);
    expect(await versions()).toEqual(['1 superseded', '2 held', '3 promoted']);
  });

  longTests(() => {
    it('and its predictions are paused where the model says so, until somebody has seen to it', async () => {
      await fit(1);
      await db.sql(`
      ALTER MODEL m SET (pause_on = notice);
      INSERT INTO t VALUES (20, 1, 9); INSERT INTO t VALUES (20, 1, 9)`);
      const predict = 'SELECT * FROM PREDICT(m, (SELECT 1.0 AS x))';
      for (const statement of [
        predict,
        `EXPLAIN ${predict}`,
        'SELECT * FROM shown',
        `INSERT INTO t SELECT 1, 1, prediction FROM PREDICT(m, (SELECT 1.0 AS x))`,
      ]) {
        const failure = await failureOf(db.execute(statement));
        expect(failure, statement).toMatchObject({
          code: 'predictions-paused',
          data: { model: 'm', incident: 1 },
        });
      }
      // What has no predictions in it answers.
      expect((await db.query('SELECT count(*) AS n FROM t')).rows).toEqual([{ n: 10n }]);
      await db.execute('ACCEPT INCIDENT 1');
      expect(await slope()).toBeGreaterThan(0);
    });

    it('answers where it does not', async () => {
      await fit(1);
      await replay();
      await replay();
      await db.execute('REFRESH m');
      expect(await versions()).toEqual(['1 superseded', '2 promoted']);
    });
  });
});
