/**
 * npm run test:soak -- [steps]
 *
 * Refreshes a small exact and a small certified model again and again, each refresh a promotion, with updates and
 * predictions between them, and prints one line of JSON: resident memory after the first hundred steps and at the end.
 * Needs --expose-gc.
 */
import { Everview, EverviewError } from '../../src/index.ts';
import { temporaryDatabase } from './temporary-database.ts';

const steps = Number(process.argv[2] ?? 1_000);
const settled = Number(process.argv[3] ?? 100);
const changed = 20;
const kept = 2_000;

const place = await temporaryDatabase();

function rowsFrom(first: number, count: number): string {
  return (
    `SELECT *, (a - b + random() > 0.5)::INTEGER AS y FROM (SELECT range AS id, random() AS a, random() AS b, ` +
    `random() * 9 AS c, ['x', 'y', 'z'][1 + range % 3] AS kind FROM range(${first}, ${first + count}))`
  );
}

async function settledBytes(): Promise<{ rss: number; heap: number; outside: number }> {
  const { gc } = globalThis;
  if (gc === undefined) throw new EverviewError('internal', 'the soak needs node --expose-gc');
  for (let round = 0; round < 4; round++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { rss, heapUsed, external, arrayBuffers } = process.memoryUsage();
  return { rss, heap: heapUsed, outside: external + arrayBuffers };
}

async function step(db: Everview, index: number): Promise<void> {
  await db.transaction(async (update) => {
    await update.execute(`DELETE FROM facts WHERE id < ${(index + 1) * changed}`);
    await update.execute(`INSERT INTO facts ${rowsFrom(kept + index * changed, changed)}`);
  });
  for (const model of ['exact', 'certified']) {
    await db.refresh(model);
    await db.query(`SELECT count(prediction) FROM PREDICT(${model}, facts)`);
  }
}

const db = await Everview.open(place.path, { scheduler: 'manual', memoryLimit: '256MB' });
await db.sql(`
  CREATE TABLE facts (id BIGINT, a DOUBLE, b DOUBLE, c DOUBLE, kind VARCHAR, y INTEGER);
  INSERT INTO facts ${rowsFrom(0, kept)};
  CREATE TRAINING SET examples WITH (label = y) AS SELECT * EXCLUDE (id) FROM facts;
  CREATE MODEL exact WITH (method = 'ridge', max_staleness = INTERVAL '1 day') AS SELECT * FROM examples;
  CREATE MODEL certified WITH (method = 'logistic', max_staleness = INTERVAL '1 day') AS SELECT * FROM examples;
`);
let early = await settledBytes();
for (let index = 0; index < steps; index++) {
  await step(db, index);
  if (index + 1 === settled) early = await settledBytes();
  if (process.argv[4] === 'told' && (index + 1) % settled === 0)
    console.error(index + 1, JSON.stringify(await settledBytes()));
}
const late = await settledBytes();
const { rows } = await db.query<{ versions: number }>(
  'SELECT count(*)::INTEGER AS versions FROM everview.model_versions',
);
await db.close();
await place[Symbol.asyncDispose]();
console.log(JSON.stringify({ steps, versions: rows[0]?.versions, early, late, ratio: late.rss / early.rss }));
