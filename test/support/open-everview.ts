import { rowCostMeter, SimulatedClock } from '../../src/core/clock.ts';
import { Everview } from '../../src/index.ts';

const ways = ['full', 'incremental', 'algebraic', 'domain'] as const;

export type ForcedRefresh = (typeof ways)[number];

/** What `EVERVIEW_REFRESH` asks of a whole run of the suite. */
export function forcedRefresh(): ForcedRefresh | undefined {
  const asked = process.env.EVERVIEW_REFRESH;
  return ways.find((way) => way === asked);
}

/** How refreshes that have the choice are done then. */
export function forcedKind(): 'full' | 'incremental' | undefined {
  const forced = forcedRefresh();
  return forced === undefined || forced === 'full' ? forced : 'incremental';
}

export type OpenOptions = {
  readonly path?: string;
  readonly clock?: SimulatedClock;
  readonly seed?: number;
  readonly historyVersions?: number;
  /** One, unless a test asks for more: the tables are small, and files of tests run side by side. */
  readonly threads?: number;
  /** Where the environment does not say. */
  readonly forced?: ForcedRefresh | null;
};

export const firstMoment = Date.UTC(2001, 5, 1);

/** An engine whose time and costs are told to it: the same calls give the same decisions. */
export async function openEverview(
  options: OpenOptions = {},
): Promise<{ db: Everview; clock: SimulatedClock }> {
  const clock = options.clock ?? new SimulatedClock(firstMoment);
  const refresh = forcedRefresh() ?? options.forced ?? undefined;
  const db = await Everview.open(options.path ?? ':memory:', {
    clock,
    meter: rowCostMeter,
    seed: options.seed ?? 1,
    ...(refresh === undefined ? {} : { refresh }),
    threads: options.threads ?? 1,
    ...(options.historyVersions === undefined ? {} : { historyVersions: options.historyVersions }),
  });
  return { db, clock };
}
