import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { depth, everyOther, firstOf, longTests } from '../support/depth.ts';
import {
  groupDifference,
  groupTable,
  groupUpdate,
  groupView,
  type MeasuredAggregate,
  type Spread,
} from '../support/group-history.ts';
import { Random } from '../support/random.ts';
import { ViewWorld } from '../support/view-world.ts';

const runs = depth(1, 4);
const seed = 20_261_121;
const steps = depth(5, 12);

const exact: readonly Spread[] = ['small'];
const floating: readonly Spread[] = ['small', 'mixed', 'far'];

/** Far from zero DuckDB's own result moves with the order of the rows, by about ε · 1e9 of what it is. */
const tolerances: Readonly<Record<Spread, number>> = { small: 1e-9, mixed: 1e-9, far: 3e-6 };

type Family = { readonly aggregates: readonly MeasuredAggregate[]; readonly spreads: readonly Spread[] };

const families: Readonly<Record<string, Family>> = {
  'sums, extremes and truth': {
    spreads: exact,
    aggregates: [
      ...['sum(i)', 'avg(p)', 'min(i)', 'max(p)', 'bool_and(o)', 'bool_or(o)', 'count_if(o)', 'sum(p)'],
      ...['sum(i) FILTER (WHERE o)', 'count(*) FILTER (WHERE i > 1)', 'max(f) FILTER (WHERE NOT o)'],
      ...['bool_or(o) FILTER (WHERE i > 1)', 'sum(wide)', 'avg(f)'],
    ].map((sql) => ({ sql })),
  },
  'variances of floating-point numbers': {
    spreads: floating,
    aggregates: [
      ...['var_pop(d)', 'var_samp(d)', 'stddev_pop(f)', 'stddev_samp(d)', 'variance(b)', 'var_pop(wide)'],
      ...['stddev(d) FILTER (WHERE i > 0)'],
    ].map((sql) => ({ sql })),
  },
  'pairs of exact numbers': {
    spreads: exact,
    aggregates: [
      ...['covar_pop(i, p)', 'covar_samp(p, i)', 'corr(i, p)', 'regr_count(i, p)', 'regr_avgx(i, p)'],
      ...['regr_sxx(i, p)', 'regr_syy(i, p)', 'regr_sxy(i, p)'],
    ]
      .map((sql): MeasuredAggregate => ({ sql }))
      .concat(regressions('i', 'p')),
  },
  'pairs of floating-point numbers': {
    spreads: floating,
    aggregates: [
      { sql: 'covar_pop(d, i)', scale: 'stddev_pop(d) * 40000' },
      { sql: 'covar_samp(d, b) FILTER (WHERE o)', scale: 'stddev_pop(d) * 5e12' },
      ...['corr(d, f)', 'regr_count(d, f)', 'regr_avgx(d, f)', 'regr_sxx(f, d)', 'regr_syy(f, d)'].map(
        (sql) => ({
          sql,
        }),
      ),
      ...regressions('d', 'f'),
    ],
  },
  'variances of exact numbers': {
    spreads: exact,
    aggregates: [
      ...['var_pop(i)', 'var_samp(p)', 'stddev(i)', 'stddev_pop(p)', 'variance(i + 1)'],
      ...['var_pop(i) FILTER (WHERE o)', 'count(*)'],
    ].map((sql) => ({ sql })),
  },
};

/** What a slope is rounded by follows from the spreads of its sides; an intercept from the slope and the means. */
function regressions(y: string, x: string): MeasuredAggregate[] {
  const complete = `FILTER (WHERE ${x} IS NOT NULL AND ${y} IS NOT NULL)`;
  const steepest = `coalesce(stddev_pop(${y}) ${complete} / nullif(stddev_pop(${x}) ${complete}, 0), 1)`;
  return [
    { sql: `regr_slope(${y}, ${x})`, scale: steepest },
    {
      sql: `regr_intercept(${y}, ${x})`,
      scale: `max(abs(${y})) ${complete} + ${steepest} * max(abs(${x})) ${complete}`,
    },
    { sql: `regr_r2(${y}, ${x})` },
  ];
}

const ways = [
  { name: 'algebraic', how: 'advance' },
  { name: 'domain', how: 'advance' },
  { name: 'full', how: 'rebuild' },
] as const;

async function play(
  aggregates: readonly MeasuredAggregate[],
  keys: string,
  spread: Spread,
  random: Random,
  paths: Set<string>,
): Promise<void> {
  const world = await ViewWorld.open();
  try {
    await world.table('t', groupTable);
    for (const { name } of ways) {
      const { plan } = await world.view(name, groupView(aggregates, keys));
      expect(plan.kind).toBe('group');
      await world.refresh(name, 'rebuild');
    }
    for (let step = 0; step < steps; step++) {
      await world.update(groupUpdate(random, spread));
      for (const { name, how } of ways) {
        const reads = name === 'algebraic' ? await world.compensatedWays(name) : [];
        if (typeof reads === 'string') paths.add(`not compensated: ${reads}`);
        for (const read of typeof reads === 'string' ? [] : reads) {
          const difference = await groupDifference(world, `(${read})`, aggregates, keys, tolerances[spread]);
          expect({ step, read, difference }).toEqual({ step, read, difference: null });
        }
        const done = await world.refresh(name, how, name === 'full' ? undefined : name);
        const difference = await groupDifference(world, `view.${name}`, aggregates, keys, tolerances[spread]);
        expect({ step, name, done, difference }).toEqual({ step, name, done, difference: null });
        paths.add(`${name} ${done.fallback ?? done.recomputed ?? done.kind}`);
      }
    }
  } finally {
    await world.close();
  }
}

describe.each(firstOf(everyOther(Object.entries(families))))('%s', (_, { aggregates, spreads }) => {
  test.each(spreads)(
    'each rung gives what DuckDB gives, of %s values',
    { timeout: 60_000 + 60_000 * runs },
    async (spread) => {
      const paths = new Set<string>();
      for (let run = 0; run < runs; run++) {
        const random = new Random(seed + run);
        await play(aggregates, run % 4 === 3 ? '' : 'g', spread, random, paths);
      }
      expect([...paths]).toEqual(
        expect.arrayContaining(['algebraic incremental', 'domain incremental', 'full full']),
      );
    },
  );
});

longTests(() => {
  describe('moments', () => {
    let world: ViewWorld;

    beforeEach(async () => {
      world = await ViewWorld.open();
      await world.table('t', groupTable);
    });
    afterEach(async () => world.close());

    const numbers = (...values: readonly string[]) =>
      values.map((value) => `('a', NULL, NULL, NULL, ${value}, NULL, NULL, NULL)`).join(', ');

    async function keep(sql: string): Promise<void> {
      await world.view('v', sql);
      await world.refresh('v', 'rebuild');
    }

    test('of whole numbers at the ends of their type are exact, where DuckDB rounds', async () => {
      await keep('SELECT g, var_pop(i) AS v, covar_pop(i, i - 1) AS c FROM t GROUP BY g');
      for (const i of [2_147_483_647, 2_147_483_646, -5]) {
        await world.update([{ table: 't', insert: `('a', ${i}, 0, 0, 0, 0, 0, true)` }]);
        expect(await world.refresh('v', 'advance')).toMatchObject({ kind: 'incremental' });
      }
      await world.update([{ table: 't', where: 'i = -5' }]);
      expect(await world.refresh('v', 'advance')).toEqual({ kind: 'incremental', inserted: 1, deleted: 1 });
      expect(await world.rows('FROM view.v')).toEqual([{ g: 'a', v: 0.25, c: 0.25 }]);
    });

    test('of decimals are in their unit', async () => {
      await keep('SELECT g, var_pop(p) AS v, regr_slope(p, i) AS b, regr_avgy(p, i) AS y FROM t GROUP BY g');
      await world.update([
        { table: 't', insert: `('a', 1, 0.10, 0, 0, 0, 0, true), ('a', 3, -0.10, 0, 0, 0, 0, true)` },
      ]);
      await world.refresh('v', 'advance');
      expect(await world.rows('FROM view.v')).toEqual([{ g: 'a', v: 0.01, b: -0.1, y: 0 }]);
    });

    test('of equal values are zero, however they came and went', async () => {
      await keep('SELECT g, var_pop(d) AS v, stddev(d) AS s, corr(d, d) AS c FROM t GROUP BY g');
      const same = { g: 'a', v: 0, s: 0, c: Number.NaN };
      await world.update([{ table: 't', insert: numbers(...Array.from({ length: 10 }, () => '0.1')) }]);
      await world.refresh('v', 'advance');
      await world.update([{ table: 't', insert: numbers(...Array.from({ length: 5 }, () => '0.1'), '7') }]);
      await world.refresh('v', 'advance');
      await world.update([{ table: 't', where: 'd = 7' }]);
      expect(await world.refresh('v', 'advance')).toMatchObject({ recomputed: 'float-error-budget' });
      expect(await world.rows('FROM view.v')).toEqual([same]);
      await world.update([{ table: 't', where: 'rowid % 2 = 0' }]);
      expect(await world.refresh('v', 'advance')).toEqual({ kind: 'incremental', inserted: 1, deleted: 1 });
      expect(await world.rows('FROM view.v')).toEqual([same]);
    });

    test('far from zero are as DuckDB rounds them', async () => {
      await keep('SELECT g, var_pop(d) AS v, avg(d) AS m FROM t GROUP BY g');
      const noise = Array.from({ length: 40 }, (_, k) => `1e9::DOUBLE + ${((k * 37) % 41) / 64}`);
      await world.update([{ table: 't', insert: numbers(...noise) }]);
      await world.refresh('v', 'advance');
      for (let k = 0; k < 12; k++) {
        await world.update([{ table: 't', where: `rowid = (SELECT min(rowid) + ${k % 3} FROM data.t)` }]);
        expect(await world.refresh('v', 'advance')).toMatchObject({ recomputed: 'float-error-budget' });
      }
      const [wrong] = await world.rows(
        `SELECT abs(v.v - w.v) / w.v < 1e-9 AS fine FROM view.v, (SELECT var_pop(d) AS v FROM data.t) w`,
      );
      expect(wrong).toEqual({ fine: true });
    });

    test('of a NaN or an infinity come back when it leaves', async () => {
      await keep('SELECT g, covar_pop(d, i) AS c, regr_avgy(d, i) AS y FROM t GROUP BY g');
      const rows = `('a', 1, 0, 0, 1, 0, 0, true), ('a', 2, 0, 0, 3, 0, 0, true)`;
      await world.update([{ table: 't', insert: rows }]);
      await world.refresh('v', 'advance');
      for (const special of ["'nan'", "'inf'"]) {
        await world.update([{ table: 't', insert: `('a', 3, 0, 0, ${special}, 0, 0, true)` }]);
        await world.refresh('v', 'advance');
        expect(await world.rows('SELECT isfinite(c) AS c, isfinite(y) AS y FROM view.v')).toEqual([
          { c: false, y: false },
        ]);
        await world.update([{ table: 't', where: 'i = 3' }]);
        expect(await world.refresh('v', 'advance')).toMatchObject({
          kind: 'incremental',
          recomputed: 'non-finite',
        });
        expect(await world.rows('FROM view.v')).toEqual([{ g: 'a', c: 0.5, y: 2 }]);
      }
    });
  });
});

describe('the rung of touched keys', () => {
  longTests(() => {
    test('finds keys that the branches of a union have in different types', async () => {
      const world = await ViewWorld.open();
      try {
        await world.table('t', groupTable);
        await world.view(
          'v',
          'SELECT k, count(*) AS n, max(o) AS o FROM (SELECT g AS k, o FROM t UNION ALL SELECT i, o FROM t) GROUP BY k',
        );
        await world.checkedRefresh('v', 'rebuild');
        await world.update([
          { table: 't', insert: `('a', 1, 0, 0, 0, 0, 0, true), ('1', 2, 0, 0, 0, 0, 0, false)` },
        ]);
        await world.checkedRefresh('v', 'advance', 'domain');
        await world.update([{ table: 't', where: 'o' }]);
        expect(await world.checkedRefresh('v', 'advance')).toMatchObject({
          recomputed: 'min-max-retraction',
        });
        await world.update([{ table: 't', where: 'true' }]);
        await world.checkedRefresh('v', 'advance', 'domain');
      } finally {
        await world.close();
      }
    });
  });

  test('writes nothing for groups that stay as they are', async () => {
    const world = await ViewWorld.open();
    try {
      await world.table('t', groupTable);
      await world.update([
        { table: 't', insert: `('a', 1, 0, 0, 0, 0, 0, true), ('b', 2, 0, 0, 0, 0, 0, true)` },
      ]);
      await world.view('v', 'SELECT g, max(i) AS m FROM t GROUP BY g');
      await world.checkedRefresh('v', 'rebuild');
      await world.update([
        { table: 't', where: "g = 'a'" },
        { table: 't', insert: `('a', 1, 5, 0, 0, 0, 0, true), ('c', 1, 0, 0, 0, 0, 0, true)` },
      ]);
      expect(await world.checkedRefresh('v', 'advance', 'domain')).toEqual({
        kind: 'incremental',
        inserted: 1,
        deleted: 0,
      });
    } finally {
      await world.close();
    }
  });
});
