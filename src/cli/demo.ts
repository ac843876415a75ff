import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Everview, EverviewError, SimulatedClock, wallCostMeter } from '../index.ts';
import { type DemoPlan, momentOf, planDemo } from './demo/demo-plan.ts';
import { locateFlightFiles } from './demo/flight-files.ts';
import { Page } from './demo/page.ts';
import { replayFlights } from './demo/replay.ts';
import { reportErrors } from './demo/report-errors.ts';
import { reportIncident } from './demo/report-incident.ts';
import { reportMorning } from './demo/report-morning.ts';
import { reportReplay } from './demo/report-replay.ts';
import { type ExitStatus, exitStatus, type Terminal } from './terminal.ts';
import { withEngine } from './with-engine.ts';

export type DemoOptions = {
  /** Where to keep the database; null: in a temporary folder that is removed in the end. */
  readonly db: string | null;
  /** Days to replay, within `fewestDays` and `daysOfFlights`. */
  readonly days: number;
};

/** Replays the flights of 2001 through the engine, a day at a time, and reports from what the engine recorded. */
export async function runDemo(options: DemoOptions, terminal: Terminal): Promise<ExitStatus> {
  const plan = planDemo(options.days);
  if (options.db !== null) {
    await assertNew(options.db);
    await demonstrate(options.db, true, plan, terminal);
    return exitStatus.done;
  }
  const folder = await mkdtemp(join(tmpdir(), 'everview-demo-'));
  try {
    await demonstrate(join(folder, 'flights.db'), false, plan, terminal);
    return exitStatus.done;
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function assertNew(db: string): Promise<void> {
  const found = await stat(db).catch(() => null);
  if (found === null) return;
  throw new EverviewError('file-error', `"${db}" is there already`, {
    hint: 'the demo makes a database of its own: give the name of a new file',
  });
}

async function demonstrate(db: string, kept: boolean, plan: DemoPlan, terminal: Terminal): Promise<void> {
  const files = locateFlightFiles();
  const page = new Page(terminal.stdout);
  await page.text(
    'Half a year of US flights, replayed under a simulated clock: tables, a view and a model over them are',
    `declared in ${files.tablesSql}`,
    `and ${files.modelSql}.`,
    `The database is the file ${db}${kept ? '.' : ', removed in the end (--db FILE keeps one).'}`,
  );
  const clock = new SimulatedClock(momentOf(0));
  await withEngine(
    // Costs are to be what they really were, so they come from the wall clock, not from the simulated one.
    () => Everview.open(db, { clock, meter: wallCostMeter }),
    terminal,
    async (engine) => {
      const replay = await replayFlights(engine, clock, files, plan, terminal.progress);
      await reportReplay(engine, plan, replay, page);
      await reportErrors(plan, replay.scores, page);
      await reportIncident(engine, plan, replay, page);
      await reportMorning(engine, plan, replay, page);
      await reportNext(db, kept, clock, page);
    },
  );
}

async function reportNext(db: string, kept: boolean, clock: SimulatedClock, page: Page): Promise<void> {
  const now = new Date(clock.nowMs()).toISOString().slice(0, 19);
  const file = kept ? db : 'flights.db';
  await page.heading('Where to look next');
  await page.text(
    ...(kept ? [] : [`  everview demo --db ${file}        keep the database, then:`]),
    `  everview status --db ${file} --now ${now}Z`,
    `  everview sql --db ${file} --now ${now}Z -c "SELECT * FROM everview.gates WHERE NOT passed"`,
    `  everview sql --db ${file} --now ${now}Z -c "EXPLAIN REFRESH delay"`,
    `  everview sql --db ${file} --now ${now}Z -c "SELECT count(*) FROM flights AT (VERSION => 42)"`,
    'In a checkout everview is written: npm run -s everview --',
  );
}
