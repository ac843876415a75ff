/**
 * npm run test:beyond-memory -- [rows] [features] [memory limit]
 *
 * A training set several times as large as the memory limit is created and refreshed, in full and by what changed, and
 * with it an exact and a certified model. Prints one line of JSON: by step seconds, and the highest resident memory.
 */
import { readFileSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Everview } from '../../src/index.ts';
import { temporaryDatabase } from './temporary-database.ts';

const rows = Number(process.argv[2] ?? 10_000_000);
const features = Number(process.argv[3] ?? 50);
const memoryLimit = process.argv[4] ?? '1GB';
const batchRows = 1_000_000;
const changed = Math.ceil(rows / 100);

type Step = { readonly step: string; readonly seconds: number; readonly peakMegabytes: number };

const steps: Step[] = [];

/** What Linux says of this process, in MB. */
function residentMegabytes(): number {
  return Math.round(process.memoryUsage.rss() / 2 ** 20);
}

async function timed(step: string, work: () => Promise<unknown>): Promise<void> {
  const from = performance.now();
  let peakMegabytes = residentMegabytes();
  const watch = setInterval(() => {
    peakMegabytes = Math.max(peakMegabytes, residentMegabytes());
  }, 50);
  try {
    await work();
  } finally {
    clearInterval(watch);
    const seconds = Math.round((performance.now() - from) / 100) / 10;
    steps.push({ step, seconds, peakMegabytes });
    console.error(JSON.stringify(steps.at(-1)));
  }
}

function rowsFrom(first: number, count: number): string {
  const values = Array.from(
    { length: features },
    (_, i) => `(random() - 0.5) * ${i + 1} + ${i * 10} AS x${i}`,
  );
  return (
    `SELECT *, (x0 - (x1 - 10) / 2 + random() - 0.5 > 0)::INTEGER AS y ` +
    `FROM (SELECT range AS id, ${values.join(', ')} FROM range(${first}, ${first + count}))`
  );
}

const place = await temporaryDatabase();
try {
  const db = await Everview.open(place.path, { scheduler: 'manual', memoryLimit });
  const columns = Array.from({ length: features }, (_, i) => `x${i} DOUBLE`);
  await db.sql(`CREATE TABLE wide (id BIGINT, ${columns.join(', ')}, y INTEGER)`);
  await timed('insert', async () => {
    for (let first = 0; first < rows; first += batchRows)
      await db.execute(`INSERT INTO wide ${rowsFrom(first, Math.min(batchRows, rows - first))}`);
  });
  await timed('create the training set', () =>
    db.sql(
      'CREATE TRAINING SET examples WITH (label = y) AS SELECT * EXCLUDE (id), id % 7 AS weekday FROM wide',
    ),
  );
  await db.sql(`
    CREATE MODEL exact WITH (method = 'ridge', max_staleness = INTERVAL '1 day') AS SELECT * FROM examples;
    CREATE MODEL certified WITH (method = 'logistic', max_staleness = INTERVAL '1 day') AS SELECT * FROM examples;
  `);
  await timed('training set in full', () => db.refresh('examples', 'full'));
  for (const model of ['exact', 'certified'])
    await timed(`${model} in full`, () => db.refresh(model, 'full'));
  await timed('update of 1 %', () =>
    db.transaction(async (update) => {
      await update.execute(`DELETE FROM wide WHERE id < ${changed / 2}`);
      await update.execute(`INSERT INTO wide ${rowsFrom(rows, changed / 2)}`);
    }),
  );
  await timed('training set, what changed', () => db.refresh('examples', 'incremental'));
  for (const model of ['exact', 'certified'])
    await timed(`${model}, what changed`, () => db.refresh(model, 'incremental'));
  await timed('training set in full again', () => db.refresh('examples', 'full'));
  await timed('close', () => db.close());
  const { size } = await stat(place.path);
  const peak = /VmHWM:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  console.log(
    JSON.stringify({
      rows,
      features,
      memoryLimit,
      fileMegabytes: Math.round(size / 2 ** 20),
      peakMegabytes: peak === undefined ? null : Math.round(Number(peak) / 1_024),
      steps,
    }),
  );
} finally {
  await place[Symbol.asyncDispose]();
}
