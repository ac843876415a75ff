import { afterEach, describe, expect, it } from 'vitest';
import type { Everview, SimulatedClock } from '../../src/index.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';
import { type TemporaryDatabase, temporaryDatabase } from '../support/temporary-database.ts';

const hourMs = 3_600_000;

let db: Everview;
let clock: SimulatedClock;
let place: TemporaryDatabase | null = null;

afterEach(async () => {
  await db.close();
  await place?.[Symbol.asyncDispose]();
  place = null;
});

/** A day's rows of y = 3x; `factor` is what x is multiplied by. */
const batch = (day: number, factor: number) => `
  INSERT INTO t SELECT ${day} * 1000 + i, ${factor} * (20 + (hash(i, ${day}) % 1000) / 100.0),
    3 * (20 + (hash(i, ${day}) % 1000) / 100.0) + (hash(i + 7, ${day}) % 100) / 50.0 FROM range(200) r(i)`;

async function bring(day: number, factor: number): Promise<void> {
  clock.advanceMs(24 * hourMs);
  await db.execute(batch(day, factor));
}

/** So many usual days, and a version that answers. */
async function world(days: number, table: string, model = "method = 'ridge'", path = ':memory:') {
  ({ db, clock } = await openEverview({ path }));
  await db.sql(`
    CREATE TABLE t (id BIGINT PRIMARY KEY, x DOUBLE, y DOUBLE) WITH (profile = on, ${table});
    CREATE TRAINING SET s WITH (label = y) AS SELECT x, y FROM t;
    CREATE MODEL m WITH (${model}) AS SELECT * FROM s;`);
  for (let day = 0; day < days; day++) await bring(day, 1);
  await db.sql('REFRESH m');
}

async function incidents(columns: string) {
  return (await db.query(`SELECT ${columns} FROM everview.incidents ORDER BY incident_id`)).rows;
}

async function eventsOf(incident: number): Promise<unknown[]> {
  const { rows } = await db.query(
    'SELECT event FROM everview.incident_events WHERE incident_id = $1 ORDER BY event_id',
    [incident],
  );
  return rows.map(({ event }) => event);
}

/** What becomes of the next version of the model. */
async function nextCandidate() {
  await db.sql('REFRESH m');
  const { rows } = await db.query('SELECT status FROM everview.model_versions ORDER BY version DESC LIMIT 1');
  return rows[0]?.status;
}

describe('an incident that gets worse', () => {
  it('holds candidates and pauses predictions once what was noticed blocks, also after the file was closed', async () => {
    place = await temporaryDatabase();
    await world(19, 'on_finding = warn', "method = 'ridge', pause_on = block", place.path);
    await bring(19, 100);
    expect(await incidents('severity, taken')).toEqual([{ severity: 'notice', taken: 'notice' }]);
    for (const day of [20, 21]) await bring(day, 1);
    await bring(22, 100);
    const [first] = await incidents('severity, taken, response, state, occurrences, update_id, rows');
    expect(first).toEqual({
      severity: 'block',
      taken: 'block',
      response: 'warned',
      state: 'open',
      occurrences: 2n,
      update_id: 23n,
      rows: 400n,
    });
    expect(await eventsOf(1)).toEqual(['opened', 'worsened']);
    await db.close();
    ({ db } = await openEverview({ path: place.path, clock }));
    expect(await nextCandidate()).toBe('held');
    const paused = await failureOf(db.query('FROM PREDICT(m, (SELECT 30.0 AS x))'));
    expect(paused).toMatchObject({ code: 'predictions-paused' });
  });

  it('is no better by what is kept out later', async () => {
    await world(30, 'on_finding = warn');
    await bring(30, 100);
    await db.sql('ALTER TABLE t SET (on_finding = quarantine)');
    await bring(31, 100);
    expect(await incidents('taken, severity, response, occurrences')).toEqual([
      { taken: 'block', severity: 'block', response: 'quarantined', occurrences: 2n },
    ]);
    expect(await nextCandidate()).toBe('held');
  });

  it('holds candidates once rows are taken that had been refused', async () => {
    await world(30, 'on_finding = reject');
    await failureOf(bring(30, 100));
    expect(await incidents('taken, response')).toEqual([{ taken: null, response: 'rejected' }]);
    await db.sql('ALTER TABLE t SET (on_finding = warn)');
    await bring(30, 100);
    expect(await incidents('taken, response, occurrences')).toEqual([
      { taken: 'block', response: 'warned', occurrences: 2n },
    ]);
    expect(await eventsOf(1)).toEqual(['opened', 'worsened']);
    expect(await nextCandidate()).toBe('held');
  });

  it('is silent about what a person accepted', async () => {
    await world(30, 'on_finding = reject');
    await failureOf(bring(30, 100));
    await db.sql(`ACCEPT INCIDENT 1 BECAUSE 'cents'`);
    await bring(30, 100);
    expect(await eventsOf(1)).toEqual(['opened', 'accepted']);
    expect(await nextCandidate()).toBe('promoted');
  });
});

describe('rows that waited', () => {
  const atDeadline = `hold = INTERVAL '6 hours' THEN accept_marked`;

  it.each(['ask', 'hold_refresh'])(
    'hold candidates once their deadline let them in (%s)',
    async (response) => {
      await world(30, `on_finding = ${response}, ${atDeadline}`);
      await bring(30, 100);
      expect(await incidents('taken')).toEqual([{ taken: null }]);
      clock.advanceMs(7 * hourMs);
      await db.step();
      expect(await incidents('taken, occurrences, rows, state')).toEqual([
        { taken: 'block', occurrences: 1n, rows: 200n, state: 'open' },
      ]);
      expect(await eventsOf(1)).toEqual(['opened', 'worsened']);
      expect(await nextCandidate()).toBe('held');
    },
  );

  it.each([
    ['ask', 'APPROVE UPDATE 31'],
    ['hold_refresh', 'APPROVE UPDATE 31'],
    ['quarantine', 'RELEASE QUARANTINE FOR t'],
  ])('hold none once a person vouched for them (%s, %s)', async (response, statement) => {
    await world(30, `on_finding = ${response}`);
    await bring(30, 100);
    if (response === 'hold_refresh') expect(await nextCandidate()).toBe('held');
    await db.sql(statement);
    expect(await incidents('taken, occurrences, rows')).toEqual([
      { taken: null, occurrences: 1n, rows: 200n },
    ]);
    await bring(31, 1);
    expect(await nextCandidate()).toBe('promoted');
  });

  it('are vouched for by update, and others hold still', async () => {
    await world(30, `on_finding = hold_refresh, ${atDeadline}`);
    await bring(30, 100);
    clock.advanceMs(7 * hourMs);
    await db.step();
    await bring(31, 100);
    await db.sql('APPROVE UPDATE 32');
    expect(await nextCandidate()).toBe('held');
  });
});
