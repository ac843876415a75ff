import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { changeOf } from '../../src/algebra/node.ts';
import type { Schema } from '../../src/core/schema.ts';
import { renderRelation } from '../../src/store/render-algebra.ts';
import { narrowTouchedKeys, touchedKeysOf } from '../../src/view/domain-rows.ts';
import { narrowJoins } from '../../src/view/narrow-joins.ts';
import { depth } from '../support/depth.ts';
import { Random } from '../support/random.ts';
import { ViewWorld } from '../support/view-world.ts';

const schema: Schema = Object.entries({
  i: 'INTEGER',
  g: 'BIGINT',
  h: 'HUGEINT',
  c: 'DECIMAL(9,2)',
  d: 'DATE',
  s: 'TIMESTAMP',
  z: 'TIMESTAMP WITH TIME ZONE',
  u: 'UUID',
  t: 'VARCHAR',
  f: 'DOUBLE',
}).map(([name, type]) => ({ name, type }));

/** A row of a small number and its like, with a NULL here and there. */
function rowOf(random: Random): string {
  const n = random.int(-3, 6);
  const second = String(20 + n);
  const values = [
    `${n}`,
    `${n}`,
    `${n}`,
    `${n}.5`,
    `DATE '2024-01-${second}'`,
    `TIMESTAMP '2024-01-01 00:00:${second}'`,
    `TIMESTAMPTZ '2024-01-01 00:00:${second}+00'`,
    `'00000000-0000-0000-0000-0000000000${second}'::UUID`,
    `'${n < 0 ? 'none' : n}'`,
    `${n} / 4`,
  ];
  return `(${values.map((value, place) => (random.chance(0.1) ? `NULL::${schema[place]?.type}` : value)).join(', ')})`;
}

const shown = 'a.i AS x, b.g AS y';
const joined = (condition: string) => `SELECT ${shown} FROM a, b WHERE ${condition}`;

/** By what is tied; whether a change of `a` says what of `b` is needed. */
const joins: readonly (readonly [query: string, narrows: boolean])[] = [
  [joined('a.i = b.i'), true],
  [joined('a.g = b.i'), true],
  [joined('b.h = a.i + 1'), true],
  [joined('a.c = b.c AND a.t = b.t'), true],
  [joined('a.d + 1 = b.d'), true],
  [joined('a.s = b.s'), true],
  [joined('a.z = b.z'), true],
  [joined('a.u = b.u'), true],
  [joined('a.d + INTERVAL 1 DAY = b.s'), true],
  [joined('2147483640 + 2 * a.i = b.i AND a.i < 3'), true],
  [
    `SELECT ${shown}, c.x FROM a JOIN b ON a.d = b.d LEFT JOIN (SELECT i, max(f) AS x FROM b GROUP BY i) AS c ON c.i = a.i`,
    true,
  ],
  [`SELECT ${shown} FROM a JOIN (SELECT g, d FROM b WHERE i > 0) AS b USING (d)`, true],
  [`SELECT ${shown} FROM a JOIN (SELECT d, g FROM b UNION ALL SELECT d, i FROM b) AS b ON a.d = b.d`, true],
  [`SELECT ${shown} FROM a JOIN b ON a.d = b.d JOIN a AS other ON other.i = b.i`, true],
  [`SELECT b.d, count(*) AS n, sum(a.i) AS total FROM a JOIN b ON a.d = b.d GROUP BY b.d`, true],
  [`SELECT b.d, median(a.i) AS middle FROM a JOIN b ON a.i = b.i AND a.s >= b.s GROUP BY b.d`, true],
  [`SELECT ${shown} FROM b LEFT JOIN (SELECT a.i, a.s FROM a JOIN b ON a.d = b.d) AS a USING (s)`, true],
  [`SELECT ${shown} FROM (SELECT * FROM a) AS a JOIN b ON a.d = b.d WHERE a.i > 0`, true],
  [joined('a.s + INTERVAL 1 HOUR = b.s'), true],
  // What reads the input might fail on rows that the condition above leaves out.
  [
    `SELECT a.k AS x, b.g AS y FROM (SELECT t, t::INTEGER AS k FROM a) AS a JOIN b ON a.k = b.i WHERE a.t <> 'none'`,
    false,
  ],
  [
    `SELECT ${shown} FROM (SELECT * FROM a WHERE t::INTEGER > 0) AS a JOIN b ON a.i = b.i WHERE a.t <> 'none'`,
    false,
  ],
  [
    `SELECT a.k AS x, b.g AS y FROM (SELECT i, 2147483643 + i AS k FROM a) AS a JOIN b ON a.k - 2147483643 = b.i WHERE a.i < 3`,
    false,
  ],
  [joined('a.t = b.t'), false],
  [joined("a.t <> 'none' AND a.t::INTEGER = b.i"), false],
  [joined("b.i = CASE WHEN a.t = 'none' THEN error('none') ELSE a.i END AND a.t <> 'none'"), false],
  [joined('a.f = b.f'), false],
  [joined('a.s = b.d'), false],
  [joined("b.t <> 'none' AND a.i = b.t::INTEGER"), false],
  [joined('a.i = b.i + 1'), false],
  [joined('a.i IS NOT DISTINCT FROM b.i'), false],
  [joined('a.i <= b.i'), false],
];

let world: ViewWorld;

beforeAll(async () => {
  world = await ViewWorld.open();
  world.toldRows = 1_000_000;
  await world.table('a', schema);
  await world.table('b', schema);
});

afterAll(() => world.close());

describe('a join of what little changed with a large relation', () => {
  test.each(joins)('%s', async (query, narrows) => {
    const place = joins.findIndex(([one]) => one === query);
    const random = new Random(place);
    const name = `v${place}`;
    const rows = (count: number) => Array.from({ length: count }, () => rowOf(random)).join(', ');
    await world.update(
      ['a', 'b'].flatMap((table) => [
        { table, where: 'true' },
        { table, insert: rows(12) },
      ]),
    );
    const { plan } = await world.view(name, query);
    await world.checkedRefresh(name, 'rebuild');
    for (let step = 0; step < depth(2, 40); step++) {
      const tables = random.chance(0.3) ? ['a', 'b'] : [random.chance(0.7) ? 'a' : 'b'];
      await world.update(
        tables.flatMap((table) => [
          { table, where: `i = ${random.int(-3, 6)}` },
          { table, insert: rows(random.int(1, 3)) },
        ]),
      );
      expect(await world.checkedRefresh(name, 'advance')).toMatchObject({ kind: 'incremental' });
    }
    const before = world.version;
    await world.update([{ table: 'a', insert: rows(3) }]);
    const changed = new Set(['a']);
    const node = plan.kind === 'rows' ? plan.node : plan.kind === 'group' ? plan.group.input : null;
    const change = node && changeOf(node, changed);
    const source = {
      kind: 'window',
      from: before,
      to: world.version,
      moments: { fromMs: 0, toMs: 0 },
    } as const;
    const narrowed = (tableRows: number) =>
      world.store.write(async (tx) => {
        const sizes = {
          changedSources: new Map([['a', { inserted: 3, deleted: 0 }]]),
          rowsOf: () => tableRows,
        };
        if (plan.kind === 'domain') return narrowTouchedKeys(tx, plan, source, '', sizes);
        return change && renderRelation(await narrowJoins(tx, change, source, sizes), source);
      });
    const whole =
      plan.kind === 'domain'
        ? touchedKeysOf(plan, changed, source, '')
        : change && renderRelation(change, source);
    expect(whole).not.toBe(null);
    if (narrows) expect(await narrowed(1_000_000)).not.toBe(whole);
    else expect(await narrowed(1_000_000)).toBe(whole);
    expect(await narrowed(1_000)).toBe(whole);
  });
});
