import { afterEach, describe, expect, it } from 'vitest';
import type { Everview, SimulatedClock } from '../../src/index.ts';
import { failureOf } from '../support/failure-of.ts';
import { forcedRefresh, openEverview } from '../support/open-everview.ts';

let db: Everview;
let clock: SimulatedClock;

afterEach(() => db?.close());

async function open(script: string): Promise<void> {
  ({ db, clock } = await openEverview());
  await db.sql(`CREATE TABLE sales (id INTEGER PRIMARY KEY, shop VARCHAR, amount INTEGER);
    INSERT INTO sales SELECT i, 'shop ' || i % 3, i % 10 FROM range(300) r(i);
    ${script};
    INSERT INTO sales VALUES (900, 'shop 1', 5)`);
  clock.advanceMs(30_000);
}

const totals = 'SELECT shop, sum(amount) AS total FROM sales GROUP BY shop';

/** `name: plan (reason)` of what is chosen, and what is not, with the version and path the answer would have. */
async function explain(query: string) {
  const { rows, version, path, kind } = await db.execute(`EXPLAIN ${query}`);
  expect(kind).toBe('explain-query');
  const line = (row: (typeof rows)[number]) => `${row.name}: ${row.plan} (${row.reason})`;
  return {
    chosen: rows.filter((row) => row.chosen === true).map(line),
    rejected: rows.filter((row) => row.chosen === false).map(line),
    version,
    path,
  };
}

async function refreshCount(): Promise<unknown> {
  return (await db.query('SELECT count(*)::INTEGER AS n FROM everview.refreshes')).rows[0]?.n;
}

describe('EXPLAIN SELECT', () => {
  it('says which view answers and how, and why not otherwise; and refreshes nothing', async () => {
    await open(`CREATE MATERIALIZED VIEW totals AS ${totals}`);
    const before = await refreshCount();
    expect(await explain('SELECT * FROM totals, sales')).toEqual({
      chosen: ['sales: contents (fresh)', 'totals: refresh (refreshed-first)'],
      rejected: [
        'totals: contents (beyond-bound)',
        'totals: compensate (other-policy)',
        'totals: recompute (other-policy)',
      ],
      version: 2,
      path: 'refreshed-first',
    });
    expect(await refreshCount()).toBe(before);
    const { rows } = await db.execute('EXPLAIN SELECT * FROM totals');
    expect(rows.map((row) => [row.plan, Number(row.predicted_ms) >= 0, row.version])).toEqual([
      ['refresh', true, 2],
      ['contents', true, null],
      ['compensate', true, null],
      ['recompute', true, null],
    ]);
    expect(rows[0]?.detail).toBe('contents are 1 version, 1 row behind');
    await db.query('SELECT * FROM totals');
    expect(await explain('SELECT * FROM totals')).toEqual({
      chosen: ['totals: contents (fresh)'],
      rejected: [
        'totals: refresh (no-change)',
        'totals: compensate (no-change)',
        'totals: recompute (dearer)',
      ],
      version: 2,
      path: 'fresh',
    });
  });

  it('tells what the query then does, under every policy', async () => {
    await open(`CREATE MATERIALIZED VIEW totals WITH (max_staleness = '1 hour') AS ${totals};
      CREATE VIEW city AS SELECT sum(total) AS s FROM totals;
      CREATE MATERIALIZED VIEW n WITH (refresh = manual) AS SELECT count(*) AS n FROM sales;
      CREATE MATERIALIZED VIEW top AS SELECT max(total) AS m FROM totals;
      CREATE MATERIALIZED VIEW ranks AS SELECT id, rank() OVER (ORDER BY amount) AS r FROM sales`);
    for (const query of [
      'SELECT * FROM totals, sales',
      'SELECT * FROM city WITH (max_rows = 5)',
      'SELECT * FROM city, n',
      'SELECT * FROM ranks, totals WITH (on_stale_read = compensate)',
      'SELECT * FROM n, ranks WITH (on_stale_read = serve)',
      'SELECT * FROM sales AT (VERSION => 1), n',
      'SELECT * FROM top WITH (on_stale_read = compensate)',
      'SELECT * FROM top, n',
      'SELECT * FROM top, totals, n, city',
    ]) {
      const told = await db.execute(`EXPLAIN ${query}`);
      const { version, path, staleness } = await db.query(query);
      expect({ query, version: told.version, path: told.path }).toEqual({ query, version, path });
      expect(told.staleness).toEqual(staleness);
    }
  });

  it('shows the views under one that is read by its definition', async () => {
    await open(`CREATE MATERIALIZED VIEW totals AS ${totals};
      CREATE MATERIALIZED VIEW top AS SELECT max(total) AS m FROM totals`);
    const told = await explain('SELECT * FROM top WITH (on_stale_read = compensate)');
    const beneath = forcedRefresh() === undefined || forcedRefresh() === 'full' ? 'recompute' : 'compensate';
    expect(told.chosen[0]).toBe('top: recompute (recomputed)');
    expect(told.chosen[1]).toMatch(
      forcedRefresh() === undefined ? /totals: (recompute|compensate)/ : new RegExp(`totals: ${beneath}`),
    );
    expect(told.rejected).toContain('top: compensate (not-compensable)');
  });

  it('tells a refusal, and that of a model, without failing', async () => {
    await open(`CREATE MATERIALIZED VIEW totals WITH (on_stale_read = fail) AS ${totals};
      CREATE TRAINING SET s WITH (label = amount) AS SELECT id, amount FROM sales;
      CREATE MODEL m WITH (method = 'ridge') AS SELECT * FROM s`);
    expect((await explain('SELECT * FROM totals')).chosen).toEqual(['totals: refuse (refused)']);
    const predictions = 'SELECT prediction FROM PREDICT(m, (SELECT 1 AS id))';
    expect(await explain(predictions)).toMatchObject({
      chosen: ['m: refresh (refreshed-first)'],
      rejected: ['m: contents (first-build)'],
    });
    await db.query(predictions);
    expect(await explain(predictions)).toMatchObject({ chosen: ['m: contents (fresh)'], path: 'fresh' });
  });

  it('fails where the query would, at the same place', async () => {
    await open(`CREATE MATERIALIZED VIEW totals AS ${totals}`);
    expect(await failureOf(db.execute('EXPLAIN\n SELECT nothing FROM totals'))).toMatchObject({
      code: 'unknown-column',
      place: '2:9+7',
    });
    expect(await failureOf(db.execute('EXPLAIN SELECT * FROM total'))).toMatchObject({
      code: 'unknown-relation',
      place: '1:23+5',
      hint: 'did you mean "totals"?',
    });
  });
});
