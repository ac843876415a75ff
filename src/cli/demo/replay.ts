import { readFile } from 'node:fs/promises';
import type { Everview, SimulatedClock } from '../../index.ts';
import type { Progress } from '../progress.ts';
import { type DemoPlan, momentOf } from './demo-plan.ts';
import { Feed } from './feed.ts';
import type { FlightFiles } from './flight-files.ts';
import { createFlightUpdates } from './flight-updates.ts';
import { type Seen, Watch } from './watch.ts';

/** What the replay saw that the system tables do not keep. */
export type Replay = Seen & {
  /** What each step of the repair did. */
  readonly repairs: readonly string[];
  readonly wallMs: number;
};

/**
 * Each day: at midnight the day's flights arrive as one update; at 01:00 the view's bound is reached and it is
 * refreshed; at 05:00 the day is held against what was predicted of it; at 06:00 the model's bound is reached.
 */
export async function replayFlights(
  engine: Everview,
  clock: SimulatedClock,
  files: FlightFiles,
  plan: DemoPlan,
  progress: Progress,
): Promise<Replay> {
  const startedMs = performance.now();
  const feed = new Feed(engine, clock, createFlightUpdates(files, plan));
  const watch = new Watch(engine, clock);
  await engine.sql(await readFile(files.tablesSql, 'utf8'));
  await feed.airports();
  const modelSql = await readFile(files.modelSql, 'utf8');
  progress.start(plan.days, 'replaying days');
  try {
    for (let day = 0; day < plan.days; day++) {
      if (day === plan.days - 1) await watch.predictMorning(day, () => feed.board(day));
      const version = await feed.day(day);
      if (day === plan.corruptedDay) await watch.lookAtQuarantine(version);
      if (day === plan.repairDay) await feed.repair();
      if (day === plan.historyDays - 1) await engine.sql(modelSql);
      await watch.scoreDay(day);
      clock.setTo(momentOf(day + 1, 6));
      await engine.step();
      if (day >= plan.historyDays - 1) await watch.lookAtModel();
      progress.tick();
    }
  } finally {
    progress.stop();
  }
  return { ...watch.result(), repairs: feed.repairs, wallMs: performance.now() - startedMs };
}
