import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, describe, expect, it } from 'vitest';
import { rowCostMeter, SimulatedClock } from '../../src/core/clock.ts';
import { Everview, type OpenOptions } from '../../src/index.ts';
import { DuckdbSession } from '../../src/store/duckdb-session.ts';
import { openDuckdbStore } from '../../src/store/duckdb-store.ts';
import { migrate } from '../../src/store/migrations.ts';
import { firstOf, longTests } from '../support/depth.ts';
import { firstMoment } from '../support/open-everview.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

let db: Everview;
afterEach(() => db.close());

/** The choice is left to the engine, or to the test, whatever the environment asks of the other tests. */
async function open(options: OpenOptions & { readonly path?: string } = {}): Promise<SimulatedClock> {
  const clock = new SimulatedClock(firstMoment);
  const { path, ...others } = options;
  db = await Everview.open(path ?? ':memory:', { clock, meter: rowCostMeter, ...others });
  return clock;
}

const world = `
  CREATE TABLE sales (id INTEGER PRIMARY KEY, shop INTEGER, amount INTEGER);
  INSERT INTO sales SELECT i, i % 100, i FROM range(5000) r(i);
  CREATE MATERIALIZED VIEW totals WITH (max_staleness = INTERVAL '1 hour') AS SELECT shop, sum(amount) AS total FROM sales GROUP BY shop;
  CREATE MATERIALIZED VIEW dear AS SELECT id, amount FROM sales WHERE amount > 10;
`;

async function refreshes(name: string) {
  const { rows } = await db.query(
    'SELECT * FROM everview.refreshes WHERE name = $1 AND from_version IS NOT NULL ORDER BY refresh_id',
    [name],
  );
  return rows;
}

async function facts(name: string): Promise<string[][]> {
  const { rows } = await db.execute(`EXPLAIN REFRESH ${name}`);
  return rows.map(({ property, value }) => [String(property), String(value)]);
}

describe('the rung', () => {
  it.each(
    firstOf([
      ['full', ['full', 'full']],
      ['incremental', [expect.stringMatching(/algebraic|domain/), 'algebraic']],
      ['algebraic', ['algebraic', 'algebraic']],
      ['domain', ['domain', 'algebraic']],
    ] as const),
  )('is the one the whole engine was told, where a view has it: %s', async (refresh, rungs) => {
    await open({ refresh });
    await db.sql(`${world} INSERT INTO sales VALUES (9001, 1, 5); REFRESH totals; REFRESH dear`);
    const taken = [...(await refreshes('totals')), ...(await refreshes('dear'))];
    expect(taken.map(({ rung }) => rung)).toEqual(rungs);
    expect(new Set(taken.map(({ reason }) => reason))).toEqual(new Set(['forced-by-environment']));
    const { rows } = await db.query('SELECT total::INTEGER AS total FROM totals WHERE shop = 1');
    expect(rows).toEqual([{ total: 122_555 }]);
  });

  it('can be asked for by name, and is refused where a view does not have it', async () => {
    await open();
    await db.sql(`${world} INSERT INTO sales VALUES (9001, 1, 5)`);
    expect((await db.refresh('totals', 'domain')).rows[0]).toMatchObject({
      rung: 'domain',
      kind: 'incremental',
    });
    await expect(db.refresh('dear', 'domain')).rejects.toMatchObject({ code: 'not-incremental' });
    expect((await refreshes('totals'))[0]).toMatchObject({ rung: 'domain', reason: 'asked-incremental' });
  });

  it('is none where nothing was to be done, which is told and leaves no trace', async () => {
    await open();
    await db.sql(world);
    const before = await refreshes('totals');
    expect((await db.refresh('totals')).rows).toMatchObject([
      { kind: 'none', rung: null, reason: 'no-change' },
    ]);
    expect(await refreshes('totals')).toEqual(before);
    await db.refresh('totals', 'incremental');
    expect((await refreshes('totals'))[0]).toMatchObject({ kind: 'none', rung: null, regret_ms: null });
  });

  longTests(() => {
    it('is recorded with what the others would have cost, and the regret', async () => {
      await open();
      await db.sql(world);
      for (let id = 9_001; id < 9_040; id++)
        await db.sql(`INSERT INTO sales VALUES (${id}, 1, 5); REFRESH totals`);
      const taken = await refreshes('totals');
      for (const row of taken) {
        expect(Number(row.regret_ms)).toBeGreaterThanOrEqual(0);
        expect(Number(row.predicted_incremental_ms)).toBe(
          Math.min(Number(row.predicted_algebraic_ms), Number(row.predicted_domain_ms)),
        );
        expect(row.predicted_ms).toBe(row[`predicted_${row.rung}_ms`]);
      }
      // The meter of this test costs by the row: 5,000 of them in full, and a few otherwise.
      expect(taken.at(-1)?.regret_ms).toBe(0);
      expect(taken.filter(({ rung, reason }) => rung === 'full' && reason !== 'probe')).toEqual([]);
    });
  });
});

describe('SHOW REGRET', () => {
  it('says by view how often each rung was taken, and what the choices cost', async () => {
    await open();
    await db.sql(`${world} INSERT INTO sales VALUES (9001, 1, 5); REFRESH totals FULL`);
    await db.sql('INSERT INTO sales VALUES (9002, 1, 5)');
    await db.refresh('totals', 'algebraic');
    await db.sql('INSERT INTO sales VALUES (9003, 1, 5)');
    await db.refresh('totals', 'domain');
    const { kind, rows } = await db.execute('SHOW REGRET');
    expect(kind).toBe('show');
    expect(rows).toHaveLength(1);
    expect(rows[0]).toMatchObject({
      name: 'totals',
      refreshes: 3n,
      algebraic: 1n,
      domain: 1n,
      full: 1n,
      probes: 0n,
    });
    const [sums] = (
      await db.query(
        'SELECT sum(regret_ms) AS regret_ms, sum(actual_ms) AS actual_ms FROM everview.refreshes WHERE rung IS NOT NULL AND from_version IS NOT NULL',
      )
    ).rows;
    expect(rows[0]?.regret_ms).toBe(sums?.regret_ms);
    expect(rows[0]?.regret_share).toBeCloseTo(Number(sums?.regret_ms) / Number(sums?.actual_ms), 9);
    expect((await db.query('SELECT name FROM everview.regret')).rows).toEqual([{ name: 'totals' }]);
  });
});

describe('EXPLAIN REFRESH', () => {
  it('says what is pending, which way and why, what each would cost, the SQL, and what it waits for', async () => {
    const clock = await open();
    await db.sql(
      `${world} INSERT INTO sales VALUES (9001, 1, 5), (9002, 2, 5); DELETE FROM sales WHERE id = 1`,
    );
    const told = await facts('totals');
    const value = (property: string) => told.filter(([name]) => name === property).map(([, text]) => text);
    expect(value('object')).toEqual(['view totals']);
    expect(value('rungs')).toEqual(['algebraic, domain, full']);
    expect(value('pending change')).toEqual(['sales: 2 rows in, 1 rows out, in 2 versions']);
    expect(value('decision')).toHaveLength(1);
    expect(value('reason')[0]).toMatch(/^(cheaper-incremental|cheaper-full|probe): /);
    for (const rung of ['algebraic', 'domain', 'full'])
      expect(Number(value(`predicted ${rung} ms`)[0])).toBeGreaterThan(0);
    expect(value('waits for')[0]).toBe(
      `its deadline, ${new Date(clock.nowMs() + 3_600_000).toISOString()}, or a query that asks for fresher contents`,
    );
    const before = await refreshes('totals');
    await db.execute('EXPLAIN REFRESH totals');
    expect(await refreshes('totals')).toEqual(before);
    await db.execute('REFRESH totals');
    const after = await facts('totals');
    expect(after).toContainEqual(['decision', 'none']);
    expect(after).toContainEqual(['pending change', 'nothing']);
    expect(after).toContainEqual(['waits for', 'a change']);
  });

  longTests(() => {
    it.each(['full', 'algebraic', 'domain'] as const)('gives SQL that runs, for %s', async (refresh) => {
      await using file = await temporaryDatabase();
      await open({ path: file.path, refresh });
      await db.sql(`${world} INSERT INTO sales VALUES (9001, 1, 5); DELETE FROM sales WHERE id = 12`);
      const statements = await Promise.all(['totals', 'dear'].map(facts));
      const sql = statements.flat().flatMap(([property, text]) => (property === 'sql' ? [String(text)] : []));
      expect(sql.length).toBeGreaterThanOrEqual(2);
      await db.close();
      const store = await openDuckdbStore(file.path);
      for (const each of sql) expect(await store.write((tx) => tx.rows(each))).not.toEqual([]);
      await store.close();
      await open({ path: file.path });
    });

    it('names what is refreshed first, and what each policy waits for', async () => {
      await open();
      await db.sql(`${world}
      CREATE MATERIALIZED VIEW best WITH (refresh = manual) AS SELECT max(total) AS best FROM totals;
      CREATE MATERIALIZED VIEW at_read WITH (refresh = on_read) AS SELECT count(*) AS n FROM sales;
      CREATE MATERIALIZED VIEW at_once WITH (refresh = immediate) AS SELECT count(*) AS n FROM sales;
      INSERT INTO sales VALUES (9001, 1, 5)`);
      expect(await facts('best')).toContainEqual(['refreshed first', 'totals']);
      expect(await facts('best')).toContainEqual(['waits for', 'REFRESH best']);
      expect(await facts('at_read')).toContainEqual(['waits for', 'a query that reads it']);
      expect(await facts('at_once')).toContainEqual(['waits for', 'an update, in its transaction']);
      expect(await facts('dear')).toContainEqual(['waits for', 'nothing: it is due']);
    });
  });
});

longTests(() => {
  describe('an older file', () => {
    it('opens, with what it recorded', async () => {
      await using file = await temporaryDatabase();
      const instance = await DuckDBInstance.create(file.path);
      const connection = await instance.connect();
      const session = new DuckdbSession(connection);
      await migrate(session, 1);
      await session.run(`INSERT INTO everview.refreshes VALUES
      (1, 'old', 'view', 'full', 'asked-full', 'asked', 1, 2, 10, 3, 4, 4, 5, TIMESTAMP '2001-01-01')`);
      connection.closeSync();
      instance.closeSync();
      await open({ path: file.path });
      expect(await refreshes('old')).toMatchObject([
        { name: 'old', rung: null, regret_ms: null, actual_ms: 5 },
      ]);
      await db.sql(`${world} INSERT INTO sales VALUES (9001, 1, 5); REFRESH totals`);
      expect((await db.execute('SHOW REGRET')).rows).toMatchObject([{ name: 'totals', refreshes: 1n }]);
    });
  });
});
