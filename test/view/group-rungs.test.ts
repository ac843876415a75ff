import { describe, expect, test } from 'vitest';
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

const runs = Number(process.env['EVERVIEW_GROUP_RUNS'] ?? 1);
const seed = Number(process.env['EVERVIEW_GROUP_SEED'] ?? 20_261_121);
const steps = 10;

const families: Readonly<Record<string, readonly MeasuredAggregate[]>> = {
  'variances of exact numbers': [
    ...['var_pop(i)', 'var_samp(p)', 'stddev(i)', 'stddev_pop(p)', 'variance(i + 1)'],
    ...['var_pop(i) FILTER (WHERE o)', 'count(*)'],
  ].map((sql) => ({ sql })),
  'variances of floating-point numbers': [
    ...['var_pop(d)', 'var_samp(d)', 'stddev_pop(f)', 'stddev_samp(d)', 'variance(b)', 'var_pop(wide)'],
    ...['stddev(d) FILTER (WHERE i > 0)'],
  ].map((sql) => ({ sql })),
  'pairs of exact numbers': [
    ...['covar_pop(i, p)', 'covar_samp(p, i)', 'corr(i, p)', 'regr_count(i, p)', 'regr_avgx(i, p)'],
    ...['regr_sxx(i, p)', 'regr_syy(i, p)', 'regr_sxy(i, p)'],
  ]
    .map((sql): MeasuredAggregate => ({ sql }))
    .concat(regressions('i', 'p')),
  'pairs of floating-point numbers': [
    { sql: 'covar_pop(d, i)', scale: 'stddev_pop(d) * 40000' },
    { sql: 'covar_samp(d, b) FILTER (WHERE o)', scale: 'stddev_pop(d) * 5e12' },
    ...['corr(d, f)', 'regr_count(d, f)', 'regr_avgx(d, f)', 'regr_sxx(f, d)', 'regr_syy(f, d)'].map(
      (sql) => ({
        sql,
      }),
    ),
    ...regressions('d', 'f'),
  ],
  'sums, extremes and truth': [
    ...['sum(i)', 'avg(p)', 'min(i)', 'max(p)', 'bool_and(o)', 'bool_or(o)', 'count_if(o)', 'sum(p)'],
    ...['sum(i) FILTER (WHERE o)', 'count(*) FILTER (WHERE i > 1)', 'max(f) FILTER (WHERE NOT o)'],
    ...['bool_or(o) FILTER (WHERE i > 1)', 'sum(wide)', 'avg(f)'],
  ].map((sql) => ({ sql })),
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
        const compensated = name === 'algebraic' ? await world.compensated(name) : [];
        const done = await world.refresh(name, how, name === 'full' ? undefined : name);
        const difference = await groupDifference(world, name, aggregates, keys);
        expect({ step, name, done, difference }).toEqual({ step, name, done, difference: null });
        paths.add(`${name} ${done.fallback ?? done.recomputed ?? done.kind}`);
        if (typeof compensated === 'string') paths.add(`not compensated: ${compensated}`);
      }
    }
  } finally {
    await world.close();
  }
}

describe.each(Object.entries(families))('%s', (_, aggregates) => {
  test.each(['small', 'mixed'] as const)(
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
