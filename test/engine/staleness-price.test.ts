import { setTimeout as pause } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { Everview, rowCostMeter, SimulatedClock } from '../../src/index.ts';
import { firstOf, longTests } from '../support/depth.ts';
import { firstMoment, openEverview } from '../support/open-everview.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

const second = 1_000;
const day = 86_400 * second;

const flights = `CREATE TABLE flights (id INTEGER, origin VARCHAR);
  INSERT INTO flights SELECT i, 'ABC'[1 + i % 3] FROM range(100) r(i);`;

function viewOf(options: string): string {
  return `${flights} CREATE MATERIALIZED VIEW departures WITH (${options}) AS
    SELECT origin, count(*) AS n FROM flights GROUP BY origin; REFRESH departures`;
}

async function triggers(db: Everview, name = 'departures'): Promise<string[]> {
  const { rows } = await db.query(
    `SELECT trigger FROM everview.refreshes WHERE name = '${name}' AND kind <> 'none' ORDER BY refresh_id`,
  );
  return rows.map((row) => String(row.trigger));
}

async function explained(db: Everview, name = 'departures'): Promise<Record<string, string>> {
  const { rows } = await db.execute(`EXPLAIN REFRESH ${name}`);
  return Object.fromEntries(rows.map(({ property, value }) => [String(property), String(value)]));
}

/** What EXPLAIN REFRESH says that staleness has cost, and a refresh would, in ms. */
async function account(db: Everview, name = 'departures'): Promise<{ cost: number; refresh: number }> {
  const facts = await explained(db, name);
  return {
    cost: Number.parseFloat(facts['staleness has cost'] ?? ''),
    refresh: Number.parseFloat(facts['a refresh would cost'] ?? ''),
  };
}

describe('staleness_price', () => {
  longTests(() => {
    it('changes nothing where none is declared', async () => {
      const { db, clock } = await openEverview();
      await using _ = db;
      await db.sql(`${viewOf("max_staleness = INTERVAL '1 day'")}; INSERT INTO flights VALUES (1, 'A')`);
      for (let read = 0; read < 50; read++) {
        clock.advanceMs(600 * second);
        await db.query('SELECT * FROM departures');
        expect(await db.step()).toBe(0);
      }
      expect(await explained(db)).toMatchObject({ 'waits because': expect.stringMatching(/^no-price: /) });
      clock.advanceMs(day);
      expect(await db.step()).toBe(1);
      expect(await triggers(db)).toEqual(['asked', 'deadline']);
    });
  });

  it.each(
    firstOf([
      ['0.5 PER SHARE', 500 * (2 / 100)],
      ['0.25 PER ROW', 250 * 2],
      ['0.001 PER SECOND', 1 * 30],
    ]),
  )('charges each row of an answer that is stale (%s)', async (price, each) => {
    const { db, clock } = await openEverview();
    await using _ = db;
    await db.sql(`${viewOf(`max_staleness = INTERVAL '1 day', staleness_price = ${price}`)};`);
    await db.query('SELECT * FROM departures');
    await db.execute("INSERT INTO flights VALUES (1, 'A'), (2, 'B')");
    clock.advanceMs(30 * second);
    expect((await account(db)).cost).toBe(0);
    const answer = await db.query('SELECT * FROM departures');
    expect(answer).toMatchObject({ path: 'served-within-bound', rows: { length: 3 } });
    expect((await account(db)).cost).toBeCloseTo(3 * each, 2);
    const stream = await db.stream('SELECT * FROM departures LIMIT 2');
    for await (const batch of stream.batches()) expect(batch).toHaveLength(2);
    await db.execute('SELECT * FROM departures LIMIT 1');
    expect((await account(db)).cost).toBeCloseTo(6 * each, 2);
    // What is read with its change, or of another version, is not stale.
    await db.query('SELECT * FROM departures WITH (max_staleness = 0, on_stale_read = compensate)');
    await db.query('SELECT * FROM departures AT (VERSION => 1)');
    expect((await account(db)).cost).toBeCloseTo(6 * each, 2);
  });

  longTests(() => {
    it('charges what was given of a stream, however it ends, once', async () => {
      const { db } = await openEverview();
      await using _ = db;
      await db.sql(`${viewOf('staleness_price = 0.001 PER ROW')}; INSERT INTO flights VALUES (1, 'A')`);
      const long = 'SELECT * FROM departures, range(2000) r(k)';
      const unread = await db.stream(long);
      await unread.close();
      expect((await account(db)).cost).toBe(0);
      const half = await db.stream(long);
      const batches = half.batches()[Symbol.asyncIterator]();
      const first = await batches.next();
      const given: number = first.done === true ? 0 : first.value.length;
      expect(given).toBeGreaterThan(0);
      await half.close();
      expect((await account(db)).cost).toBeCloseTo(given, 2);
      await expect(batches.next()).rejects.toMatchObject({ code: 'closed' });
      await half.close();
      expect((await account(db)).cost).toBeCloseTo(given, 2);
    });

    it('charges nothing to the account after a refresh for what was asked before it', async () => {
      const { db } = await openEverview();
      await using _ = db;
      await db.sql(`${viewOf('staleness_price = 0.001 PER ROW')}; INSERT INTO flights VALUES (1, 'A')`);
      const before = await db.stream('SELECT * FROM departures');
      await db.sql("REFRESH departures; INSERT INTO flights VALUES (1, 'A'); SELECT * FROM departures");
      expect((await account(db)).cost).toBeCloseTo(3, 2);
      for await (const batch of before.batches()) expect(batch).toHaveLength(3);
      expect((await account(db)).cost).toBeCloseTo(3, 2);
    });

    it('holds all of a view to be stale where another version of its model answers', async () => {
      const { db } = await openEverview();
      await using _ = db;
      await db.sql(`CREATE TABLE points (x DOUBLE, y DOUBLE); INSERT INTO points SELECT i, 2 * i FROM range(40) r(i);
      CREATE TABLE questions (x DOUBLE); INSERT INTO questions SELECT i FROM range(10) r(i);
      CREATE TRAINING SET pairs WITH (label = y) AS SELECT x, y FROM points;
      CREATE MODEL m WITH (method = 'ridge') AS SELECT * FROM pairs; REFRESH m;
      CREATE MATERIALIZED VIEW told WITH (staleness_price = 0.01 PER SHARE) AS SELECT * FROM PREDICT(m, questions);
      REFRESH told; INSERT INTO points VALUES (50, 90); REFRESH m; SELECT * FROM told`);
      expect((await account(db, 'told')).cost).toBeCloseTo(10 * 10, 2);
    });

    it('counts the refresh of views that are read into what a refresh costs', async () => {
      const { db } = await openEverview();
      await using _ = db;
      await db.sql(`${viewOf('staleness_price = 1 PER ROW')};
      CREATE MATERIALIZED VIEW total WITH (staleness_price = 1 PER ROW) AS SELECT sum(n) AS n FROM departures;
      REFRESH total; INSERT INTO flights VALUES (1, 'A')`);
      const [lower, upper] = [await account(db), await account(db, 'total')];
      // Each batch of statements costs 1 ms.
      expect(upper.refresh).toBeGreaterThan(lower.refresh + 0.9);
    });
  });

  it('refreshes in the background once staleness has cost as much as a refresh, and not before', async () => {
    const { db, clock } = await openEverview();
    await using _ = db;
    await db.sql(viewOf("max_staleness = INTERVAL '1 day', staleness_price = 0.0001 PER ROW"));
    await db.execute("INSERT INTO flights VALUES (1, 'A')");
    let reads = 0;
    for (let before = await account(db); ; before = await account(db)) {
      clock.advanceMs(second);
      await db.query('SELECT * FROM departures');
      reads++;
      const { cost, refresh } = await account(db);
      expect(cost - before.cost).toBeCloseTo(0.3, 6);
      const facts = await explained(db);
      if (facts['waits because']?.startsWith('cost-below-refresh: ') === true) {
        expect(cost).toBeLessThanOrEqual(refresh);
        expect(facts['waits for']).toMatch(/^further stale answers, or its deadline, 2001-06-02/);
        expect(await db.step()).toBe(0);
        continue;
      }
      expect(facts['waits because']).toMatch(/^staleness-cost: /);
      expect(cost).toBeGreaterThanOrEqual(refresh);
      expect(await db.step()).toBe(1);
      break;
    }
    expect(reads).toBeGreaterThan(3);
    expect(await triggers(db)).toEqual(['asked', 'staleness-cost']);
    expect(await explained(db)).not.toHaveProperty('staleness has cost');
    await db.execute("INSERT INTO flights VALUES (1, 'A')");
    expect(await account(db)).toMatchObject({ cost: 0 });
    expect(await db.step()).toBe(0);
  });

  it('leaves every bound a hard limit', async () => {
    const { db, clock } = await openEverview();
    await using _ = db;
    await db.sql(`${viewOf("max_staleness = INTERVAL '1 hour', max_rows = 3, staleness_price = 1e-9 PER SHARE")};
      INSERT INTO flights VALUES (1, 'A')`);
    await db.query('SELECT * FROM departures');
    clock.advanceMs(3_600 * second);
    expect(await explained(db)).toMatchObject({ 'waits because': expect.stringMatching(/^deadline: /) });
    expect(await db.step()).toBe(1);
    await db.execute("INSERT INTO flights SELECT i, 'B' FROM range(4) r(i)");
    expect(await db.query('SELECT * FROM departures')).toMatchObject({ path: 'refreshed-first' });
    expect(await triggers(db)).toEqual(['asked', 'deadline', 'read']);
  });

  longTests(() => {
    it('leaves alone what moves by hand, at a read, or is held', async () => {
      const { db } = await openEverview();
      await using _ = db;
      await db.sql(`${viewOf('staleness_price = 1 PER ROW')}; INSERT INTO flights VALUES (1, 'A')`);
      for (const [refresh, reason] of [
        ['manual', 'manual-refresh'],
        ["on_read, max_staleness = INTERVAL '1 day'", 'read'],
      ]) {
        await db.sql(
          `ALTER MATERIALIZED VIEW departures SET (refresh = ${refresh}); SELECT * FROM departures`,
        );
        expect(await db.step()).toBe(0);
        const facts = await explained(db);
        expect(facts['waits because']).toMatch(new RegExp(`^${reason}: `));
        expect(facts).not.toHaveProperty('staleness has cost');
      }
    });

    it('says why a refresh waits, in words of the closed list', async () => {
      const { db, clock } = await openEverview();
      await using _ = db;
      await db.sql(`${viewOf("max_staleness = INTERVAL '1 hour', staleness_price = 0.01 PER ROW")};
      CREATE TRAINING SET ids WITH (label = id) AS SELECT id, origin FROM flights;
      CREATE MODEL m WITH (method = 'ridge') AS SELECT * FROM ids; REFRESH ids`);
      const reason = async (name = 'departures') =>
        (await explained(db, name))['waits because']?.split(':')[0];
      expect([await reason(), await reason('ids'), await reason('m')]).toEqual([
        'no-change',
        'no-change',
        'first-build',
      ]);
      await db.sql("REFRESH m; ALTER MODEL m SET (max_rows = 5); INSERT INTO flights VALUES (1, 'A')");
      expect([await reason(), await reason('ids'), await reason('m')]).toEqual([
        'cost-below-refresh',
        'waits-for-reader',
        'no-price',
      ]);
      expect(await explained(db, 'm')).toMatchObject({
        'waits for': 'more than 5 rows of change, or a query that asks for fresher contents',
      });
      await db.query('SELECT * FROM departures');
      expect(await reason()).toBe('staleness-cost');
      clock.advanceMs(3_600 * second);
      expect(await reason()).toBe('deadline');
      await db.execute('ALTER MATERIALIZED VIEW departures SET (refresh = on_read)');
      expect(await reason()).toBe('read');
      await db.execute('ALTER MATERIALIZED VIEW departures SET (refresh = manual)');
      expect(await reason()).toBe('manual-refresh');
    });
  });

  it('lifts the bound of nobody else: alone it is the whole policy', async () => {
    const { db, clock } = await openEverview();
    await using _ = db;
    await db.sql(`${viewOf('staleness_price = 0 PER SHARE')}; INSERT INTO flights VALUES (1, 'A')`);
    clock.advanceMs(1_000 * day);
    expect(await db.query('SELECT * FROM departures')).toMatchObject({ path: 'served-within-bound' });
    expect(await db.step()).toBe(0);
    expect(await explained(db)).toMatchObject({
      'waits for': 'a query that asks for fresher contents',
      'waits because': expect.stringMatching(/^no-price: /),
    });
    const described = await db.execute('DESCRIBE departures');
    expect(described.message).toContain('staleness_price = 0 PER SHARE');
    expect(described.message).not.toContain('max_staleness');
    await db.execute('ALTER MATERIALIZED VIEW departures SET (staleness_price = NULL)');
    expect(await db.query('SELECT * FROM departures')).toMatchObject({ path: 'refreshed-first' });
  });

  it('says what a price is', async () => {
    const { db } = await openEverview();
    await using _ = db;
    for (const wrong of ['5', '1 PER HOUR', '-1 PER ROW', "INTERVAL '1 day'"]) {
      await expect(db.sql(viewOf(`staleness_price = ${wrong}`))).rejects.toMatchObject({
        code: 'invalid-option',
        hint: expect.stringContaining('PER SHARE'),
      });
      await db.execute('DROP TABLE flights');
    }
  });

  longTests(() => {
    it('goes on with the account of a file that was closed', async () => {
      await using place = await temporaryDatabase();
      const clock = new SimulatedClock(firstMoment);
      const open = () => Everview.open(place.path, { clock, meter: rowCostMeter });
      {
        await using db = await open();
        await db.sql(`${viewOf("max_staleness = INTERVAL '1 day', staleness_price = 0.0001 PER ROW")};
        INSERT INTO flights VALUES (1, 'A'); SELECT * FROM departures`);
      }
      await using db = await open();
      expect((await account(db)).cost).toBeCloseTo(0.3, 6);
      await db.execute('REFRESH departures');
      await db.execute("INSERT INTO flights VALUES (1, 'A')");
      expect((await account(db)).cost).toBe(0);
    });

    it('wakes the scheduler that runs by itself', async () => {
      await using db = await Everview.open(':memory:', { threads: 1 });
      await db.sql(viewOf('staleness_price = 1000 PER ROW'));
      await db.execute("INSERT INTO flights VALUES (1, 'A')");
      await db.query('SELECT * FROM departures');
      while ((await triggers(db)).length < 2) await pause(10);
      expect(await triggers(db)).toEqual(['asked', 'staleness-cost']);
    });
  });

  /** The scheduler that runs by itself, by a clock and timers that are told, under a stale answer every 10 ms. */
  async function readAllTheTime(
    statements: string,
    read: string,
  ): Promise<{ readonly failures: number; readonly triggers: Record<string, string[]> }> {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    try {
      const clock = new SimulatedClock(firstMoment);
      let failures = 0;
      const onError = () => {
        failures++;
      };
      const options = { clock, scheduler: 'background', threads: 1, onError } as const;
      await using db = await Everview.open(':memory:', options);
      await db.sql(statements);
      for (let round = 0; round < 150; round++) {
        await db.query(read);
        clock.advanceMs(10);
        await vi.advanceTimersByTimeAsync(10);
      }
      const { rows } = await db.query('SELECT DISTINCT name FROM everview.refreshes');
      const told: Record<string, string[]> = {};
      for (const { name } of rows) told[String(name)] = await triggers(db, String(name));
      return { failures, triggers: told };
    } finally {
      vi.useRealTimers();
    }
  }

  longTests(() => {
    it('is not put off by stale answers that never cease', async () => {
      const statements = `${viewOf('staleness_price = 1e-12 PER ROW')}; CREATE TABLE others (id INTEGER);
      CREATE MATERIALIZED VIEW bounded WITH (max_staleness = INTERVAL '100 milliseconds') AS
        SELECT count(*) AS n FROM others; REFRESH bounded;
      INSERT INTO flights VALUES (1, 'A'); INSERT INTO others VALUES (1)`;
      expect(await readAllTheTime(statements, 'SELECT * FROM departures')).toEqual({
        failures: 0,
        triggers: { departures: ['asked'], bounded: ['asked', 'deadline'] },
      });
    });

    it('does not hurry a refresh that fails, however much stale answers have cost', async () => {
      const statements = `CREATE TABLE texts (id VARCHAR); INSERT INTO texts VALUES ('1');
      CREATE MATERIALIZED VIEW numbers WITH (staleness_price = 1 PER ROW) AS SELECT CAST(id AS INTEGER) AS id FROM texts;
      REFRESH numbers; INSERT INTO texts VALUES ('x')`;
      const { failures } = await readAllTheTime(statements, 'SELECT * FROM numbers');
      expect(failures).toBeGreaterThan(0);
      // One soon, and one a second.
      expect(failures).toBeLessThanOrEqual(3);
    });
  });
});
