import { afterAll, beforeAll, expect, test } from 'vitest';
import { atMoment } from '../../src/core/moment.ts';
import type { ViewHandle } from '../../src/view/refresher.ts';
import { firstOf } from '../support/depth.ts';
import { shapeTables, shapeUpdates } from '../support/shape-tables.ts';
import { ViewWorld } from '../support/view-world.ts';

type Shape = readonly [name: string, brings: 'rows' | 'groups', sql: string];

/** `groups`: what is brought are all groups touched, also those that look as before. */
const shapes = firstOf<Shape>(
  [
    ['columns', 'rows', 'SELECT id, units * 2 AS units, shop FROM sales WHERE units > 0'],
    ['a join', 'rows', 'SELECT s.id, s.units, i.name FROM sales s JOIN items i ON i.item = s.item'],
    ['groups', 'groups', 'SELECT shop, count(*) AS n, sum(units) AS units FROM sales GROUP BY shop'],
    ['a left join', 'rows', 'SELECT s.id, s.units, i.name FROM sales s LEFT JOIN items i ON i.item = s.item'],
    ['a semi join', 'rows', 'SELECT id, units FROM sales WHERE item IN (SELECT item FROM items)'],
    [
      'a window',
      'rows',
      'SELECT id, units, sum(units) OVER (PARTITION BY shop ORDER BY id) AS so_far FROM sales',
    ],
    ['distinct', 'groups', 'SELECT DISTINCT shop, units FROM sales'],
    ['two branches', 'rows', 'SELECT id, units FROM sales UNION ALL SELECT item, 0 FROM items'],
    [
      'what groups say beside rows',
      'rows',
      'SELECT s.id, s.units, g.n FROM sales s JOIN (SELECT shop, count(*) AS n FROM sales GROUP BY shop) g ON g.shop = s.shop',
    ],
    [
      'groups that are filtered',
      'groups',
      'SELECT item, count(*) AS n FROM sales GROUP BY item HAVING count(*) > 1',
    ],
  ],
  3,
);

let world: ViewWorld;
const found = new Map<string, unknown[]>();

beforeAll(async () => {
  world = await ViewWorld.open();
  for (const { name, schema } of shapeTables) await world.table(name, schema);
  const handles = new Map<string, ViewHandle>();
  for (const [name, , sql] of shapes) {
    handles.set(name, await world.compile('v', sql));
    found.set(name, []);
  }
  for (const update of shapeUpdates.slice(0, 6)) {
    for (const [place, [, , sql]] of shapes.entries())
      await world.rows(`CREATE OR REPLACE TEMP TABLE before_${place} AS ${definition(handles, place, sql)}`);
    await world.update(update.changes);
    for (const [place, [name, brings, sql]] of shapes.entries()) {
      const handle = handles.get(name);
      const brought = handle === undefined ? null : await world.broughtRows(handle);
      const now = definition(handles, place, sql);
      const wanted = `(${now}) EXCEPT ALL (FROM before_${place})`;
      const rows = brought ?? `${now} LIMIT 0`;
      const missing = await world.rows(`SELECT * FROM (${wanted}) EXCEPT ALL SELECT * FROM (${rows})`);
      const allowed = brings === 'rows' ? wanted : now;
      const extra = await world.rows(`SELECT * FROM (${rows}) EXCEPT ALL SELECT * FROM (${allowed})`);
      if (missing.length + extra.length > 0) found.get(name)?.push({ update: update.name, missing, extra });
    }
  }
});

afterAll(() => world.close());

function definition(handles: ReadonlyMap<string, ViewHandle>, place: number, sql: string): string {
  const handle = handles.get(shapes[place]?.[0] ?? '');
  return handle === undefined ? sql : atMoment(handle.sql, world.nowMs);
}

test.each(shapes)('what updates bring to %s is what its definition gives more than before', (name) => {
  expect(found.get(name)).toEqual([]);
});
