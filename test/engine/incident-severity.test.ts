import { afterEach, describe, expect, it } from 'vitest';
import type { Everview, SimulatedClock } from '../../src/index.ts';
import { everyOther, firstOf, longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { incidentEvents, incidentRows } from '../support/incident-records.ts';
import { lentWorld } from '../support/lent-world.ts';
import { openEverview } from '../support/open-everview.ts';
import { type TemporaryDatabase, temporaryDatabase } from '../support/temporary-database.ts';

const hourMs = 3_600_000;

let db: Everview;
let clock: SimulatedClock;
let place: TemporaryDatabase;

afterEach(async () => {
  await db.close();
  await place[Symbol.asyncDispose]();
});

/** A day's rows of y = 3x; `factor` is what x is multiplied by. */
const batch = (day: number, factor: number) => `
  INSERT INTO t SELECT ${day} * 1000 + i, ${factor} * (20 + (hash(i, ${day}) % 1000) / 100.0),
    3 * (20 + (hash(i, ${day}) % 1000) / 100.0) + (hash(i + 7, ${day}) % 100) / 50.0 FROM range(200) r(i)`;

async function bring(day: number, factor: number): Promise<void> {
  clock.advanceMs(24 * hourMs);
  await db.execute(batch(day, factor));
}

/** So many usual days. */
const usualDays = (days: number) =>
  lentWorld(async (world) => {
    ({ db, clock } = world);
    await db.sql(`
      CREATE TABLE t (id BIGINT PRIMARY KEY, x DOUBLE, y DOUBLE) WITH (profile = on);
      CREATE TRAINING SET s WITH (label = y) AS SELECT x, y FROM t;
      CREATE MODEL m WITH (method = 'ridge') AS SELECT * FROM s;`);
    for (let day = 0; day < days; day++) await bring(day, 1);
    await db.sql('REFRESH m');
  });

const [fewDays, manyDays] = [usualDays(19), usualDays(30)];

async function world(table: string, days = manyDays) {
  place = await temporaryDatabase();
  ({ db, clock } = await days(place));
  await db.sql(`ALTER TABLE t SET (${table})`);
}

const incidents = (columns: string) => incidentRows(db, columns);
const eventsOf = (incident: number) => incidentEvents(db, incident);

/** What becomes of the next version of the model. */
async function nextCandidate() {
  await db.sql('REFRESH m');
  const { rows } = await db.query('SELECT status FROM everview.model_versions ORDER BY version DESC LIMIT 1');
  return rows[0]?.status;
}

describe('an incident that gets worse', () => {
  it('holds candidates once rows are taken that had been refused', async () => {
    await world('on_finding = reject');
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

  longTests(() => {
    it('holds candidates and pauses predictions once what was noticed blocks, also after the file was closed', async () => {
      await world('on_finding = warn', fewDays);
      await db.sql('ALTER MODEL m SET (pause_on = block)');
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
      await world('on_finding = warn');
      await bring(30, 100);
      await db.sql('ALTER TABLE t SET (on_finding = quarantine)');
      await bring(31, 100);
      expect(await incidents('taken, severity, response, occurrences')).toEqual([
        { taken: 'block', severity: 'block', response: 'quarantined', occurrences: 2n },
      ]);
      expect(await nextCandidate()).toBe('held');
    });

    it('is silent about what a person accepted', async () => {
      await world('on_finding = reject');
      await failureOf(bring(30, 100));
      await db.sql(`ACCEPT INCIDENT 1 BECAUSE 'cents'`);
      await bring(30, 100);
      expect(await eventsOf(1)).toEqual(['opened', 'accepted']);
      expect(await nextCandidate()).toBe('promoted');
    });
  });
});

describe('rows that waited', () => {
  const atDeadline = `hold = INTERVAL '6 hours' THEN accept_marked`;

  it.each(firstOf(['ask', 'hold_refresh']))(
    'hold candidates once their deadline let them in (%s)',
    async (response) => {
      await world(`on_finding = ${response}, ${atDeadline}`);
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

  longTests(() => {
    it.each(
      everyOther([
        ['ask', 'APPROVE UPDATE 31'],
        ['hold_refresh', 'APPROVE UPDATE 31'],
        ['quarantine', 'RELEASE QUARANTINE FOR t'],
      ]),
    )('hold none once a person vouched for them (%s, %s)', async (response, statement) => {
      await world(`on_finding = ${response}`);
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
      await world(`on_finding = hold_refresh, ${atDeadline}`);
      await bring(30, 100);
      clock.advanceMs(7 * hourMs);
      await db.step();
      await bring(31, 100);
      await db.sql('APPROVE UPDATE 32');
      expect(await nextCandidate()).toBe('held');
    });
  });
});

const held = async () =>
  (await db.query('SELECT update_id::INTEGER AS id, state, who FROM everview.held_updates ORDER BY 1')).rows;

const stateOf = async (incident: number) => (await incidents('state'))[incident - 1]?.state;

describe('an update that waits', () => {
  it('comes in with the acceptance of all that it waits for, in one update', async () => {
    await world(`on_finding = ask, hold = INTERVAL '6 hours' THEN reject`);
    await bring(30, 100);
    const { version } = db;
    const accepted = await db.execute(`ACCEPT INCIDENT 1 BY 'ana' BECAUSE 'cents from today'`);
    expect(accepted.message).toContain('update 31 approved');
    expect(db.version).toBe(version + 1);
    expect(await held()).toEqual([{ id: 31, state: 'approved', who: 'ana' }]);
    clock.advanceMs(7 * hourMs);
    await db.step();
    expect((await db.query('SELECT count(*)::INTEGER AS n FROM t')).rows).toEqual([{ n: 31 * 200 }]);
    expect(await stateOf(1)).toBe('accepted');
    expect(await eventsOf(1)).toEqual(['opened', 'accepted']);
    expect(await nextCandidate()).toBe('promoted');
  });

  longTests(() => {
    it('waits still once its incident is only resolved', async () => {
      await world('on_finding = ask');
      await bring(30, 100);
      await db.sql('RESOLVE INCIDENT 1');
      expect(await held()).toMatchObject([{ state: 'waiting' }]);
    });

    it('is not taken at its deadline where its rows came again, put right', async () => {
      await world(`on_finding = ask, hold = INTERVAL '6 hours' THEN accept_marked`);
      await bring(30, 100);
      await db.execute(batch(30, 1));
      clock.advanceMs(7 * hourMs);
      await db.step();
      expect(await held()).toEqual([{ id: 31, state: 'not-taken', who: 'everview' }]);
      expect((await db.query('SELECT * FROM everview.marks')).rows).toEqual([]);
      expect(await incidents('taken, state')).toEqual([{ taken: null, state: 'open' }]);
      await db.sql('DROP QUARANTINE FOR t');
      expect(await stateOf(1)).toBe('acknowledged');
    });

    it.each(
      everyOther([
        ['CORRECT QUARANTINE FOR t SET x = x / 100 WHERE id % 2 = 0; DROP QUARANTINE FOR t', 'approved'],
        ['DROP QUARANTINE FOR t', 'rejected'],
      ]),
    )('waits no more once its rows were seen to by hand (%s)', async (statements, state) => {
      await world(`on_finding = ask, hold = INTERVAL '6 hours' THEN accept_marked`);
      await bring(30, 100);
      await db.sql(statements);
      expect(await held()).toEqual([{ id: 31, state, who: null }]);
      clock.advanceMs(7 * hourMs);
      await db.step();
      expect(await held()).toMatchObject([{ state }]);
      expect(await eventsOf(1)).toEqual(['opened', 'acknowledged']);
      expect(await stateOf(1)).toBe('acknowledged');
    });

    it.each(everyOther(['APPROVE', 'REJECT']))('leaves who decided with its incident (%s)', async (verb) => {
      await world('on_finding = ask');
      await bring(30, 100);
      await db.sql(`${verb} UPDATE 31 BY 'ana' BECAUSE 'asked the shop'`);
      const { rows } = await db.query(
        'SELECT event, who, why FROM everview.incident_events ORDER BY event_id DESC LIMIT 1',
      );
      expect(rows).toEqual([
        {
          event: 'acknowledged',
          who: 'ana',
          why: `update 31 ${verb === 'APPROVE' ? 'approved' : 'rejected'}: asked the shop`,
        },
      ]);
    });
  });
});

longTests(() => {
  it('an acceptance that has expired keeps no incident from being over', async () => {
    await world('on_finding = quarantine');
    await bring(30, 100);
    await db.sql(`ACCEPT INCIDENT 1 FOR INTERVAL '2 days'`);
    for (const day of [31, 32, 33]) await bring(day, 1);
    expect(await stateOf(1)).toBe('accepted');
    await bring(34, 1);
    expect(await stateOf(1)).toBe('resolved');
  });

  it('how few rows are let in is told by the verdict, and no warning', async () => {
    await world('on_finding = quarantine');
    await bring(30, 100);
    const { update } = await db.execute('CORRECT QUARANTINE FOR t SET x = x / 100 WHERE id % 10 = 0');
    expect(update?.inserted).toBe(20);
    expect(update?.verdicts).toMatchObject([{ severity: 'notice' }]);
    expect(update?.warnings).toEqual([]);
  });
});
