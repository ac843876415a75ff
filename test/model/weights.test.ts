import { describe, expect, it } from 'vitest';
import type { Everview, Row } from '../../src/index.ts';
import { everyOther, longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';

const questions = `(SELECT i * 0.7 - 4 AS x, CASE WHEN i % 5 = 0 THEN NULL ELSE i * 1.5 END AS hole, (i % 2 = 0) AS flag,
  'k' || i % 5 AS kind FROM range(30) r(i))`;

async function predictions(db: Everview, model: string): Promise<number[]> {
  await db.refresh(model);
  const { rows } = await db.query(`SELECT prediction FROM PREDICT(${model}, ${questions}) ORDER BY x`);
  return rows.map((row) => Number(row.prediction));
}

function expectSame(a: readonly number[], b: readonly number[]): void {
  expect(a.length).toBe(30);
  a.forEach((value, index) => {
    expect(Math.abs(value - (b[index] ?? Number.NaN)) / Math.max(1, Math.abs(value))).toBeLessThan(1e-9);
  });
}

type Example = {
  id: number;
  moment: Date;
  x: number;
  hole: number | null;
  flag: boolean;
  kind: string;
  w: number;
  y: number;
};

function example(random: Random, id: number, moment: Date): Example {
  const x = random.int(-500, 500) / 100;
  const hole = random.chance(0.2) ? null : random.int(0, 90) / 7;
  const kind = random.pick(['k0', 'k1', 'k2', 'k3']);
  const y = 3 + 2 * x + (hole ?? 5) + (kind === 'k1' ? 4 : 0) + random.int(-100, 100) / 50;
  return { id, moment, x, hole, flag: random.chance(0.4), kind, w: random.int(1, 4), y };
}

const columns =
  'id BIGINT PRIMARY KEY, moment TIMESTAMP, x DOUBLE, hole DOUBLE, flag BOOLEAN, kind VARCHAR, w DOUBLE, y DOUBLE';

describe.each(everyOther(['ridge', 'linear']))('weights of %s', (method) => {
  it('of n are n rows', async () => {
    const random = new Random(7);
    const { db } = await openEverview();
    await db.sql(`CREATE TABLE t (${columns});
      CREATE TRAINING SET once WITH (label = y) AS SELECT x, hole, flag, kind, w, y FROM t;
      CREATE TRAINING SET often WITH (label = y) AS SELECT x, hole, flag, kind, y FROM t, range(4) r(n) WHERE n < w;
      CREATE MODEL weighed WITH (method = ${method}, weight = w) AS SELECT * FROM once;
      CREATE MODEL repeated WITH (method = ${method}) AS SELECT * FROM often;`);
    for (let step = 0; step < 5; step++) {
      await db.insert(
        't',
        random.list(40, (place) => example(random, step * 100 + place, new Date(0))),
      );
      await db.execute(`DELETE FROM t WHERE id % ${5 + step} = ${step}`);
      expectSame(await predictions(db, 'weighed'), await predictions(db, 'repeated'));
    }
    await db.execute('DELETE FROM t WHERE id > 30');
    expectSame(await predictions(db, 'weighed'), await predictions(db, 'repeated'));
    const { rows } = await db.query(`SELECT training_rows FROM everview.models WHERE name = 'weighed'`);
    expect(rows[0]?.training_rows).toEqual(rows[0]?.training_rows);
    await db.close();
  });

  longTests(() => {
    it('that decay are those of the moment, whatever came before', async () => {
      const random = new Random(11);
      const { db, clock } = await openEverview();
      await db.sql(`CREATE TABLE t (${columns});
      CREATE TRAINING SET s WITH (label = y, event_time = moment, window = INTERVAL '20 days') AS SELECT moment, x, hole, flag, kind, w, y FROM t;
      CREATE MODEL m WITH (method = ${method}, weight = w, decay = INTERVAL '3 days') AS SELECT * FROM s;`);
      const hourMs = 3_600_000;
      for (let step = 0; step < 7; step++) {
        clock.advanceMs(random.int(1, 60) * hourMs);
        const now = clock.nowMs();
        await db.insert(
          't',
          random.list(25, (place) =>
            example(random, step * 100 + place, new Date(now - random.int(0, 200) * hourMs)),
          ),
        );
        if (step % 3 === 2) await db.execute(`DELETE FROM t WHERE id % 6 = ${step % 6}`);
        const maintained = await predictions(db, 'm');
        const { rows } = await db.query('SELECT * FROM t');
        expectSame(maintained, await fromScratch(rows, method, now, 3 * 24 * hourMs));
      }
      const { rows: kinds } = await db.query(`SELECT DISTINCT kind FROM everview.refreshes WHERE name = 'm'`);
      expect(kinds.length).toBeGreaterThan(0);
      await db.close();
    });
  });
});

async function fromScratch(
  rows: readonly Row[],
  method: string,
  nowMs: number,
  halfLifeMs: number,
): Promise<number[]> {
  const { db } = await openEverview();
  await db.sql(`CREATE TABLE t (${columns});
    CREATE TRAINING SET s WITH (label = y) AS SELECT x, hole, flag, kind, w, y FROM t;
    CREATE MODEL m WITH (method = ${method}, weight = w) AS SELECT * FROM s;`);
  const alive = rows.filter(
    (row) => row.moment instanceof Date && row.moment.getTime() > nowMs - 20 * 24 * 3_600_000,
  );
  await db.insert(
    't',
    alive.map((row) => {
      const ageMs = row.moment instanceof Date ? nowMs - row.moment.getTime() : 0;
      return { ...row, w: Number(row.w) * 2 ** (-ageMs / halfLifeMs) };
    }),
  );
  const result = await predictions(db, 'm');
  await db.close();
  return result;
}

it('rows without a weight above 0 do not count', async () => {
  const { db } = await openEverview();
  await db.sql(`CREATE TABLE t (x DOUBLE, w DOUBLE, y DOUBLE);
    INSERT INTO t VALUES (1, 1, 2), (2, 1, 4), (3, 2, 6), (9, 0, 100), (9, NULL, 100), (9, -1, 100), (9, 'nan', 100), (9, 'inf', 100);
    CREATE TRAINING SET s WITH (label = y) AS SELECT * FROM t;
    CREATE MODEL m WITH (method = linear, weight = w) AS SELECT * FROM s; REFRESH m;`);
  const { rows } = await db.query('SELECT prediction FROM PREDICT(m, (SELECT 10.0 AS x))');
  expect(Number(rows[0]?.prediction)).toBeCloseTo(20, 9);
  const models = await db.query('SELECT training_rows FROM everview.models');
  expect(Number(models.rows[0]?.training_rows)).toBe(3);
  for (const [option, message] of [
    ['weight = v', /weight names "v"/],
    ["decay = INTERVAL '1 day'", /needs an event time/],
    ["decay = INTERVAL '0 days'", /longer than 0/],
  ] as const) {
    const failure = await failureOf(
      db.execute(`CREATE MODEL n WITH (method = ridge, ${option}) AS SELECT * FROM s`),
    );
    expect(failure.message).toMatch(message);
  }
  await db.close();
});

it('come by the size of their levels where those are numbers, a missing one last', async () => {
  const { db } = await openEverview();
  await db.sql(`CREATE TABLE t (hour INTEGER, share DECIMAL(4, 1), word VARCHAR, y DOUBLE);
    INSERT INTO t SELECT CASE WHEN i % 13 < 12 THEN i % 13 - 1 END, (i % 3 - 1) * 10.5, 'k' || i % 11, i % 7
      FROM range(300) r(i);
    CREATE TRAINING SET s WITH (label = y) AS SELECT * FROM t;
    CREATE MODEL m WITH (method = ridge, categorical = [hour, share]) AS SELECT * FROM s;
    REFRESH m;`);
  const { weights } = await db.weights('m');
  const levels = (name: string) =>
    weights.filter(({ feature, kind }) => feature === name && kind !== 'unseen').map(({ level }) => level);
  const hours = Array.from({ length: 12 }, (_, index) => String(index - 1));
  expect(levels('hour')).toEqual([...hours, null]);
  expect(levels('share')).toEqual(['-10.5', '0.0', '10.5']);
  expect(levels('word').slice(0, 4)).toEqual(['k0', 'k1', 'k10', 'k2']);
});
