import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Rung } from '../../src/plan/view-plan.ts';
import { depth, everyOther, firstOf } from '../support/depth.ts';
import { ViewWorld } from '../support/view-world.ts';

const day = 86_400_000;
const start = Date.UTC(2024, 1, 20, 12);

const shapes = {
  rows: `SELECT id, k, ts FROM e WHERE ts > now() - INTERVAL '30 days'`,
  between: `SELECT id, ts FROM e WHERE ts BETWEEN now() - INTERVAL 7 DAY AND now() + INTERVAL 1 DAY`,
  'join-groups': `SELECT f.name, count(*) AS n FROM e JOIN f ON e.k = f.k WHERE e.ts > now() - INTERVAL '10 days' GROUP BY f.name`,
  'until-column': `SELECT id FROM e WHERE d > current_date`,
  median: `SELECT k, median(x) AS mid FROM e WHERE ts > now() - INTERVAL '7 days' GROUP BY k`,
  zoned: `SELECT id FROM e WHERE z >= ago(INTERVAL '2 days') AND k <> 'b'`,
  months: `SELECT id FROM e WHERE ts > now() - INTERVAL '1 month'`,
  seconds: `SELECT id FROM e WHERE s >= localtimestamp - INTERVAL '2 days'`,
  nanoseconds: `SELECT id FROM e WHERE n < localtimestamp - INTERVAL '2 days'`,
  truncated: `SELECT id FROM e WHERE date_trunc('month', now()) <= ts`,
  computed: `SELECT id FROM e WHERE ts + to_days(id % 9) > localtimestamp`,
  groups: `SELECT k, count(*) AS n, sum(x) AS total, max(x) AS most FROM e WHERE ts > now() - INTERVAL '30 days' GROUP BY k`,
  'one-group': `SELECT count(*) AS n, avg(x) AS mean FROM e WHERE ts > now() - INTERVAL '30 days'`,
  join: `SELECT e.id, f.name FROM e JOIN f ON e.k = f.k AND e.ts > now() - INTERVAL '30 days' WHERE f.since <= now()`,
  future: `SELECT id FROM e WHERE ts <= current_timestamp`,
  tied: `SELECT e.id FROM e JOIN f ON e.k = f.k WHERE e.ts + (f.name || ' days')::INTERVAL > now()`,
  'this-day': `SELECT id FROM e WHERE ts::DATE = current_date`,
  window: `SELECT id, row_number() OVER (PARTITION BY k ORDER BY ts, id) AS place FROM e WHERE ts > now() - INTERVAL '7 days'`,
  'outer-join': `SELECT f.k, r.id FROM f LEFT JOIN (SELECT * FROM e WHERE ts > now() - INTERVAL '7 days') r ON r.k = f.k`,
  exists: `SELECT f.k FROM f WHERE EXISTS (SELECT 1 FROM e WHERE e.k = f.k AND e.ts > now() - INTERVAL '7 days')`,
  distinct: `SELECT DISTINCT k FROM e WHERE ts > now() - INTERVAL '7 days'`,
  union: `SELECT id FROM e WHERE ts > now() - INTERVAL '7 days' UNION ALL SELECT id FROM e WHERE d <= current_date`,
  'over-groups': `SELECT * FROM (SELECT k, max(ts) AS last FROM e GROUP BY k) WHERE last > now() - INTERVAL '7 days'`,
  cte: `WITH recent AS (SELECT * FROM e WHERE ts > now() - INTERVAL '7 days') SELECT f.name, r.x FROM f JOIN recent r USING (k)`,
} as const;

describe('contents follow the clock', () => {
  let world: ViewWorld;

  beforeEach(async () => {
    world = await ViewWorld.open();
    world.nowMs = start;
    await world.table('e', [
      { name: 'id', type: 'INTEGER' },
      { name: 'k', type: 'VARCHAR' },
      { name: 'x', type: 'INTEGER' },
      { name: 'ts', type: 'TIMESTAMP' },
      { name: 'z', type: 'TIMESTAMP WITH TIME ZONE' },
      { name: 'd', type: 'DATE' },
      { name: 's', type: 'TIMESTAMP_S' },
      { name: 'n', type: 'TIMESTAMP_NS' },
    ]);
    await world.table('f', [
      { name: 'k', type: 'VARCHAR' },
      { name: 'name', type: 'VARCHAR' },
      { name: 'since', type: 'DATE' },
    ]);
    await world.update([
      { table: 'f', insert: `('a', '3', '2024-01-01'), ('b', '40', '2024-03-10'), (NULL, '1', NULL)` },
    ]);
  });

  afterEach(() => world.close());

  /** An event `hours` from the start of the test; null: nobody knows when. */
  const event = (id: number, k: string | null, x: number, hours: number | null): string => {
    const at =
      hours === null ? 'NULL' : `'${new Date(start + hours * 3_600_000).toISOString().slice(0, 19)}'`;
    return `(${id}, ${k === null ? 'NULL' : `'${k}'`}, ${x}, ${Array(5).fill(at).join(', ')})`;
  };

  const history: readonly (() => Promise<void>)[] = [
    () =>
      world.update([
        {
          table: 'e',
          insert: [-900, -720, -719, -400, -168, -100, -24, 0, 1, 24, 48, 400, null]
            .map((hours, id) => event(id, ['a', 'b', 'c', null][id % 4] ?? null, id, hours))
            .join(', '),
        },
      ]),
    async () => {
      world.nowMs += 1;
    },
    async () => {
      world.nowMs += 3_600_000 - 1;
    },
    () => world.update([{ table: 'e', insert: `${event(20, 'a', 7, -700)}, ${event(21, 'b', 1, 10)}` }]),
    async () => {
      world.nowMs += 2 * day;
      await world.update([
        { table: 'e', where: 'id IN (1, 3, 20)' },
        { table: 'e', insert: event(22, 'a', 4, -719) },
        { table: 'f', insert: `('c', '12', '2024-02-22')` },
      ]);
    },
    async () => {
      world.nowMs = Date.UTC(2024, 2, 1);
    },
    async () => {
      world.nowMs = Date.UTC(2024, 2, 30, 23);
    },
    async () => {
      world.nowMs = Date.UTC(2024, 2, 31, 1);
      await world.update([{ table: 'e', where: 'id = 2' }]);
    },
    async () => {
      world.nowMs += 40 * day;
    },
  ];

  describe.each(firstOf(everyOther(Object.entries(shapes)), 3))('%s', (_, sql) => {
    test('by every rung', async () => {
      // The full rung is DuckDB's own recompute, which the others are compared with.
      const kept = depth<readonly Rung[]>(['algebraic', 'domain'], ['algebraic', 'domain', 'full']);
      for (const rung of kept) {
        await world.view(rung, sql);
        await world.checkedRefresh(rung, 'rebuild');
        await world.view(`over_${rung}`, `SELECT count(*) AS n FROM "${rung}"`);
      }
      for (const step of history) {
        await step();
        for (const rung of kept) {
          if (rung === 'full') await world.checkedRefresh(rung, 'rebuild');
          else await world.checkedRefresh(rung, 'advance', rung);
        }
      }
    });

    test('the boundary is never behind a change', async () => {
      const handle = await world.view('v', sql);
      await history[0]?.();
      let boundary: number | null = null;
      let before = '';
      for (let step = 0; step < depth(4, 36); step++) {
        const crossed = boundary === null || boundary <= world.nowMs;
        await world.refresh('v', 'rebuild');
        const rows = JSON.stringify(await world.rows('FROM (SELECT v::VARCHAR AS r FROM view.v) ORDER BY r'));
        if (step > 0 && !crossed) expect([world.nowMs, rows]).toEqual([world.nowMs, before]);
        before = rows;
        boundary = await world.nextBoundary(handle);
        if (boundary !== null) expect(boundary).toBeGreaterThan(world.nowMs);
        const leap = step % 3 === 0 ? (boundary ?? world.nowMs + day) - 1 - world.nowMs : [1, day][step % 2];
        world.nowMs += Math.max(1, leap ?? 1);
      }
    });
  });
});
