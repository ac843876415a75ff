import { sql } from 'kysely';
import { afterEach, describe, expect, it } from 'vitest';
import type { Everview, SimulatedClock } from '../../src/index.ts';
import { failureOf } from '../support/failure-of.ts';
import { forcedRefresh, openEverview } from '../support/open-everview.ts';

let db: Everview;
let clock: SimulatedClock;

afterEach(() => db?.close());

const totals = 'SELECT shop, sum(amount)::INTEGER AS total FROM sales GROUP BY shop';

/** Two versions, the second of which `totals` does not show. */
async function open(
  options: string,
  views = `CREATE MATERIALIZED VIEW totals WITH (${options}) AS ${totals}`,
) {
  ({ db, clock } = await openEverview());
  await db.sql(`CREATE TABLE sales (id INTEGER PRIMARY KEY, shop VARCHAR, amount INTEGER);
    INSERT INTO sales VALUES (1, 'a', 10), (2, 'b', 20);
    ${views};
    INSERT INTO sales VALUES (3, 'a', 5), (4, 'a', 1)`);
  clock.advanceMs(30_000);
}

const query = 'SELECT sum(total)::INTEGER AS t FROM totals';

async function ask(asked: string) {
  const { rows, path, version, staleness } = await db.query(`${query} WITH (${asked})`);
  return { total: rows[0]?.t, path, version, met: staleness.map((report) => report.policyMet) };
}

const stale = (path: string, met: boolean) => ({ total: 30, path, version: 1, met: [met] });
const inline = expect.stringMatching(/^(compensated|recomputed)$/);
const renewed = (path: unknown) => ({ total: 36, path, version: 2, met: [true] });

describe('SELECT … WITH (…)', () => {
  it('bears more than the view declares, in time or in rows', async () => {
    await open('max_staleness = 0');
    expect(await ask(`max_staleness = INTERVAL '1 minute'`)).toEqual(stale('served-within-bound', true));
    expect(await ask('max_rows = 2')).toEqual(stale('served-within-bound', true));
    expect(await ask('max_staleness = NULL')).toEqual(stale('served-within-bound', true));
    expect(await ask('on_stale_read = serve')).toEqual(stale('served-stale', false));
    expect(await ask(`max_staleness = INTERVAL '1 minute', max_rows = 1`)).toEqual(
      renewed('refreshed-first'),
    );
  });

  it.each([`max_staleness = '1 hour'`, 'max_rows = 100', 'refresh = manual'])(
    'bears less than %s',
    async (declared) => {
      await open(declared);
      expect(await ask(`max_staleness = INTERVAL '1 hour'`)).toEqual(stale('served-within-bound', true));
      expect(await ask('on_stale_read = fail')).toEqual(stale('served-within-bound', true));
      const strict = `max_staleness = INTERVAL '20 seconds'`;
      expect(await failureOf(ask(`${strict}, on_stale_read = fail`))).toMatchObject({
        code: 'staleness-exceeded',
        hint: expect.stringContaining('in the query'),
      });
      expect(await ask(`${strict}, on_stale_read = serve`)).toEqual(stale('served-stale', false));
      expect(await ask(`${strict}, on_stale_read = compensate`)).toEqual(renewed(inline));
      expect(await ask('max_rows = 1')).toEqual(renewed('refreshed-first'));
      expect(await ask('max_rows = 0')).toEqual(renewed('fresh'));
    },
  );

  it('holds for every view and for the models that the query reads, and for no other query', async () => {
    await open(
      '',
      `CREATE MATERIALIZED VIEW totals AS ${totals}; CREATE MATERIALIZED VIEW n AS SELECT count(*) AS n FROM sales;
       CREATE TRAINING SET s WITH (label = amount) AS SELECT id, amount FROM sales;
       CREATE MODEL m WITH (method = 'ridge', max_effect = 0.1) AS SELECT * FROM s; REFRESH m`,
    );
    const both = 'SELECT count(*)::INTEGER AS c, sum(n)::INTEGER AS n FROM totals, n';
    expect(await db.query(`${both} WITH (max_rows = 10)`)).toMatchObject({
      rows: [{ c: 2, n: 4 }],
      path: 'served-within-bound',
      version: 1,
    });
    const predictions = 'SELECT prediction FROM PREDICT(m, (SELECT 7 AS id))';
    expect(await db.query(`${predictions} WITH (max_rows = 10)`)).toMatchObject({
      path: 'served-within-bound',
      models: { m: 1 },
    });
    expect(
      await failureOf(db.query(`${predictions} WITH (max_rows = 1, on_stale_read = fail)`)),
    ).toMatchObject({ code: 'staleness-exceeded', data: { object: 'm' } });
    expect(await db.query(`${predictions} WITH (max_rows = 1, on_stale_read = compensate)`)).toMatchObject({
      path: 'refreshed-first',
      models: { m: 2 },
    });
    expect((await db.query('SELECT * FROM n')).path).toBe('refreshed-first');
  });

  it('is read from every way to ask, with parameters', async () => {
    await open('max_staleness = 0');
    const text = `SELECT total FROM totals WHERE shop = $1 WITH (max_rows = 5)`;
    expect((await db.query(text, ['a'])).rows).toEqual([{ total: 10 }]);
    expect((await db.execute(`${text};`, ['a'])).rows).toEqual([{ total: 10 }]);
    expect((await db.arrow(text, ['a'])).path).toBe('served-within-bound');
    const stream = await db.stream(text, ['a']);
    expect(stream.path).toBe('served-within-bound');
    await stream.close();
    const { rows } = await sql`SELECT total FROM totals WHERE shop = ${'a'} WITH (max_rows = 5)`.execute(
      db.kysely(),
    );
    expect(rows).toEqual([{ total: 10 }]);
    const [, last] = await db.sql(`SELECT 1; ${query} WITH (max_rows = 5)`);
    expect(last?.path).toBe('served-within-bound');
    expect(
      await failureOf(db.sql(`SELECT 1;\nSELECT nothing FROM totals WITH (max_rows = 5)`)),
    ).toMatchObject({
      code: 'unknown-column',
      place: '2:8+7',
    });
    expect(await failureOf(db.sql(`SELECT 1;\n${query} WITH (max_row = 5)`))).toMatchObject({
      code: 'unknown-option',
      place: '2:51+7',
      hint: expect.stringContaining('did you mean "max_rows"?'),
    });
  });

  it('compensates a view that declares to be refreshed, and writes nothing', async () => {
    await open('max_staleness = 0');
    expect(await ask('on_stale_read = compensate')).toEqual(renewed(inline));
    const refreshes = await db.query(
      `SELECT count(*)::INTEGER AS n FROM everview.refreshes WHERE name = 'totals'`,
    );
    expect(refreshes.rows).toEqual([{ n: 1 }]);
    if (forcedRefresh() === 'incremental') {
      expect((await ask('on_stale_read = compensate')).path).toBe('compensated');
    }
  });
});
