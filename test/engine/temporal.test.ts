import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Everview, SimulatedClock } from '../../src/index.ts';
import { depth, firstOf, longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { forcedKind, openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

const minute = 60_000;
const hour = 60 * minute;
const day = 24 * hour;

let db: Everview;
let clock: SimulatedClock;

beforeEach(async () => {
  ({ db, clock } = await openEverview());
});

afterEach(() => db.close());

async function rows(sql: string): Promise<unknown[][]> {
  return (await db.query(sql)).rows.map((row) => Object.values(row));
}

/** Hours before the clock, as SQL. */
function ago(hours: number): string {
  return `TIMESTAMP '${new Date(clock.nowMs() - hours * hour).toISOString().slice(0, 23)}'`;
}

async function refreshesOf(name: string): Promise<unknown[][]> {
  return rows(
    `SELECT kind, reason, trigger, "rows"::INTEGER FROM everview.refreshes WHERE name = '${name}' ORDER BY refresh_id`,
  );
}

describe('a table that asks for the time', () => {
  const declared = `CREATE TABLE e (id INTEGER, seen TIMESTAMP DEFAULT now(), on_day DATE DEFAULT current_date,
    clocks TIME DEFAULT current_time, later TIMESTAMPTZ DEFAULT (now() + INTERVAL '1 hour'), ts TIMESTAMP CHECK (ts <= now()))`;
  const times = `SELECT id, seen::VARCHAR, on_day::VARCHAR, clocks::VARCHAR, later::VARCHAR FROM e ORDER BY id`;
  const first = ['2001-06-01 10:30:00.25', '2001-06-01', '10:30:00.25', '2001-06-01 11:30:00.25+00'];

  it('is told it by the clock of the engine, whatever brings the rows', async () => {
    clock.advanceMs(10.5 * hour + 250);
    await db.execute(declared);
    await db.execute('INSERT INTO e (id) VALUES (1)');
    await db.execute('INSERT INTO e VALUES (2, DEFAULT, DEFAULT, DEFAULT, DEFAULT, NULL)');
    await db.insert('e', [{ id: 3 }, { id: 4 }]);
    expect(await rows(times)).toEqual([1, 2, 3, 4].map((id) => [id, ...first]));
    clock.advanceMs(day);
    await db.insert('e', [{ id: 5 }]);
    expect((await rows(times)).at(-1)).toEqual([5, ...first.map((text) => text.replace('-01', '-02'))]);
  });

  longTests(() => {
    it('checks by that clock, also after another opening, and what the table holds already', async () => {
      await using file = await temporaryDatabase();
      const { path } = file;
      let opened = (await openEverview({ path, clock })).db;
      await opened.execute(declared);
      const early = `INSERT INTO e (id, ts) VALUES (1, ${ago(-1)})`;
      expect(await failureOf(opened.execute(early))).toMatchObject({ code: 'constraint-violation' });
      await opened.close();
      opened = (await openEverview({ path, clock })).db;
      expect(await failureOf(opened.execute(early))).toMatchObject({ code: 'constraint-violation' });
      clock.advanceMs(hour);
      expect((await opened.execute(early)).update).toMatchObject({ inserted: 1 });
      const stricter = `CREATE OR REPLACE ${declared.slice(7).replace('ts <= now()', "ts <= now() - INTERVAL '1 minute'")}`;
      expect(await failureOf(opened.execute(stricter))).toMatchObject({ code: 'constraint-violation' });
      clock.advanceMs(minute);
      await opened.execute(stricter);
      await opened.close();
    });
  });
});

longTests(() => {
  it('a CHECK that a row breaks is told as it was declared, whatever it asks of the clock', async () => {
    await db.sql(`CREATE TABLE early (ts TIMESTAMP CHECK (ts <= now())) WITH (on_violation = quarantine);
    CREATE TABLE people (age INTEGER CHECK (age >= 0), zone INTEGER, since DATE DEFAULT today(),
      CHECK (since   > DATE '1900-01-01'), CHECK (age(since) >= INTERVAL '0 days'))`);
    const told = async (row: string) =>
      (await failureOf(db.execute(`INSERT INTO people VALUES ${row}`)))?.message;
    expect(await told('(-1, 0, DEFAULT)')).toContain('age = -1 breaks CHECK (age >= 0)');
    expect(await told(`(1, 0, '1800-01-01')`)).toContain(
      `since = 1800-01-01 breaks CHECK (since   > DATE '1900-01-01')`,
    );
    expect(await told(`(1, 0, '2100-01-01')`)).toMatch(
      /age = 1, since = 2100-01-01 breaks CHECK \(age\(since\) >= INTERVAL '0 days'\)/,
    );
    await db.execute(`INSERT INTO early VALUES (TIMESTAMP '2100-01-01')`);
    const reason = 'ts = 2100-01-01 00:00:00 breaks CHECK (ts <= now())';
    expect(await rows(`SELECT reason FROM everview.quarantine WHERE state <> 'rejected'`)).toEqual([
      [reason],
    ]);
    expect(await rows(`SELECT detail FROM everview.incidents WHERE name = 'early'`)).toEqual([
      [expect.stringContaining(reason)],
    ]);
  });
});

describe('a view with a condition on the clock', () => {
  it('loses and gains rows with no update', async () => {
    await db.sql(`CREATE TABLE e (id INTEGER, ts TIMESTAMP);
      CREATE MATERIALIZED VIEW recent AS SELECT id FROM e WHERE ts > now() - INTERVAL '1 day';
      CREATE MATERIALIZED VIEW begun AS SELECT id FROM e WHERE ts <= now();
      INSERT INTO e VALUES (1, ${ago(25)}), (2, ${ago(24)}), (3, ${ago(23)}), (4, ${ago(-2)}), (5, NULL);`);
    expect(await rows('FROM recent ORDER BY id')).toEqual([[3], [4]]);
    expect(await rows('FROM begun ORDER BY id')).toEqual([[1], [2], [3]]);
    clock.advanceMs(hour - 1);
    expect(await rows('FROM recent ORDER BY id')).toEqual([[3], [4]]);
    clock.advanceMs(1);
    expect(await rows('FROM recent ORDER BY id')).toEqual([[4]]);
    clock.advanceMs(hour);
    expect(await rows('FROM begun ORDER BY id')).toEqual([[1], [2], [3], [4]]);
    await db.execute('DELETE FROM e WHERE id IN (2, 4)');
    expect(await rows('FROM recent ORDER BY id')).toEqual([]);
    expect(await rows('FROM begun ORDER BY id')).toEqual([[1], [3]]);
    expect((await refreshesOf('recent')).at(-1)?.[3]).toBe(1);
  });

  it('is stale from the moment a row crosses, within its bound or not', async () => {
    await db.sql(`CREATE TABLE e (id INTEGER, ts TIMESTAMP);
      CREATE MATERIALIZED VIEW recent WITH (max_staleness = INTERVAL '10 minutes') AS
        SELECT count(*) AS n FROM e WHERE ts > now() - INTERVAL '1 day';
      INSERT INTO e VALUES (1, ${ago(23)}), (2, ${ago(1)});
      REFRESH recent;`);
    const { staleness } = await db.query('FROM recent');
    expect(staleness).toMatchObject([{ name: 'recent', ms: 0, policyMet: true }]);
    clock.advanceMs(hour);
    const atOnce = await db.query('FROM recent');
    expect([atOnce.path, atOnce.rows]).toEqual(['fresh', [{ n: 2n }]]);
    clock.advanceMs(9 * minute);
    const within = await db.query('FROM recent');
    expect([within.path, within.rows]).toEqual(['served-within-bound', [{ n: 2n }]]);
    expect(within.staleness).toMatchObject([{ ms: 9 * minute, rows: 0, versions: 0, policyMet: true }]);
    clock.advanceMs(minute + 1);
    const beyond = await db.query('FROM recent');
    expect([beyond.path, beyond.rows]).toEqual(['refreshed-first', [{ n: 1n }]]);
  });

  it('is refreshed by the scheduler when the boundary has passed, and says why', async () => {
    await db.sql(`CREATE TABLE e (id INTEGER, ts TIMESTAMP);
      CREATE MATERIALIZED VIEW recent AS SELECT id FROM e WHERE ts > now() - INTERVAL '1 day';
      INSERT INTO e SELECT i, ${ago(20)} - INTERVAL 1 MINUTE * (i % 120) FROM range(1000) r(i);`);
    expect(await db.step()).toBe(1);
    clock.advanceMs(hour);
    expect(await db.step()).toBe(0);
    clock.advanceMs(hour);
    expect(await db.step()).toBe(0);
    const explain = async () => JSON.stringify(await db.execute('EXPLAIN REFRESH recent'));
    expect(await explain()).not.toContain('the clock');
    clock.advanceMs(minute);
    expect(await explain()).toContain('the clock');
    expect(await db.step()).toBe(1);
    expect(await db.step()).toBe(0);
    const [kind, reason, trigger] = (await refreshesOf('recent')).at(-1) ?? [];
    expect(trigger).toBe('deadline');
    if (forcedKind() === undefined && kind === 'incremental')
      expect(['clock-moved', 'probe']).toContain(reason);
    else expect(kind).toBe(forcedKind() ?? 'full');
  });

  it('hands its change on to the views over it, also twice in one version', async () => {
    await db.sql(`CREATE TABLE e (id INTEGER, k VARCHAR, ts TIMESTAMP);
      CREATE MATERIALIZED VIEW recent AS SELECT * FROM e WHERE ts > now() - INTERVAL '1 day';
      CREATE MATERIALIZED VIEW per_k AS SELECT k, count(*) AS n FROM recent GROUP BY k;
      CREATE MATERIALIZED VIEW total AS SELECT sum(n)::INTEGER AS n FROM per_k;
      INSERT INTO e VALUES (1, 'a', ${ago(23)}), (2, 'b', ${ago(22)}), (3, 'a', ${ago(21)}), (4, 'b', ${ago(1)});`);
    expect(await rows('FROM total')).toEqual([[4]]);
    const before = (await db.query('FROM total')).version;
    for (const left of [3, 2, 1]) {
      clock.advanceMs(hour);
      // The view below alone comes first: its change must not pass the others by.
      expect(await rows('SELECT count(*)::INTEGER FROM recent')).toEqual([[left]]);
      expect(await rows('FROM total')).toEqual([[left]]);
      expect(await rows('SELECT sum(n)::INTEGER FROM per_k')).toEqual([[left]]);
    }
    expect((await db.query('FROM total')).version).toBe(before);
    const kinds = (await refreshesOf('per_k')).map(([kind]) => kind);
    if (forcedKind() !== 'full') expect(new Set(kinds.slice(1))).not.toContain('none');
    clock.advanceMs(day);
    expect(await rows('FROM total')).toEqual([[null]]);
  });

  it('goes on after a restart', async () => {
    await using file = await temporaryDatabase();
    const first = await openEverview({ path: file.path, clock });
    await first.db.sql(`CREATE TABLE e (id INTEGER, ts TIMESTAMP);
    CREATE MATERIALIZED VIEW recent AS SELECT id FROM e WHERE ts > now() - INTERVAL '1 day';
    CREATE MATERIALIZED VIEW n AS SELECT count(*)::INTEGER AS n FROM recent;
    INSERT INTO e SELECT i, ${ago(24)} + INTERVAL 1 HOUR * i FROM range(10) r(i);`);
    expect((await first.db.query('FROM n')).rows).toEqual([{ n: 9 }]);
    clock.advanceMs(2 * hour);
    expect((await first.db.query('SELECT count(*)::INTEGER AS n FROM recent')).rows).toEqual([{ n: 7 }]);
    await first.db.close();
    const again = await openEverview({ path: file.path, clock });
    expect((await again.db.query('FROM n')).rows).toEqual([{ n: 7 }]);
    clock.advanceMs(3 * hour);
    expect((await again.db.query('FROM n')).rows).toEqual([{ n: 4 }]);
    await again.db.close();
  });

  longTests(() => {
    it('is read together with another at one moment', async () => {
      await db.sql(`CREATE TABLE e (id INTEGER, ts TIMESTAMP);
      CREATE MATERIALIZED VIEW a WITH (max_staleness = INTERVAL '1 day') AS SELECT id FROM e WHERE ts > now() - INTERVAL '1 day';
      CREATE MATERIALIZED VIEW b WITH (max_staleness = INTERVAL '1 day') AS SELECT id FROM e WHERE ts <= now() - INTERVAL '1 day';
      INSERT INTO e SELECT i, ${ago(24)} + INTERVAL 1 MINUTE * i FROM range(60) r(i);
      REFRESH a; REFRESH b;`);
      const sides = 'SELECT (SELECT count(*) FROM a)::INTEGER + (SELECT count(*) FROM b)::INTEGER AS n';
      expect(await rows(sides)).toEqual([[60]]);
      clock.advanceMs(10 * minute);
      await db.refresh('a');
      expect(await rows(sides)).toEqual([[60]]);
      clock.advanceMs(10 * minute);
      await db.refresh('b');
      clock.advanceMs(10 * minute);
      expect(await rows(sides)).toEqual([[60]]);
    });

    it('is read by its definition, with its pending change, and at older versions', async () => {
      await db.sql(`CREATE TABLE e (id INTEGER, k INTEGER, ts TIMESTAMP);
      CREATE MATERIALIZED VIEW inline WITH (on_stale_read = compensate) AS
        SELECT k, count(*) AS n FROM e WHERE ts > now() - INTERVAL '1 day' GROUP BY k;
      CREATE MATERIALIZED VIEW by_hand WITH (refresh = manual) AS SELECT id FROM e WHERE ts > now() - INTERVAL '1 day';
      INSERT INTO e SELECT i, i % 2, ${ago(24)} + INTERVAL 1 HOUR * i FROM range(10) r(i);
      REFRESH inline; REFRESH by_hand;`);
      expect(await rows('SELECT sum(n)::INTEGER FROM inline')).toEqual([[9]]);
      clock.advanceMs(4 * hour);
      expect(await rows('SELECT sum(n)::INTEGER FROM inline')).toEqual([[5]]);
      const { version } = await db.query('FROM inline');
      await db.execute('DELETE FROM e WHERE id IN (1, 7, 8)');
      expect(await rows('SELECT sum(n)::INTEGER FROM inline')).toEqual([[3]]);
      expect(await rows(`SELECT sum(n)::INTEGER FROM inline AT (VERSION => ${version})`)).toEqual([[5]]);
      const refreshed = (await refreshesOf('inline')).length;
      expect(refreshed).toBe(2);
    });

    it('is seen as it is at the moment of an update that reads it', async () => {
      await db.sql(`CREATE TABLE e (id INTEGER, ts TIMESTAMP); CREATE TABLE seen (n INTEGER);
      CREATE MATERIALIZED VIEW recent WITH (refresh = immediate) AS SELECT * FROM e WHERE ts > now() - INTERVAL '1 day';
      INSERT INTO e SELECT i, ${ago(24)} + INTERVAL 1 HOUR * i FROM range(1, 20) r(i);`);
      clock.advanceMs(2 * hour);
      await db.execute('INSERT INTO seen SELECT count(*) FROM recent');
      await db.transaction(async (update) => {
        await update.execute('DELETE FROM e WHERE id = 5');
        clock.advanceMs(hour);
        await update.execute('INSERT INTO seen SELECT count(*) FROM recent');
      });
      clock.advanceMs(hour);
      await db.execute('INSERT INTO e VALUES (100, now()::TIMESTAMP)');
      await db.execute('INSERT INTO seen SELECT count(*) FROM recent');
      expect(await rows('FROM seen')).toEqual([[17], [16], [15]]);
    });

    it('is what a model over it learns from', async () => {
      await db.sql(`CREATE TABLE e (x DOUBLE, y DOUBLE, ts TIMESTAMP);
      CREATE MATERIALIZED VIEW recent AS SELECT * FROM e WHERE ts > now() - INTERVAL '1 day';
      CREATE TRAINING SET examples WITH (label = y) AS SELECT x, y FROM recent;
      CREATE MODEL line WITH (method = ridge, l2 = 1e-9) AS SELECT * FROM examples;
      INSERT INTO e SELECT i, CASE WHEN i < 4 THEN 9 ELSE 2 END * i, ${ago(24)} + INTERVAL 1 HOUR * i FROM range(1, 20) r(i);`);
      const predicted = async () =>
        (await rows('SELECT prediction FROM PREDICT(line, (SELECT 10.0::DOUBLE AS x))'))[0]?.[0];
      expect(await predicted()).not.toBeCloseTo(20, 1);
      clock.advanceMs(4 * hour);
      expect(await predicted()).toBeCloseTo(20, 5);
      expect((await refreshesOf('line')).at(-1)?.[1]).toBe('clock-moved');
    });
  });

  it.each(
    firstOf([
      ['in the SELECT list', `SELECT id, now() AS at FROM e`, 'event_time > now()'],
      ['in an OR', `SELECT id FROM e WHERE ts > now() OR id = 1`, 'event_time > now()'],
      [
        'in HAVING',
        `SELECT id, max(ts) AS m FROM e GROUP BY id HAVING max(ts) > now()`,
        'event_time > now()',
      ],
      ['beside a time of day', `SELECT id FROM e WHERE ts::TIME > current_time`, 'event_time > now()'],
      [
        'in arithmetic with columns',
        `SELECT id FROM e WHERE now() - ts < INTERVAL '1 day'`,
        'event_time > now()',
      ],
      [
        'in an outer join',
        `SELECT e.id FROM e LEFT JOIN e f ON e.id = f.id AND f.ts > now()`,
        'event_time > now()',
      ],
      ['under a global order', `SELECT id FROM e WHERE ts > now() ORDER BY ts LIMIT 3`, 'event_time > now()'],
    ]),
  )('is refused %s', async (_, sql, hint) => {
    await db.execute('CREATE TABLE e (id INTEGER, ts TIMESTAMP)');
    const failure = await failureOf(db.execute(`CREATE MATERIALIZED VIEW v AS ${sql}`));
    expect(failure).toMatchObject({ code: 'non-deterministic' });
    expect(failure.hint).toContain(hint);
  });
});

describe('any history', () => {
  const shapes = {
    recent: `SELECT id, k, ts FROM e WHERE ts > now() - INTERVAL '2 days'`,
    open_now: `SELECT id FROM e WHERE z <= now() AND d >= current_date`,
    per_k: `SELECT k, count(*) AS n, sum(x) AS s, min(x) AS low FROM e WHERE ts > now() - INTERVAL '1 day' GROUP BY k`,
    joined: `SELECT e.id, f.name FROM e JOIN f ON e.k = f.k AND e.ts > now() - INTERVAL '1 day'`,
    mid: `SELECT k, median(x) AS mid FROM e WHERE ts > now() - INTERVAL '1 day' GROUP BY k`,
    quiet: `SELECT f.k FROM f WHERE NOT EXISTS (SELECT 1 FROM e WHERE e.k = f.k AND e.ts > now() - INTERVAL '6 hours')`,
    beside: `SELECT f.name, r.id FROM f LEFT JOIN recent r ON r.k = f.k AND r.id % 2 = 0`,
    places: `SELECT id, rank() OVER (PARTITION BY k ORDER BY ts) AS place FROM e WHERE ts BETWEEN now() - INTERVAL '1 day' AND now()`,
    chained: `SELECT k, count(*) AS n FROM recent GROUP BY k`,
    again: `SELECT c.k, c.n, p.s FROM chained c JOIN per_k p ON c.k IS NOT DISTINCT FROM p.k`,
  } as const;

  it.each(depth([1], [1, 2, 3, 4]))(
    'with random clock moves is as its definitions say (seed %i)',
    async (seed) => {
      const random = new Random(seed);
      const upTo = (n: number) => random.int(0, n - 1);
      await db.sql(`CREATE TABLE e (id INTEGER, k VARCHAR, x INTEGER, ts TIMESTAMP, z TIMESTAMPTZ, d DATE);
      CREATE TABLE f (k VARCHAR, name VARCHAR); INSERT INTO f VALUES ('a', 'A'), ('b', 'B');`);
      // The first need no other.
      const kept = firstOf(Object.entries(shapes), 4);
      for (const [name, sql] of kept) {
        await db.execute(`CREATE MATERIALIZED VIEW ${name} AS ${sql}`);
        // In the definitions of the plain ones, other plain ones stand for the kept.
        const plain = sql.replaceAll(/\b(recent|chained|per_k)\b(?= |$)/g, 'plain_$1');
        await db.execute(`CREATE VIEW plain_${name} AS ${plain}`);
      }
      let id = 0;
      for (let step = 0; step < depth(10, 40); step++) {
        const choice = upTo(10);
        if (choice < 4) {
          const values = Array.from({ length: 1 + upTo(5) }, () => {
            const at = upTo(8) === 0 ? 'NULL' : ago(upTo(72) - 12);
            const k = ["'a'", "'b'", "'c'", 'NULL'][upTo(4)];
            return `(${id++}, ${k}, ${upTo(9)}, ${at}, ${at}, ${at})`;
          });
          await db.execute(`INSERT INTO e VALUES ${values.join(', ')}`);
        } else if (choice < 6) await db.execute(`DELETE FROM e WHERE id % 7 = ${upTo(7)}`);
        else if (choice < 7) await db.execute(`UPDATE f SET name = name || '!' WHERE k = 'a'`);
        if (choice >= 3) clock.advanceMs([1, minute, hour, hour, 7 * hour, 30 * hour][upTo(6)] ?? 0);
        for (const [name] of kept.filter(() => upTo(2) === 0)) {
          const wrong = await rows(
            `(FROM ${name} EXCEPT ALL FROM plain_${name}) UNION ALL (FROM plain_${name} EXCEPT ALL FROM ${name})`,
          );
          expect([seed, step, name, wrong]).toEqual([seed, step, name, []]);
        }
        if (upTo(4) === 0) await db.step();
      }
    },
  );

  longTests(() => {
    it('begin again where the file is opened with a clock that stands before them', async () => {
      await using file = await temporaryDatabase();
      const random = new Random(7);
      const start = clock.nowMs();
      let opened = (await openEverview({ path: file.path, clock })).db;
      const read = async (sql: string) => JSON.stringify((await opened.query(sql)).rows);
      await opened.sql(`CREATE TABLE e (id INTEGER, k VARCHAR, x DOUBLE, y DOUBLE, ts TIMESTAMP);
      INSERT INTO e SELECT i, 'k' || (i % 3), i, i * i, ${ago(90)} + INTERVAL 1 HOUR * i FROM range(100) r(i);
      CREATE MATERIALIZED VIEW recent AS SELECT * FROM e WHERE ts BETWEEN now() - INTERVAL '1 day' AND now();
      CREATE MATERIALIZED VIEW per_k AS SELECT k, count(*)::INTEGER AS n FROM recent GROUP BY k;
      CREATE MATERIALIZED VIEW often AS SELECT k FROM per_k WHERE n > 3;
      CREATE TRAINING SET examples WITH (label = y, event_time = ts, window = INTERVAL '1 day', holdout = INTERVAL '2 hours')
        AS SELECT x, y, ts FROM e;
      CREATE MODEL line WITH (method = ridge) AS SELECT * FROM examples;`);
      const plain = `SELECT k, count(*)::INTEGER AS n FROM e WHERE ts BETWEEN now() - INTERVAL '1 day' AND now() GROUP BY k`;
      const predicted = async () => {
        const { rows } = await opened.query(
          'SELECT prediction FROM PREDICT(line, (SELECT 10.0::DOUBLE AS x))',
        );
        return Number(rows[0]?.['prediction']);
      };
      for (let step = 0; step < depth(3, 12); step++) {
        const names = ['recent', 'per_k', 'often'].filter(() => random.chance(0.6));
        for (const name of names) await opened.query(`FROM ${name}`);
        clock.advanceMs(random.int(0, 6) * hour);
        if (random.chance(0.6)) {
          await opened.close();
          clock = new SimulatedClock(start + random.int(-30, 5) * hour);
          opened = (await openEverview({ path: file.path, clock })).db;
        }
        expect(await read('FROM per_k ORDER BY k')).toBe(await read(`${plain} ORDER BY k`));
        expect(await read('FROM often ORDER BY k')).toBe(
          await read(`SELECT k FROM (${plain}) WHERE n > 3 ORDER BY k`),
        );
        const maintained = await predicted();
        await opened.execute('REFRESH line FULL');
        expect(maintained).toBeCloseTo(await predicted(), 6);
      }
      const reasons = await opened.query(
        `SELECT DISTINCT reason FROM everview.refreshes WHERE name IN ('per_k', 'line') AND trigger = 'read'`,
      );
      expect(reasons.rows.map(({ reason }) => reason)).toContain('clock-moved');
      for (const wrong of ['definition-changed', 'state-rebase'])
        expect(reasons.rows).not.toContainEqual({ reason: wrong });
      await opened.close();
    });
  });
});
