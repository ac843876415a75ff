import { z } from 'zod';
import type { Everview } from '../../index.ts';
import { rmse } from './day-score.ts';
import { type DemoPlan, dateOf } from './demo-plan.ts';
import {
  errorInHindsight,
  type GateDecision,
  type Hindsight,
  type Incident,
  reviewIncident,
} from './incident.ts';
import { count, decimal, left, type Page, right } from './page.ts';
import type { Replay } from './replay.ts';

const heldFlight = z.object({
  departs: z.string(),
  origin: z.string(),
  destination: z.string(),
  distance: z.number().nullable(),
});

/** The corrupted day: what the constraints caught, what the gate said, what it spared, how it was repaired. */
export async function reportIncident(
  engine: Everview,
  plan: DemoPlan,
  replay: Replay,
  page: Page,
): Promise<void> {
  const incident = await reviewIncident(engine, plan);
  const { corruptedDay, corruptedOrigin } = plan;
  await page.heading(`The corrupted day: ${dateOf(corruptedDay)}`);
  await page.text(
    `Its feed had airport codes of four letters, rows without a distance, and the delays of ${corruptedOrigin} in`,
    'seconds. Set aside by the constraints, the night it came:',
  );
  await page.table(
    [right('rows'), left('reason, of one'), left('that flight')],
    replay.setAside.map((row) => [count(row.rows), String(row.reason), flightText(String(row.sample))]),
  );
  await reportSlipped(engine, plan, replay, page);
  await reportGate(incident, page);
  await reportHindsight(incident, page);
  await reportRepair(engine, plan, replay, page);
}

async function reportRepair(engine: Everview, plan: DemoPlan, replay: Replay, page: Page): Promise<void> {
  const { rows } = await engine.query(
    `SELECT state, count(*) AS rows FROM everview.quarantine GROUP BY state ORDER BY state`,
  );
  await page.text('', `Repaired on ${dateOf(plan.repairDay + 1)}, by SQL alone:`);
  await page.text(...replay.repairs.map((repair) => `  ${repair}`));
  await page.text(
    `  the quarantine since: ${rows.map((row) => `${count(row.rows)} ${row.state}`).join(', ')}`,
  );
}

async function reportSlipped(engine: Everview, plan: DemoPlan, replay: Replay, page: Page): Promise<void> {
  const { corruptedDay, corruptedOrigin } = plan;
  const night = replay.scores.find(({ day }) => day === corruptedDay + 1);
  if (night === undefined) return;
  const then = await originMean(engine, plan, ` AT (VERSION => ${replay.corruptedVersion})`);
  const now = await originMean(engine, plan, '');
  await page.text(
    '',
    `Seconds that look like minutes slipped through: the mean delay of ${corruptedOrigin} that day read as ` +
      `${decimal(then, 0)} min, and was ${decimal(now, 0)}.`,
    `No gate on a model helps a wrong feature: predictions of the day after were off by ` +
      `${decimal(rmse(night.model, night.rows), 1)} min (rms),`,
    `and would have been by ${decimal(await errorInHindsight(engine, corruptedDay + 1), 1)} with the right one.`,
  );
}

/** @param row as `everview.quarantine` keeps it. */
function flightText(row: string): string {
  const { departs, origin, destination, distance } = heldFlight.parse(JSON.parse(row));
  return `${departs.slice(11, 16)} ${origin} to ${destination}, ${distance ?? 'unknown'} miles`;
}

/** @param at which history of the flights to read; the newest when empty. */
async function originMean(
  engine: Everview,
  { corruptedDay, corruptedOrigin }: DemoPlan,
  at: string,
): Promise<unknown> {
  const { rows } = await engine.query(
    `SELECT avg(delay) AS mean FROM flights${at}
     WHERE origin = '${corruptedOrigin}' AND departs >= TIMESTAMP '${dateOf(corruptedDay)}'
       AND departs < TIMESTAMP '${dateOf(corruptedDay + 1)}'`,
  );
  return rows[0]?.mean;
}

async function reportGate({ decisions }: Incident, page: Page): Promise<void> {
  const conditions = [...new Set(decisions.map(({ condition }) => condition))];
  const versions = [...new Set(decisions.map(({ version }) => version))];
  await page.text(
    '',
    'What the gate said of each candidate (root mean square error on the hold-out, minutes):',
  );
  await page.table(
    [left('night'), ...['version', 'candidate', 'current'].map(right), ...conditions.map(left)],
    versions.map((version) => {
      const judged = decisions.filter((decision) => decision.version === version);
      const [any] = judged;
      return [
        any === undefined ? '' : dateOf(any.day),
        String(version),
        decimal(any?.candidate, 1),
        decimal(any?.current, 1),
        ...conditions.map((condition) => verdictText(judged.find((one) => one.condition === condition))),
      ];
    }),
  );
}

function verdictText(decision: GateDecision | undefined): string {
  if (decision === undefined) return '';
  return decision.passed ? 'holds' : `fails, limit ${decimal(decision.threshold, 1)}`;
}

async function reportHindsight(incident: Incident, page: Page): Promise<void> {
  const { answered, refused, days, rows, meanRmse } = incident;
  if (answered === null || refused.length === 0) return;
  const gain = meanRmse - answered.rmse;
  const lost = (version: Hindsight): string =>
    `${decimal((100 * (version.rmse - answered.rmse)) / gain, 0)} %`;
  await page.text(
    '',
    'Without the gate the refused would have answered. All of them on the flights of the week after the repair',
    `(${count(rows)} from ${dateOf(days[0])} to ${dateOf(days[1])}; the mean as a prediction errs by ${decimal(meanRmse, 2)}):`,
  );
  await page.table(
    [
      right('version'),
      left(''),
      ...['error', "weight of yesterday's delay", 'lost of what it knows beyond the mean'].map(right),
    ],
    [
      [
        String(answered.version),
        'answered',
        decimal(answered.rmse, 2),
        decimal(answered.yesterdayWeight, 3),
        '',
      ],
      ...refused.map((version) => [
        String(version.version),
        'refused',
        decimal(version.rmse, 2),
        decimal(version.yesterdayWeight, 3),
        lost(version),
      ]),
    ],
  );
}
