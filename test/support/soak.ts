/**
 * npm run test:soak -- [steps] [settled] [told]
 *
 * Refreshes a small exact and a small certified model again and again, each refresh a promotion, with updates and
 * predictions between them, and prints one line of JSON: memory after the first `settled` steps and at the end, and what
 * resident memory grew by. `told` prints the level on the way, too. Needs --expose-gc.
 */
import { readFileSync } from 'node:fs';
import { platform } from 'node:os';
import { z } from 'zod';
import { Everview, EverviewError } from '../../src/index.ts';
import { type MemoryLevel, type SoakResult, soakResult } from './soak-result.ts';
import { temporaryDatabase } from './temporary-database.ts';

const count = z.coerce.number().int().positive();
const steps = count.default(1_000).parse(process.argv[2]);
const settled = count.max(steps).default(100).parse(process.argv[3]);
const isTold = process.argv[4] === 'told';
const changed = 20;
const kept = 2_000;

function rowsFrom(first: number, rows: number): string {
  return (
    `SELECT *, (a - b + random() > 0.5)::INTEGER AS y FROM (SELECT range AS id, random() AS a, random() AS b, ` +
    `random() * 9 AS c, ['x', 'y', 'z'][1 + range % 3] AS kind FROM range(${first}, ${first + rows}))`
  );
}

/** Without the pages of programs and libraries, which the system drops and reads again as it likes. */
function residentBytes(): number {
  if (platform() !== 'linux') return process.memoryUsage.rss();
  const kilobytes = /RssAnon:\s*(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
  return kilobytes === undefined ? process.memoryUsage.rss() : Number(kilobytes) * 1_024;
}

/** The lowest of several readings: an allocator, too, gives pages back when it likes. */
async function level(db: Everview, step: number): Promise<MemoryLevel> {
  const { gc } = globalThis;
  if (gc === undefined) throw new EverviewError('internal', 'the soak needs node --expose-gc');
  const readings: { resident: number; heapUsed: number; external: number }[] = [];
  for (let reading = 0; reading < 10; reading++) {
    gc();
    await new Promise((resolve) => setTimeout(resolve, 50));
    readings.push({ ...process.memoryUsage(), resident: residentBytes() });
  }
  const least = (key: 'resident' | 'heapUsed' | 'external') =>
    Math.min(...readings.map((reading) => reading[key]));
  const { rows } = await db.query<{ bytes: number }>(
    'SELECT sum(memory_usage_bytes)::DOUBLE AS bytes FROM duckdb_memory()',
  );
  return {
    step,
    resident: least('resident'),
    heap: least('heapUsed'),
    outside: least('external'),
    store: rows[0]?.bytes ?? Number.NaN,
  };
}

async function stepOf(db: Everview, index: number): Promise<void> {
  await db.transaction(async (update) => {
    await update.execute(`DELETE FROM facts WHERE id < ${(index + 1) * changed}`);
    await update.execute(`INSERT INTO facts ${rowsFrom(kept + index * changed, changed)}`);
  });
  for (const model of ['exact', 'certified']) {
    await db.refresh(model);
    await db.query(`SELECT count(prediction) FROM PREDICT(${model}, facts)`);
  }
}

/** A level is the least of those around its step. */
async function soak(db: Everview): Promise<SoakResult> {
  const every = Math.max(1, Math.floor(settled / 5));
  const levels: MemoryLevel[] = [];
  for (let index = 0; index < steps; index++) {
    await stepOf(db, index);
    const done = index + 1;
    const isAround = done > settled - 3 * every && done <= settled;
    const isLate = done > steps - 3 * every;
    if (done % every !== 0 && done !== steps) continue;
    if (!isAround && !isLate && !(isTold && done % settled === 0)) continue;
    const found = await level(db, done);
    levels.push(found);
    if (isTold) console.error(JSON.stringify(found));
  }
  const { rows } = await db.query<{ versions: number }>(
    'SELECT count(*)::INTEGER AS versions FROM everview.model_versions',
  );
  return soakResult(levels, settled, rows[0]?.versions ?? 0);
}

/** Opened anew: the first row that comes to a table in a file takes a whole block of memory per column. */
async function openWithModels(path: string): Promise<Everview> {
  const made = await Everview.open(path, { scheduler: 'manual' });
  await made.sql(`
    CREATE TABLE facts (id BIGINT, a DOUBLE, b DOUBLE, c DOUBLE, kind VARCHAR, y INTEGER);
    INSERT INTO facts ${rowsFrom(0, kept)};
    CREATE TRAINING SET examples WITH (label = y) AS SELECT * EXCLUDE (id) FROM facts;
    CREATE MODEL exact WITH (method = 'ridge', max_staleness = INTERVAL '1 day') AS SELECT * FROM examples;
    CREATE MODEL certified WITH (method = 'logistic', max_staleness = INTERVAL '1 day') AS SELECT * FROM examples;
  `);
  await made.close();
  return Everview.open(path, { scheduler: 'manual', memoryLimit: '256MB' });
}

await using place = await temporaryDatabase();
await using db = await openWithModels(place.path);
console.log(JSON.stringify(await soak(db)));
