import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Everview, SimulatedClock } from '../../src/index.ts';
import type { ExperimentInput } from '../../src/lab/experiment.ts';
import { feedTables } from '../../src/lab/history/feed-tables.ts';
import { loadHistory } from '../../src/lab/history/load-history.ts';
import { failureOf } from '../support/failure-of.ts';
import { hourMs, labStartMs, readingsDeclarations, readingsExperiment } from '../support/lab-experiment.ts';
import { openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';
import { type TemporaryDatabase, temporaryDatabase } from '../support/temporary-database.ts';

const updates = 32;

/** A table without a key, with copies of rows. */
const notesDeclaration = `CREATE TABLE notes (text VARCHAR, stars INTEGER);`;

type State = Readonly<Record<'readings' | 'sensors' | 'notes', string[]>>;

const asText = (_: string, value: unknown) => (typeof value === 'bigint' ? String(value) : value);

/** The rows of each table, sorted. */
async function stateOf(db: Everview): Promise<State> {
  const rows = async (table: string) =>
    (await db.query(`SELECT * FROM ${table}`)).rows.map((row) => JSON.stringify(row, asText)).sort();
  return { readings: await rows('readings'), sensors: await rows('sensors'), notes: await rows('notes') };
}

/** One update an hour of every kind; what the tables hold after each. */
async function writeDatabase(
  path: string,
  { updates, historyVersions }: { readonly updates: number; readonly historyVersions?: number },
): Promise<Map<number, State>> {
  const clock = new SimulatedClock(labStartMs);
  const { db } = await openEverview({
    path,
    clock,
    ...(historyVersions === undefined ? {} : { historyVersions }),
  });
  const random = new Random(5);
  await db.sql(readingsDeclarations);
  await db.sql(notesDeclaration);
  const states = new Map<number, State>();
  for (let step = 0; step < updates; step++) {
    const at = new Date(clock.nowMs() - 60_000).toISOString();
    const id = random.int(0, 20);
    await db.transaction(async (update) => {
      await update.execute(
        `INSERT INTO sensors VALUES ('s${step % 4}', ${step}) ON CONFLICT DO UPDATE SET height = excluded.height`,
      );
      await update.execute(
        `INSERT INTO readings VALUES (${id}, '${at}', 's${step % 4}', ${step}, 1) ON CONFLICT DO UPDATE SET x = excluded.x, "at" = excluded."at"`,
      );
      if (random.chance(0.4)) await update.execute(`DELETE FROM readings WHERE id = ${random.int(0, 20)}`);
      if (random.chance(0.3))
        await update.execute(`UPDATE readings SET y = y + 1 WHERE id % 3 = ${step % 3}`);
      await update.execute(
        `INSERT INTO notes VALUES ('good', ${step % 2}), ('good', ${step % 2}), (NULL, 3)`,
      );
      if (random.chance(0.3)) await update.execute(`DELETE FROM notes WHERE stars = ${step % 2}`);
      if (step === 15) await update.execute(`DELETE FROM readings WHERE sensor = 's3'`);
      if (step === 15) await update.execute(`DELETE FROM sensors WHERE sensor = 's3'`);
    });
    states.set(clock.nowMs(), await stateOf(db));
    if (historyVersions !== undefined) await db.step();
    clock.advanceMs(hourMs);
  }
  await db.close();
  return states;
}

let place: TemporaryDatabase;
let states: Map<number, State>;

beforeAll(async () => {
  place = await temporaryDatabase();
  states = await writeDatabase(place.path, { updates });
});
afterAll(() => place[Symbol.asyncDispose]());

function load(given: Partial<ExperimentInput> = {}) {
  const experiment = readingsExperiment({
    source: { kind: 'database', path: '{data}/test.everview' },
    declarations: `${readingsDeclarations} ${notesDeclaration}`,
    arrival: { kind: 'updates' },
    warmUp: '10 hours',
    ...given,
  });
  return loadHistory(experiment, 1, { dataFolder: place.directory });
}

/** Feeds a history, and compares the tables after each arrival with what they held at that moment. */
async function expectReplayed(given: Partial<ExperimentInput>): Promise<number> {
  const history = await load(given);
  const { db } = await openEverview();
  await db.sql(readingsDeclarations);
  await db.sql(notesDeclaration);
  const heldAt = (atMs: number) => [...states].filter(([moment]) => moment <= atMs).at(-1)?.[1];
  await feedTables(db, history.initial);
  expect(await stateOf(db)).toEqual(heldAt(history.startMs));
  for (const { atMs, tables } of history.arrivals) {
    await feedTables(db, tables);
    expect(await stateOf(db), new Date(atMs).toISOString()).toEqual(heldAt(atMs));
  }
  await db.close();
  return history.arrivals.length;
}

describe('the history of a database', () => {
  it('is what its updates did, when they did it', async () => {
    expect(await expectReplayed({})).toBe(updates - 11);
    const history = await load();
    expect(history.arrivals[0]?.atMs).toBe(labStartMs + 11 * hourMs);
    expect(history.labelDelayMs).toBe(60_001);
  });

  it('can come in intervals', async () => {
    expect(await expectReplayed({ arrival: { kind: 'interval', every: '5 hours' } })).toBe(5);
    expect((await load({ arrival: { kind: 'interval', every: '5 hours' } })).labelDelayMs).toBe(5 * hourMs);
  });

  it('tells replaced rows from new ones', async () => {
    const { arrivals } = await load();
    const readings = arrivals.flatMap(({ tables }) => tables.filter(({ table }) => table === 'readings'));
    expect(readings.some(({ replaces }) => replaces === true)).toBe(true);
    const deleted = readings.flatMap((one) => one.deleted ?? []);
    expect(deleted.length).toBeGreaterThan(3);
    expect(deleted.every((row) => Object.keys(row).join() === 'id')).toBe(true);
  });

  it('leaves the file as it is', async () => {
    const before = await readFile(place.path);
    await load();
    expect(before.equals(await readFile(place.path))).toBe(true);
  });

  it('begins where the file begins that has forgotten what was before', async () => {
    await using other = await temporaryDatabase();
    const held = await writeDatabase(other.path, { updates: 32, historyVersions: 4 });
    const experiment = readingsExperiment({
      source: { kind: 'database', path: other.path },
      declarations: `${readingsDeclarations} ${notesDeclaration}`,
      arrival: { kind: 'updates' },
      warmUp: '2 hours',
    });
    const history = await loadHistory(experiment, 1, { dataFolder: '' });
    expect(history.startMs).toBeGreaterThan(labStartMs + 6 * hourMs);
    const { db } = await openEverview();
    await db.sql(readingsDeclarations);
    await db.sql(notesDeclaration);
    await feedTables(db, history.initial);
    expect(await stateOf(db)).toEqual(held.get(history.startMs));
    await db.close();
  });

  it('needs the file, and in it the tables that are declared', async () => {
    expect(await failureOf(load({ source: { kind: 'database', path: '{data}/none' } }))).toMatchObject({
      code: 'file-error',
    });
    const other = readingsDeclarations.replaceAll('sensors', 'meters');
    expect(await failureOf(load({ declarations: other }))).toMatchObject({
      code: 'unknown-relation',
      message: expect.stringContaining('"meters"'),
    });
    const wider = readingsDeclarations.replace('x DOUBLE', 'x DOUBLE, z DOUBLE');
    expect(await failureOf(load({ declarations: wider }))).toMatchObject({
      code: 'unknown-column',
      message: expect.stringContaining('"z"'),
    });
  });
});

describe('rows that come out of the order of their event times', () => {
  const declarations = `CREATE TABLE t (id BIGINT PRIMARY KEY, Taken TIMESTAMP NOT NULL, x DOUBLE, y DOUBLE) WITH (event_time = Taken);
    CREATE TRAINING SET e WITH (label = y, event_time = Taken) AS SELECT Taken, x, y FROM t;
    CREATE MODEL m WITH (method = 'ridge') AS SELECT x FROM e;`;

  /** An update an hour of one row each, whose event time is so many hours from its commit. */
  async function loadRows(aheadHours: readonly number[], given: Partial<ExperimentInput> = {}) {
    await using other = await temporaryDatabase();
    const clock = new SimulatedClock(labStartMs);
    const { db } = await openEverview({ path: other.path, clock });
    // The file may write names otherwise.
    await db.sql(declarations.replaceAll('Taken', 'taken'));
    for (const [id, ahead] of aheadHours.entries()) {
      await db.insert('t', [{ id, taken: new Date(clock.nowMs() + ahead * hourMs), x: id, y: id }]);
      clock.advanceMs(hourMs);
    }
    await db.close();
    const experiment = readingsExperiment({
      declarations,
      source: { kind: 'database', path: other.path },
      arrival: { kind: 'updates' },
      warmUp: '2 hours',
      ...given,
    });
    return await loadHistory(experiment, 1, { dataFolder: '' });
  }

  it('are told where they are late', async () => {
    const { arrivals, labelDelayMs } = await loadRows([0, 0, 0, 0, -2, 0, -0.5]);
    expect(arrivals.map(({ revises }) => revises)).toEqual([undefined, true, undefined, undefined]);
    expect(labelDelayMs).toBe(hourMs / 2 + 1);
  });

  it('have labels that wait for the arrival that predicts them', async () => {
    // The row of hour 3 is of 3:30 and predicted at 4:00, that of hour 1 is of 4:15 and predicted at 5:00.
    expect((await loadRows([0, 0, 0, 0.5, 0, 0])).labelDelayMs).toBe(hourMs / 2 + 1);
    expect((await loadRows([0, 3.25, 0, 0.5, 0, 0])).labelDelayMs).toBe(0.75 * hourMs + 1);
    expect(await failureOf(loadRows([0, 3.25, 0, 0, 0, 0], { labelDelay: '30 minutes' }))).toMatchObject({
      code: 'invalid-option',
      data: { shortestMs: 0.75 * hourMs + 1 },
    });
  });
});
