import { stat } from 'node:fs/promises';
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
  /** The file to keep the database in; null: it is in memory, and gone in the end. */
  readonly db: string | null;
  /** Days to replay, within `fewestDays` and `daysOfFlights`. */
  readonly days: number;
};

/** Replays the flights of 2001 through the engine, a day at a time, and reports from what the engine recorded. */
export async function runDemo(options: DemoOptions, terminal: Terminal): Promise<ExitStatus> {
  if (options.db !== null) await assertNew(options.db);
  await demonstrate(options.db, planDemo(options.days), terminal);
  return exitStatus.done;
}

async function assertNew(db: string): Promise<void> {
  const found = await stat(db).catch(() => null);
  if (found === null) return;
  throw new EverviewError('file-error', `"${db}" is there already`, {
    hint: 'the demo makes a database of its own: give the name of a new file',
  });
}

async function demonstrate(db: string | null, plan: DemoPlan, terminal: Terminal): Promise<void> {
  const files = locateFlightFiles();
  const page = new Page(terminal.stdout);
  await page.text(
    'Half a year of US flights, replayed under a simulated clock: tables, a view and a model over them are',
    `declared in ${files.tablesSql}`,
    `and ${files.modelSql}.`,
    db === null
      ? 'The database is in memory; --db FILE keeps it in a file.'
      : `The database is the file ${db}.`,
  );
  const clock = new SimulatedClock(momentOf(0));
  await withEngine(
    // Costs are to be what they really were, so they come from the wall clock, not from the simulated one.
    () => Everview.open(db ?? ':memory:', { clock, meter: wallCostMeter }),
    terminal,
    async (engine) => {
      const replay = await replayFlights(engine, clock, files, plan, terminal.progress);
      await reportReplay(engine, plan, replay, page);
      await reportErrors(plan, replay.scores, page);
      await reportIncident(engine, plan, replay, page);
      await reportMorning(engine, plan, replay, page);
      await reportNext(db, clock, page);
    },
  );
}

async function reportNext(db: string | null, clock: SimulatedClock, page: Page): Promise<void> {
  const now = new Date(clock.nowMs()).toISOString().slice(0, 19);
  const file = db ?? 'flights.db';
  await page.heading('Where to look next');
  await page.text(
    ...(db !== null ? [] : [`  everview demo --db ${file}        keep the database, then:`]),
    `  everview status --db ${file} --now ${now}Z`,
    `  everview sql --db ${file} --now ${now}Z -c "SELECT * FROM everview.gates WHERE NOT passed"`,
    `  everview sql --db ${file} --now ${now}Z -c "EXPLAIN REFRESH delay"`,
    `  everview sql --db ${file} --now ${now}Z -c "SELECT count(*) FROM flights AT (VERSION => 42)"`,
    'In a checkout everview is written: npm run -s everview --',
  );
}
