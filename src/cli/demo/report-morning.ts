import type { Everview, Row, SqlValue, StalenessReport } from '../../index.ts';
import { behindText } from '../provenance-line.ts';
import { type DemoPlan, dateOf } from './demo-plan.ts';
import { count, decimal, left, type Page, right } from './page.ts';
import type { Replay } from './replay.ts';

const shownFlights = 8;

/** An airport is shown that had so many departures the day before. */
const busyDepartures = 150;

/** Predictions for the last morning, made before any of its flights was seen, and what came of them. */
export async function reportMorning(
  engine: Everview,
  plan: DemoPlan,
  { morning }: Replay,
  page: Page,
): Promise<void> {
  const delays = await landedDelays(engine, plan.days - 1);
  const predicted = morning.rows.map((row) => Number(row.prediction));
  const happened = morning.rows
    .map((row) => delays.get(flightOf(row)))
    .filter((delay) => delay !== undefined);
  await page.heading(`The morning of ${dateOf(plan.days - 1)}`);
  await page.text(
    `${count(morning.rows.length)} flights on the board at 06:30, predicted at version ${count(morning.version)} by ` +
      `version ${morning.models.delay ?? '?'} of the model (${morning.path}).`,
    ...morning.staleness.map((report) => `  ${stalenessText(report)}`),
    `Their mean delay was predicted as ${decimal(meanOf(predicted), 1)} min, and became ${decimal(meanOf(happened), 1)}.`,
    "Each busy airport's worst, and what became of it in the end (minutes):",
  );
  await page.table(
    [left('departs'), left('from'), left('to'), ...['miles', 'predicted', 'happened'].map(right)],
    worstOfEach(morning.rows)
      .slice(0, shownFlights)
      .map((row) => [
        row.departs instanceof Date ? row.departs.toISOString().slice(11, 16) : '',
        String(row.origin),
        String(row.destination),
        String(row.distance),
        decimal(row.prediction, 1),
        decimal(delays.get(flightOf(row)), 0),
      ]),
  );
}

function meanOf(values: readonly unknown[]): number {
  return values.reduce<number>((sum, value) => sum + Number(value), 0) / values.length;
}

function stalenessText(report: StalenessReport): string {
  return report.versions === 0 && report.ms === 0 ? `${report.name} is fresh` : behindText(report);
}

/** @param rows latest first. */
function worstOfEach(rows: readonly Row[]): Row[] {
  const seen = new Set<unknown>();
  return rows.filter(({ origin, departures_yesterday }) => {
    if (Number(departures_yesterday) < busyDepartures || seen.has(origin)) return false;
    seen.add(origin);
    return true;
  });
}

async function landedDelays(
  engine: Everview,
  day: number,
): Promise<ReadonlyMap<string, SqlValue | undefined>> {
  const { rows } = await engine.query(
    `SELECT departs, origin, destination, min(delay) AS delay FROM flights
     WHERE day = DATE '${dateOf(day)}' GROUP BY ALL`,
  );
  return new Map(rows.map((row) => [flightOf(row), row.delay]));
}

function flightOf({ departs, origin, destination }: Row): string {
  return [Number(departs), origin, destination].join(' ');
}
