import { afterEach, describe, expect, it } from 'vitest';
import type { Everview, SimulatedClock } from '../../src/index.ts';
import { longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { forcedKind, openEverview } from '../support/open-everview.ts';

let db: Everview;
let clock: SimulatedClock;

afterEach(() => db?.close());

const tables = `
  CREATE TABLE sales (id INTEGER PRIMARY KEY, shop VARCHAR, amount INTEGER);
  CREATE TABLE shops (shop VARCHAR PRIMARY KEY, city VARCHAR);
  INSERT INTO shops VALUES ('a', 'Graz'), ('b', 'Linz');
  INSERT INTO sales VALUES (1, 'a', 10), (2, 'b', 20);
`;

const totals = 'SELECT shop, sum(amount)::INTEGER AS total FROM sales GROUP BY shop';

async function open(script: string): Promise<void> {
  ({ db, clock } = await openEverview());
  await db.sql(tables);
  await db.sql(script);
}

/** Rows and the path taken, with the staleness of what was read. */
async function read(sql: string) {
  const { rows, path, version, staleness } = await db.query(sql);
  const told = staleness.map(({ name, rows: behind, ms, asOf, policyMet }) => ({
    name,
    behind,
    ms,
    asOf,
    policyMet,
  }));
  return { rows: rows.map((row) => Object.values(row)), path, version, staleness: told };
}

async function refreshesOf(name: string) {
  const { rows } = await db.query(
    'SELECT kind, reason, trigger, from_version AS f, to_version AS t FROM everview.refreshes WHERE name = $1 ORDER BY refresh_id',
    [name],
  );
  return rows.map(({ kind, reason, trigger, f, t }) => [
    kind,
    reason,
    trigger,
    f === null ? null : Number(f),
    Number(t),
  ]);
}

const fresh = (name: string, asOf: number) => ({ name, behind: 0, ms: 0, asOf, policyMet: true });

describe('a read of one view', () => {
  it('is fresh until its input changes, then refreshed first, once', async () => {
    await open(`CREATE MATERIALIZED VIEW totals AS ${totals}`);
    const sql = 'SELECT * FROM totals ORDER BY shop';
    const before = [
      ['a', 10],
      ['b', 20],
    ];
    expect(await read(sql)).toEqual({
      rows: before,
      path: 'fresh',
      version: 2,
      staleness: [fresh('totals', 2)],
    });
    await db.insert('shops', [{ shop: 'c', city: 'Wien' }]);
    clock.advanceMs(1e9);
    expect(await read(sql)).toEqual({
      rows: before,
      path: 'fresh',
      version: 3,
      staleness: [fresh('totals', 3)],
    });
    await db.insert('sales', [{ id: 3, shop: 'a', amount: 5 }]);
    const after = [
      ['a', 15],
      ['b', 20],
    ];
    expect(await read(sql)).toEqual({
      rows: after,
      path: 'refreshed-first',
      version: 4,
      staleness: [fresh('totals', 4)],
    });
    expect((await read(sql)).path).toBe('fresh');
    const [, second, ...more] = await refreshesOf('totals');
    expect(more).toEqual([]);
    expect(second?.slice(2)).toEqual(['read', 2, 4]);
    if (forcedKind() !== undefined)
      expect(second?.slice(0, 2)).toEqual([forcedKind(), 'forced-by-environment']);
  });

  it('is served within max_staleness at the version it is right for, and refreshed beyond', async () => {
    await open(`CREATE MATERIALIZED VIEW totals WITH (max_staleness = INTERVAL '10 minutes') AS ${totals}`);
    await db.insert('sales', [{ id: 3, shop: 'a', amount: 5 }]);
    clock.advanceMs(600_000);
    expect(await read(`SELECT total FROM totals WHERE shop = 'a'`)).toEqual({
      rows: [[10]],
      path: 'served-within-bound',
      version: 2,
      staleness: [{ name: 'totals', behind: 1, ms: 600_000, asOf: 2, policyMet: true }],
    });
    clock.advanceMs(1);
    expect(await read(`SELECT total FROM totals WHERE shop = 'a'`)).toMatchObject({
      rows: [[15]],
      path: 'refreshed-first',
    });
  });

  it('is served within max_rows, and refreshed beyond', async () => {
    await open(`CREATE MATERIALIZED VIEW totals WITH (max_rows = 2) AS ${totals}`);
    await db.insert('sales', [
      { id: 3, shop: 'a', amount: 5 },
      { id: 4, shop: 'a', amount: 5 },
    ]);
    expect(await read(`SELECT total FROM totals WHERE shop = 'a'`)).toMatchObject({
      rows: [[10]],
      path: 'served-within-bound',
      staleness: [{ behind: 2, policyMet: true }],
    });
    await db.insert('sales', [{ id: 5, shop: 'b', amount: 5 }]);
    expect(await read(`SELECT total FROM totals WHERE shop = 'a'`)).toMatchObject({
      rows: [[20]],
      path: 'refreshed-first',
    });
  });

  longTests(() => {
    it('says that it is stale beyond the bound where the policy is to serve', async () => {
      await open(`CREATE MATERIALIZED VIEW totals WITH (on_stale_read = serve) AS ${totals}`);
      await db.insert('sales', [{ id: 3, shop: 'a', amount: 5 }]);
      clock.advanceMs(1_000);
      expect(await read('SELECT sum(total)::INTEGER AS t FROM totals')).toEqual({
        rows: [[30]],
        path: 'served-stale',
        version: 2,
        staleness: [{ name: 'totals', behind: 1, ms: 1_000, asOf: 2, policyMet: false }],
      });
    });
  });

  it('is refused where the policy is to fail, until it is refreshed', async () => {
    await open(`CREATE MATERIALIZED VIEW totals WITH (on_stale_read = fail) AS ${totals}`);
    await db.insert('sales', [{ id: 3, shop: 'a', amount: 5 }]);
    expect(await failureOf(read('SELECT * FROM totals'))).toMatchObject({
      code: 'staleness-exceeded',
      data: { object: 'totals', rows: 1, versions: 1 },
    });
    expect((await read('SELECT count(*)::INTEGER AS n FROM sales')).rows).toEqual([[3]]);
    await db.refresh('totals');
    expect(await read('SELECT sum(total)::INTEGER AS t FROM totals')).toMatchObject({
      rows: [[35]],
      path: 'fresh',
    });
  });

  longTests(() => {
    it('is historical under AT, recomputed from the rows of that version', async () => {
      await open(`CREATE MATERIALIZED VIEW totals AS ${totals}`);
      await db.execute(`UPDATE sales SET amount = 99 WHERE id = 1`);
      expect(await read('SELECT * FROM totals AT (VERSION => 2) ORDER BY shop')).toMatchObject({
        rows: [
          ['a', 10],
          ['b', 20],
        ],
        path: 'historical',
      });
    });
  });
});

describe('refresh modes', () => {
  it('immediate moves in the transaction of the update', async () => {
    await open(`CREATE MATERIALIZED VIEW totals WITH (refresh = immediate) AS ${totals}`);
    await db.insert('sales', [{ id: 3, shop: 'a', amount: 5 }]);
    expect((await refreshesOf('totals')).at(-1)?.slice(2)).toEqual(['with-the-update', 2, 3]);
    expect(await read(`SELECT total FROM totals WHERE shop = 'a'`)).toMatchObject({
      rows: [[15]],
      path: 'fresh',
    });
  });

  it('immediate that fails takes the update back whole', async () => {
    await open(`CREATE MATERIALIZED VIEW inverse WITH (refresh = immediate) AS
    SELECT id, CASE WHEN amount = 0 THEN error('no inverse')::INTEGER ELSE 100 // amount END AS i FROM sales`);
    expect(await failureOf(db.insert('sales', [{ id: 3, shop: 'a', amount: 0 }]))).toMatchObject({
      message: expect.stringContaining('no inverse'),
    });
    expect(await read('SELECT count(*)::INTEGER AS n FROM sales')).toMatchObject({
      rows: [[2]],
      version: 2,
    });
    expect((await db.insert('sales', [{ id: 3, shop: 'a', amount: 1 }])).version).toBe(3);
  });

  it('manual moves only when asked', async () => {
    await open(`CREATE MATERIALIZED VIEW totals WITH (refresh = manual) AS ${totals}`);
    await db.insert('sales', [{ id: 3, shop: 'a', amount: 5 }]);
    expect(await read(`SELECT total FROM totals WHERE shop = 'a'`)).toMatchObject({
      rows: [[10]],
      path: 'served-within-bound',
      version: 2,
    });
    expect(await db.step()).toBe(0);
    await db.execute('REFRESH totals');
    expect((await refreshesOf('totals')).at(-1)?.slice(2)).toEqual(['asked', 2, 3]);
    expect(await read(`SELECT total FROM totals WHERE shop = 'a'`)).toMatchObject({
      rows: [[15]],
      path: 'fresh',
    });
  });

  longTests(() => {
    it('incremental and full say so, whatever it costs', async () => {
      await open(`CREATE MATERIALIZED VIEW inc WITH (refresh = incremental) AS ${totals};
      CREATE MATERIALIZED VIEW whole WITH (refresh = full) AS ${totals};`);
      for (let id = 3; id < 8; id++) {
        await db.insert('sales', [{ id, shop: 'a', amount: 1 }]);
        await read('SELECT * FROM inc JOIN whole USING (shop)');
      }
      const forced = forcedKind();
      const kinds = new Set((await refreshesOf('inc')).slice(1).map(([kind, reason]) => `${kind} ${reason}`));
      expect([...kinds]).toEqual([
        forced === undefined ? 'incremental asked-incremental' : `${forced} forced-by-environment`,
      ]);
      const wholes = new Set(
        (await refreshesOf('whole')).slice(1).map(([kind, reason]) => `${kind} ${reason}`),
      );
      expect([...wholes]).toEqual([
        forced === undefined ? 'full asked-full' : `${forced} forced-by-environment`,
      ]);
    });

    it('strict incremental is refused at the declaration of what can only be full', async () => {
      await open('');
      const ranks = 'SELECT id, rank() OVER (ORDER BY amount) AS place FROM sales';
      const declared = db.execute(`CREATE MATERIALIZED VIEW ranks WITH (refresh = incremental) AS ${ranks}`);
      expect(await failureOf(declared)).toMatchObject({ code: 'not-incremental' });
      await db.execute(`CREATE MATERIALIZED VIEW ranks AS ${ranks}`);
      expect(await failureOf(db.refresh('ranks', 'incremental'))).toMatchObject({ code: 'not-incremental' });
    });

    it('on_read waits for a read; a refresh with nothing to do says so', async () => {
      await open(`CREATE MATERIALIZED VIEW totals WITH (refresh = on_read) AS ${totals}`);
      await db.insert('sales', [{ id: 3, shop: 'a', amount: 5 }]);
      expect(await db.step()).toBe(0);
      expect((await read('SELECT * FROM totals')).path).toBe('refreshed-first');
      const { rows } = await db.refresh('totals');
      expect(rows).toMatchObject([{ name: 'totals', kind: 'none', reason: 'no-change' }]);
    });
  });
});

describe('reads of several relations show one version', () => {
  it('reads the base table from history beside a view served within its bound', async () => {
    await open(`CREATE MATERIALIZED VIEW totals WITH (max_staleness = INTERVAL '1 hour') AS ${totals}`);
    await db.insert('sales', [{ id: 3, shop: 'a', amount: 5 }]);
    await db.execute('DELETE FROM sales WHERE id = 2');
    expect(
      await read(
        'SELECT (SELECT sum(total)::INTEGER FROM totals) AS t, sum(amount)::INTEGER AS s FROM sales',
      ),
    ).toMatchObject({ rows: [[30, 30]], path: 'served-within-bound', version: 2 });
  });

  longTests(() => {
    it('moves views at different cursors to one version, in one go', async () => {
      await open(`CREATE MATERIALIZED VIEW old WITH (max_staleness = INTERVAL '1 hour') AS ${totals};
      CREATE MATERIALIZED VIEW new AS ${totals};`);
      await db.insert('sales', [{ id: 3, shop: 'a', amount: 5 }]);
      expect((await read('SELECT * FROM new')).path).toBe('refreshed-first');
      expect(
        await read(
          'SELECT sum(o.total)::INTEGER AS o, sum(n.total)::INTEGER AS n FROM old o JOIN new n USING (shop)',
        ),
      ).toMatchObject({ rows: [[35, 35]], path: 'refreshed-first', version: 3 });
    });

    it('reads a manual view by its definition beside one that is newer, and leaves it where it was', async () => {
      await open(`CREATE MATERIALIZED VIEW old WITH (refresh = manual) AS ${totals};
      CREATE MATERIALIZED VIEW new AS ${totals};`);
      await db.insert('sales', [{ id: 3, shop: 'a', amount: 5 }]);
      await read('SELECT * FROM new');
      expect(
        await read(
          'SELECT sum(o.total)::INTEGER AS o, sum(n.total)::INTEGER AS n FROM old o JOIN new n USING (shop)',
        ),
      ).toEqual({
        rows: [[35, 35]],
        path: expect.stringMatching(/^(compensated|recomputed)$/),
        version: 3,
        staleness: [fresh('old', 3), fresh('new', 3)],
      });
      expect((await refreshesOf('old')).length).toBe(1);
      // Beside it, the same view in the past is read in the past.
      const past =
        'SELECT (SELECT sum(total)::INTEGER FROM old AT (VERSION => 2)) AS p, sum(o.total)::INTEGER AS o FROM old o JOIN new USING (shop)';
      expect((await read(past)).rows).toEqual([[30, 35]]);
    });

    it('refreshes chains and diamonds together, sources first', async () => {
      await open(`CREATE MATERIALIZED VIEW totals AS ${totals};
      CREATE VIEW by_city AS SELECT city, total FROM totals JOIN shops USING (shop);
      CREATE MATERIALIZED VIEW high AS SELECT max(total) AS m FROM by_city;
      CREATE MATERIALIZED VIEW low AS SELECT min(total) AS m FROM by_city;
      CREATE MATERIALIZED VIEW span AS SELECT high.m - low.m AS span FROM high, low;`);
      await db.insert('sales', [{ id: 3, shop: 'b', amount: 5 }]);
      expect(await read('SELECT span FROM span')).toMatchObject({
        rows: [[15]],
        path: 'refreshed-first',
        version: 3,
      });
      for (const source of ['totals', 'high', 'low'])
        expect((await refreshesOf(source)).at(-1)?.slice(2)).toEqual(['needed-by-dependent', 2, 3]);
      expect((await refreshesOf('span')).at(-1)?.slice(2)).toEqual(['read', 2, 3]);
      expect(await read('SELECT count(*)::INTEGER AS n FROM by_city')).toMatchObject({
        rows: [[2]],
        path: 'fresh',
      });
    });

    it('sees a kept view under a plain one', async () => {
      await open(`CREATE MATERIALIZED VIEW totals WITH (on_stale_read = fail) AS ${totals};
      CREATE VIEW plain AS SELECT total FROM totals;`);
      await db.insert('sales', [{ id: 3, shop: 'b', amount: 5 }]);
      expect(await failureOf(read('SELECT * FROM plain'))).toMatchObject({ code: 'staleness-exceeded' });
    });

    it('counts a change of two base tables as two versions behind', async () => {
      await open(`CREATE MATERIALIZED VIEW cities WITH (refresh = manual) AS
      SELECT city, amount FROM sales JOIN shops USING (shop)`);
      await db.insert('sales', [{ id: 3, shop: 'b', amount: 5 }]);
      await db.insert('shops', [{ shop: 'c', city: 'Wien' }]);
      const { staleness } = await db.query('SELECT * FROM cities');
      expect(staleness).toMatchObject([{ versions: 2, rows: 2, asOf: 2 }]);
    });
  });
});
