import { parseArgs } from 'node:util';
import { Everview } from '../../src/index.ts';
import { BareDuckdb } from '../support/bare-duckdb.ts';
import type { TpchQuery } from './tpch-queries.ts';
import { TpchRun } from './tpch-run.ts';

/**
 * npm run test:tpch -- [--scale 0.01] [--streams 3] [--seed 1] [--refresh algebraic | domain | full]
 *
 * Loads TPC-H at the scale, keeps its 22 queries as views, and after every refresh stream brings each up to date and
 * compares it with a recompute by DuckDB itself. Prints what each refresh cost next to the recompute (medians), and
 * fails if any view was ever wrong.
 */
const { values } = parseArgs({
  options: {
    scale: { type: 'string', default: '0.01' },
    streams: { type: 'string', default: '3' },
    seed: { type: 'string', default: '1' },
    refresh: { type: 'string' },
  },
});

const { scale, streams, seed } = {
  scale: Number(values.scale),
  streams: Number(values.streams),
  seed: Number(values.seed),
};
const forced = (['algebraic', 'domain', 'full'] as const).find((way) => way === values.refresh) ?? null;

/** Milliseconds of a view's refreshes and of the recomputes beside them, by stream. */
type Costs = { readonly refreshMs: number[]; readonly recomputeMs: number[]; readonly ways: Set<string> };

const db = await Everview.open(':memory:', {
  scheduler: 'manual',
  ...(forced === null ? {} : { refresh: forced }),
});
const run = new TpchRun(db, await BareDuckdb.open(), { scale, seed });
const costs = new Map<string, Costs>();
let wrong = 0;

const loadedMs = await timed(() => run.load());
console.log(
  `scale ${scale}: ${run.generator.baseOrders.toLocaleString('en')} orders, loaded and all views built in ${(loadedMs / 1_000).toFixed(1)} s; ${run.generator.ordersPerStream} orders a refresh`,
);
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
  const cost = costs.get(name) ?? { refreshMs: [], recomputeMs: [], ways: new Set() };
  costs.set(name, cost);
  cost.refreshMs.push(await timed(() => run.db.refresh(name)));
  cost.recomputeMs.push(await timed(() => run.bare.run(`CREATE OR REPLACE TABLE kept AS ${sql}`)));
  const [last] = (
    await run.db.query(
      `SELECT rung, kind FROM everview.refreshes WHERE name = $1 ORDER BY refresh_id DESC LIMIT 1`,
      [name],
    )
  ).rows;
  cost.ways.add(String(last?.['rung'] ?? last?.['kind']));
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now();
  await work();
  return performance.now() - from;
}

async function summary(): Promise<object[]> {
  const { rows } = await run.db.query(`SELECT name, detail, rows FROM everview.views`);
  const views = new Map(rows.map((row) => [String(row['name']), row]));
  return run.queries.map(({ name, title }) => {
    const view = views.get(name);
    const cost = costs.get(name);
    return {
      query: `${name} ${title}`,
      rows: Number(view?.['rows']),
      'full only': view?.['detail'] ?? '',
      took: [...(cost?.ways ?? [])].join(', '),
      'refresh ms': median(cost?.refreshMs ?? []),
      'recompute ms': median(cost?.recomputeMs ?? []),
    };
  });
}

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return Number((sorted[Math.floor(sorted.length / 2)] ?? Number.NaN).toFixed(2));
}
