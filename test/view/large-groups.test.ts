import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Schema } from '../../src/core/schema.ts';
import { DuckdbSession } from '../../src/store/duckdb-session.ts';
import { depth, everyOther } from '../support/depth.ts';
import { Random } from '../support/random.ts';
import { ViewWorld } from '../support/view-world.ts';

const types = {
  i: 'INTEGER',
  h: 'HUGEINT',
  c: 'DECIMAL(9,2)',
  d: 'DATE',
  z: 'TIMESTAMP WITH TIME ZONE',
  n: 'TIMESTAMP_NS',
  u: 'UUID',
  t: 'VARCHAR',
  f: 'DOUBLE',
} as const;
const schema: Schema = Object.entries(types).map(([name, type]) => ({ name, type }));

/** A row of a small number and its like, with a NULL here and there. */
function rowOf(random: Random): string {
  const i = random.int(-3, 6);
  const second = String(20 + i);
  const values = [
    `${i}`,
    `${i}`,
    `${i}.5`,
    `DATE '2024-01-${second}'`,
    random.chance(0.1)
      ? `TIMESTAMPTZ '12024-01-01 00:00:00+00'`
      : `TIMESTAMPTZ '2024-01-01 00:00:${second}+00'`,
    `TIMESTAMP_NS '2024-01-01 00:00:${second}'`,
    `'00000000-0000-0000-0000-0000000000${second}'::UUID`,
    `'${i}'`,
    `${i} / 4`,
  ];
  return `(${values.map((value, place) => (random.chance(0.15) ? `NULL::${schema[place]?.type}` : value)).join(', ')})`;
}

/** By what is grouped; whether its values have a range that may be asked for. */
const groups: readonly (readonly [keys: string, hasRange: boolean])[] = [
  ['i', true],
  ['h', true],
  ['c, t', true],
  ['d, i', true],
  ['z', true],
  ['u', true],
  ['i * 2', true],
  ['d + INTERVAL 1 DAY', true],
  ['t', false],
  ['n', false],
  ['f', false],
];

let world: ViewWorld;

beforeAll(async () => {
  world = await ViewWorld.open();
  world.toldRows = 1_000_000;
  await world.table('a', schema);
});
afterEach(() => {
  vi.restoreAllMocks();
});
afterAll(() => world.close());

describe('groups that are many, of which little changes', () => {
  test.each(everyOther(groups))('by %s', async (keys, hasRange) => {
    const place = groups.findIndex(([one]) => one === keys);
    const random = new Random(place + 1);
    const name = `v${place}`;
    const rows = (count: number) => Array.from({ length: count }, () => rowOf(random)).join(', ');
    await world.update([
      { table: 'a', where: 'true' },
      { table: 'a', insert: rows(12) },
    ]);
    await world.view(
      name,
      `SELECT ${keys}, count(*) AS many, sum(i) AS total, avg(f) AS middle, max(c) AS most FROM a GROUP BY ${keys}`,
    );
    await world.checkedRefresh(name, 'rebuild');
    const run = vi.spyOn(DuckdbSession.prototype, 'run');
    for (let step = 0; step < depth(4, 60); step++) {
      await world.update([
        { table: 'a', where: random.chance(0.3) ? 'i IS NULL' : `i = ${random.int(-3, 6)}` },
        ...(random.chance(0.7) ? [{ table: 'a', insert: rows(random.int(1, 3)) }] : []),
      ]);
      await world.checkedRefresh(name, 'advance');
    }
    const steps = run.mock.calls.flatMap(([sql]) => (sql.includes('TEMP TABLE __ev_step') ? [sql] : []));
    const narrowed = steps.filter((sql) =>
      sql.includes(`LEFT JOIN (SELECT rowid, * FROM state."${name}" WHERE (`),
    );
    expect(steps.length).toBeGreaterThan(1);
    expect(narrowed.length > 0).toBe(hasRange);
  });
});
