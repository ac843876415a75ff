import { loadavg } from 'node:os';
import { join } from 'node:path';
import { type CostMeter, Everview } from '../src/index.ts';
import type { Benchmark } from './benchmark.ts';
import { gridSection } from './grid-report.ts';
import { factRows, type Shape, shapes, tables } from './grid-shapes.ts';
import { spreadOf } from './measure.ts';

export type Way = 'algebraic' | 'domain' | 'full';

/** One kind of view at one size, before one kind of change; costs in ms. */
export type Cell = {
  readonly shape: string;
  readonly rows: number;
  readonly changed: number;
  readonly change: 'insert' | 'delete';
  /** Median cost of each rung there is. */
  readonly costs: Readonly<Partial<Record<Way, number>>>;
  /** What the engine took by itself, once for each round. */
  readonly chosen: readonly Way[];
};

/** What is measured at one size of `fact`. */
type Scale = {
  readonly rows: number;
  readonly shares: readonly number[];
  readonly warmUps: number;
  readonly rounds: number;
};

/**
 * Which rung is the cheapest is itself measured, and few rounds tell it wrong in some cells. In replays of a recorded grid,
 * costs drawn from what was measured, the same engine is right in 3 % more cells with twice as many rounds: the medians
 * are steadier, and the first choices weigh less. (Figures of half the rounds are not comparable with these.)
 */
const fullScales: readonly Scale[] = [
  { rows: 1e3, shares: [1e-3, 1e-2, 0.1, 0.5], warmUps: 3, rounds: 11 },
  { rows: 1e4, shares: [1e-4, 1e-3, 1e-2, 0.1, 0.5], warmUps: 3, rounds: 11 },
  { rows: 1e5, shares: [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 0.5], warmUps: 2, rounds: 7 },
  { rows: 1e6, shares: [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 0.5], warmUps: 2, rounds: 7 },
  { rows: 1e7, shares: [1e-5, 1e-4, 1e-3, 1e-2], warmUps: 1, rounds: 3 },
];

const warmUpsMost = Math.max(...fullScales.map(({ warmUps }) => warmUps));

const quickScales: readonly Scale[] = [{ rows: 1e3, shares: [1e-2], warmUps: 1, rounds: 1 }];

/**
 * Every kind of view is kept several times over: once for each rung, which it is told to take, and once left to the
 * engine. All of them are refreshed from the same change.
 */
export const decisionGrid: Benchmark = {
  async run({ directory, isQuick }) {
    const meter = new RecordingMeter(isMachineBusy() ? processorMs : () => performance.now());
    const cells: Cell[] = [];
    for (const scale of isQuick ? quickScales : fullScales) {
      const path = join(directory, `decision-${scale.rows}.db`);
      const everview = await Everview.open(path, { scheduler: 'manual', meter });
      cells.push(...(await new Grid(everview, meter, scale).run()));
      await everview.close();
    }
    return [gridSection(cells, meter.isProcessor ? 'processor time' : 'elapsed time')];
  },
};

/** Elapsed time is then the time of others. */
function isMachineBusy(): boolean {
  return (loadavg()[0] ?? 0) > 0.7;
}

function processorMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

/** What the engine learns from, and the benchmark reports. */
class RecordingMeter implements CostMeter {
  lastMs = 0;
  readonly #nowMs: () => number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
  }

  get isProcessor(): boolean {
    return this.#nowMs === processorMs;
  }

  start(): () => number {
    const from = this.#nowMs();
    return () => {
      this.lastMs = this.#nowMs() - from;
      return this.lastMs;
    };
  }
}

/** One view of one shape, told to take a rung, or not. */
type Kept = { readonly shape: Shape; readonly way: Way | 'auto'; readonly view: string };

class Grid {
  readonly #everview: Everview;
  readonly #meter: RecordingMeter;
  readonly #scale: Scale;
  readonly #kept: Kept[] = [];

  constructor(everview: Everview, meter: RecordingMeter, scale: Scale) {
    this.#everview = everview;
    this.#meter = meter;
    this.#scale = scale;
  }

  async run(): Promise<Cell[]> {
    await this.#everview.sql(tables);
    const { rows } = this.#scale;
    await this.#everview.execute(`INSERT INTO fact ${factRows(`range AS id FROM range(${rows})`)}`);
    await this.#declare();
    const cells: Cell[] = [];
    for (const share of this.#scale.shares) cells.push(...(await this.#cellsOf(share)));
    return cells;
  }

  async #declare(): Promise<void> {
    for (const [place, shape] of shapes.entries()) {
      if (shape.mostRows < this.#scale.rows) continue;
      for (const way of ['auto', ...(await this.#waysOf(shape))] as const) {
        const view = `v${place}_${way}`;
        await this.#everview.execute(
          `CREATE MATERIALIZED VIEW ${view} WITH (refresh = manual) AS ${shape.query}`,
        );
        this.#kept.push({ shape, way, view });
      }
    }
  }

  /** The rungs that a view of this shape has, as EXPLAIN REFRESH says. */
  async #waysOf(shape: Shape): Promise<Way[]> {
    await this.#everview.execute(`CREATE MATERIALIZED VIEW asked WITH (refresh = manual) AS ${shape.query}`);
    const { rows } = await this.#everview.execute('EXPLAIN REFRESH asked');
    await this.#everview.execute('DROP MATERIALIZED VIEW asked');
    const told = String(rows.find(({ property }) => property === 'rungs')?.value);
    return (['algebraic', 'domain', 'full'] as const).filter((way) => told.includes(way));
  }

  /** Deletes every n-th row and puts it back, again and again. */
  async #cellsOf(share: number): Promise<Cell[]> {
    const { rows, warmUps, rounds } = this.#scale;
    const period = Math.round(1 / share);
    const seen = { insert: new Observations(), delete: new Observations() };
    for (let round = -warmUps; round < rounds; round++) {
      const from = (round + warmUps) % period;
      await this.#everview.execute(`DELETE FROM fact WHERE id % ${period} = ${from}`);
      await this.#refreshAll(round, seen.delete);
      const ids = `range AS id FROM range(${from}, ${rows}, ${period})`;
      await this.#everview.execute(`INSERT INTO fact ${factRows(ids)}`);
      await this.#refreshAll(round, seen.insert);
    }
    const names = [...new Set(this.#kept.map(({ shape }) => shape.name))];
    return names.flatMap((shape) =>
      (['delete', 'insert'] as const).map((change) => ({
        shape,
        rows,
        changed: Math.round(rows / period),
        change,
        ...seen[change].of(shape),
      })),
    );
  }

  /** In another order each round: what the one before left in memory helps the next. */
  async #refreshAll(round: number, seen: Observations): Promise<void> {
    const from = ((round + warmUpsMost) * 5) % this.#kept.length;
    const rotated = [...this.#kept.slice(from), ...this.#kept.slice(0, from)];
    for (const kept of round % 2 === 0 ? rotated : rotated.toReversed()) {
      const { rows } = await this.#everview.refresh(kept.view, kept.way);
      if (round >= 0) seen.add(kept, String(rows[0]?.rung), this.#meter.lastMs);
    }
  }
}

/** Costs and choices at one change. */
class Observations {
  readonly #costs = new Map<string, number[]>();
  readonly #chosen = new Map<string, Way[]>();

  add({ shape, way }: Kept, rung: string, ms: number): void {
    if (way !== 'auto') append(this.#costs, `${shape.name} ${way}`, ms);
    else if (rung === 'algebraic' || rung === 'domain' || rung === 'full')
      append(this.#chosen, shape.name, rung);
  }

  of(shape: string): Pick<Cell, 'costs' | 'chosen'> {
    const costs: Partial<Record<Way, number>> = {};
    for (const way of ['algebraic', 'domain', 'full'] as const) {
      const observed = this.#costs.get(`${shape} ${way}`);
      if (observed !== undefined) costs[way] = spreadOf(observed).median;
    }
    return { costs, chosen: this.#chosen.get(shape) ?? [] };
  }
}

function append<V>(map: Map<string, V[]>, key: string, value: V): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}
