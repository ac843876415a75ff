import type { Everview, Row } from '../../index.ts';
import { spanText } from '../provenance-line.ts';
import { type DemoPlan, dateOf } from './demo-plan.ts';
import { count, counted, decimal, left, type Page, right } from './page.ts';
import type { ReadLog } from './read-log.ts';
import type { Replay } from './replay.ts';

/** What came in, what was refreshed and how, and whether the declared staleness was held. */
export async function reportReplay(
  engine: Everview,
  plan: DemoPlan,
  replay: Replay,
  page: Page,
): Promise<void> {
  await reportUpdates(engine, plan, replay, page);
  await reportRefreshes(engine, page);
  await reportStaleness(engine, replay.reads, page);
}

async function reportUpdates(engine: Everview, plan: DemoPlan, replay: Replay, page: Page): Promise<void> {
  const { rows } = await engine.query(
    `SELECT reason, count(*) AS updates, count(DISTINCT version) AS versions, sum(inserted) AS inserted,
            sum(deleted) AS deleted, sum(quarantined) AS quarantined
     FROM everview.updates GROUP BY reason ORDER BY updates DESC, reason`,
  );
  await page.heading('Updates');
  await page.text(
    `${counted(plan.days, 'day')} of flights, ${dateOf(0)} to ${dateOf(plan.days - 1)}, replayed in ` +
      `${(replay.wallMs / 1_000).toFixed(1)} s; the database is at version ${count(engine.version)}.`,
  );
  await page.table(
    ['updates', 'versions', 'inserted', 'deleted', 'set aside'].map(right).concat(left('reason')),
    rows.map((row) => [
      ...['updates', 'versions', 'inserted', 'deleted', 'quarantined'].map((name) => count(row[name])),
      String(row.reason),
    ]),
  );
}

async function reportRefreshes(engine: Everview, page: Page): Promise<void> {
  const { rows } = await engine.query(
    `SELECT name, kind, reason, count(*) AS refreshes, avg(rows) AS rows, avg(predicted_ms) AS predicted,
            avg(actual_ms) AS actual, sum(actual_ms) AS total
     FROM everview.refreshes GROUP BY ALL ORDER BY name, kind, refreshes DESC, reason`,
  );
  await page.heading('Refreshes');
  await page.text('The way is chosen each time, from the cost that the executed ones had.');
  await page.table(
    [
      left('name'),
      left('kind'),
      left('reason'),
      ...['times', 'rows (mean)', 'predicted ms (mean)', 'actual ms (mean)'].map(right),
    ],
    rows.map((row) => [
      String(row.name),
      String(row.kind),
      String(row.reason),
      count(row.refreshes),
      count(Math.round(Number(row.rows))),
      decimal(row.predicted, 1),
      decimal(row.actual, 1),
    ]),
  );
}

async function reportStaleness(engine: Everview, reads: ReadLog, page: Page): Promise<void> {
  const { rows } = await engine.query(
    `SELECT name, max_staleness_ms FROM everview.views
     UNION ALL SELECT name, max_staleness_ms FROM everview.models`,
  );
  const paths = [...reads.paths()].map(([path, times]) => `${times} ${path}`);
  await page.heading('Staleness at the reads');
  await page.table(
    [left('name'), ...['declared bound', 'stalest read', 'reads', 'beyond the bound'].map(right)],
    reads
      .objects()
      .map(({ name, stalestMs, reads: times, unmet }) => [
        name,
        boundText(rows.find((row) => row.name === name)),
        stalestMs === 0 ? 'fresh' : spanText(stalestMs),
        count(times),
        count(unmet),
      ]),
  );
  await page.aside(`How they were answered: ${paths.join(', ')}.`);
  if ((reads.paths().get('served-stale') ?? 0) > 0) {
    await page.aside(
      'Served stale are the nights in which the gate let no newer version answer; each answer said so.',
    );
  }
}

function boundText(row: Row | undefined): string {
  const ms = row?.max_staleness_ms;
  return ms === null || ms === undefined ? 'none' : spanText(Number(ms));
}
