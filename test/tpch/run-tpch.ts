import { Command, Option } from 'commander';
import { z } from 'zod';
import { Everview } from '../../src/index.ts';
import { BareDuckdb } from '../support/bare-duckdb.ts';
import { positiveNumber, wholeNumber } from '../support/campaign-options.ts';
import type { TpchQuery } from './tpch-queries.ts';
import { TpchRun } from './tpch-run.ts';

/**
 * npm run test:tpch -- [--scale 0.01] [--streams 3] [--seed 1] [--refresh algebraic | domain | full]
 *
 * Loads TPC-H at the scale, keeps its 22 queries as views, and after every refresh stream brings each up to date and
 * compares it with a recompute by DuckDB itself. Prints median milliseconds of the refreshes, by the rung they took,
 * beside those of the recompute, and fails if any view was ever wrong.
 */
const rungs = ['algebraic', 'domain', 'full'] as const;
const program = new Command('npm run test:tpch --')
  .showHelpAfterError()
  .option('--scale <number>', '1 is 6 million line items', positiveNumber, 0.01)
  .option('--streams <number>', 'pairs of refresh streams', wholeNumber, 3)
  .option('--seed <number>', 'a whole number above 0', wholeNumber, 1)
  .addOption(new Option('--refresh <rung>', 'how every view is refreshed').choices(rungs));
const optionsShape = z.object({
  scale: z.number(),
  streams: z.number(),
  seed: z.number(),
  refresh: z.enum(rungs).optional(),
});
const { scale, streams, seed, refresh: forced } = optionsShape.parse(program.parse().opts());

/** Milliseconds of a view's refreshes, by the rung they took, and of the recomputes beside them. */
type Costs = { readonly refreshMs: Map<string, number[]>; readonly recomputeMs: number[] };

const db = await Everview.open(':memory:', {
  scheduler: 'manual',
  ...(forced === undefined ? {} : { refresh: forced }),
});
const run = new TpchRun(db, await BareDuckdb.open(), { scale, seed });
const costs = new Map<string, Costs>();
const told = new Map<string, bigint>();
let wrong = 0;

const loadedMs = await timed(() => run.load());
console.log(
  `scale ${scale}: ${run.generator.baseOrders.toLocaleString('en')} orders, loaded and all views built in ${(loadedMs / 1_000).toFixed(1)} s; ${run.generator.ordersPerStream} orders a refresh`,
);
for (const { name } of run.queries) await wayOfRefresh(name);
for (let stream = 0; stream < streams; stream++) {
  await run.insertOrders(run.generator.ordersPerStream);
  await checkAll(`RF1 ${stream}`);
  await run.deleteOrders(run.generator.ordersPerStream);
  await checkAll(`RF2 ${stream}`);
}
console.table(await summary());
console.log(
  wrong === 0 ? 'every view equalled its recompute after every refresh' : `${wrong} views were wrong`,
);
if (wrong > 0) process.exitCode = 1;
await run.close();

async function checkAll(refresh: string): Promise<void> {
  for (const query of run.queries) {
    await refreshOf(query);
    const difference = await run.difference(query);
    if (difference === null) continue;
    wrong += 1;
    console.error(`${refresh}, ${query.name}: ${difference}`);
  }
}

async function refreshOf({ name, sql }: TpchQuery): Promise<void> {
  const cost: Costs = costs.get(name) ?? { refreshMs: new Map(), recomputeMs: [] };
  costs.set(name, cost);
  const refreshMs = await timed(() => run.db.refresh(name));
  cost.recomputeMs.push(await timed(() => run.bare.run(`CREATE OR REPLACE TABLE kept AS ${sql}`)));
  const way = await wayOfRefresh(name);
  cost.refreshMs.set(way, [...(cost.refreshMs.get(way) ?? []), refreshMs]);
}

/** The rung of the view's last refresh; `none` when that was already told. */
async function wayOfRefresh(name: string): Promise<string> {
  const { rows } = await run.db.query<{ refresh_id: bigint; way: string }>(
    `SELECT refresh_id, coalesce(rung, kind) AS way FROM everview.refreshes WHERE name = $1
     ORDER BY refresh_id DESC LIMIT 1`,
    [name],
  );
  const [last] = rows;
  if (last === undefined || last.refresh_id <= (told.get(name) ?? 0n)) return 'none';
  told.set(name, last.refresh_id);
  return last.way;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

async function summary(): Promise<object[]> {
  const { rows } = await run.db.query<{ name: string; detail: string | null; rows: bigint | null }>(
    'SELECT name, detail, rows FROM everview.views',
  );
  return run.queries.map(({ name, title }) => {
    const view = rows.find((row) => row.name === name);
    const cost = costs.get(name);
    const ms = (way: string) => median(cost?.refreshMs.get(way) ?? []);
    return {
      query: `${name} ${title}`,
      rows: Number(view?.rows),
      'full only': view?.detail ?? '',
      ...{ algebraic: ms('algebraic'), domain: ms('domain'), full: ms('full'), none: ms('none') },
      recompute: median(cost?.recomputeMs ?? []),
    };
  });
}

/** With the number of values; empty for none. */
function median(values: readonly number[]): string {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted[Math.floor(sorted.length / 2)];
  return middle === undefined ? '' : `${middle.toFixed(1)} (${values.length}×)`;
}
