import type { Everview } from '../../index.ts';
import { behindText } from '../provenance-line.ts';
import { type DemoPlan, dateOf } from './demo-plan.ts';
import { count, decimal, left, type Page, right } from './page.ts';
import type { Replay } from './replay.ts';

const shownFlights = 8;

/** Predictions for the last morning, made before any of its flights was seen, and what came of them. */
export async function reportMorning(
  engine: Everview,
  plan: DemoPlan,
  { morning }: Replay,
  page: Page,
): Promise<void> {
  const shown = morning.rows.slice(0, shownFlights);
  const { rows: landed } = await engine.query(
    `SELECT departs, origin, destination, min(delay) AS delay FROM flights
     WHERE departs >= TIMESTAMP '${dateOf(plan.days - 1)}' GROUP BY ALL`,
  );
  const keyOf = (row: (typeof landed)[number]): string =>
    [Number(row.departs), row.origin, row.destination].join(' ');
  const delays = new Map(landed.map((row) => [keyOf(row), row.delay]));
  const version = morning.models.delay;
  await page.heading(`The morning of ${dateOf(plan.days - 1)}`);
  await page.text(
    `${count(morning.rows.length)} flights on the board at 06:30, predicted at version ${count(morning.version)} by ` +
      `version ${version ?? '?'} of the model (${morning.path}).`,
    ...morning.staleness.map((report) => `  ${behindText(report)}`),
    'The latest, and what became of them in the end (minutes):',
  );
  await page.table(
    [left('departs'), left('from'), left('to'), ...['miles', 'predicted', 'happened'].map(right)],
    shown.map((row) => [
      row.departs instanceof Date ? row.departs.toISOString().slice(11, 16) : '',
      String(row.origin),
      String(row.destination),
      String(row.distance),
      decimal(row.prediction, 1),
      decimal(delays.get(keyOf(row)), 0),
    ]),
  );
}
