import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Everview, SimulatedClock } from '../../src/index.ts';
import { everyOther, firstOf, longTests } from '../support/depth.ts';
import { lentWorld } from '../support/lent-world.ts';
import { openEverview } from '../support/open-everview.ts';
import { type TemporaryDatabase, temporaryDatabase } from '../support/temporary-database.ts';

const dayMs = 86_400_000;

let db: Everview;
let clock: SimulatedClock;

const count = async (what: string) =>
  Number((await db.query(`SELECT count(*) AS n FROM ${what}`)).rows[0]?.n ?? -1);

/** What an incident says could be done about its rows. */
async function offersOf(incident: number): Promise<string[]> {
  const { rows } = await db.query('SELECT statements FROM everview.incidents WHERE incident_id = $1', [
    incident,
  ]);
  const statements = rows[0]?.statements;
  const offered = Array.isArray(statements) ? statements.map(String) : [];
  return offered.filter((statement) => !/^(ACKNOWLEDGE|ACCEPT|RESOLVE) /.test(statement));
}

/** Runs an offered statement as it stands, but for what it leaves open. @returns how many rows it was about */
async function take(offer: string, correction: string): Promise<number> {
  const [kept, held] = [await count('t'), await count(`everview.quarantine WHERE state = 'held'`)];
  const { rows, update } = await db.execute(offer.replace('…', correction));
  if (/^SELECT/.test(offer)) return rows.length;
  const left = held - (await count(`everview.quarantine WHERE state = 'held'`));
  if (/^(DROP|REJECT)/.test(offer)) return left;
  expect(update?.inserted).toBe(left);
  return (await count('t')) - kept;
}

describe('what incidents of rules offer', () => {
  afterEach(() => db.close());

  const table = (options: string) =>
    `CREATE TABLE t (id INTEGER PRIMARY KEY, x INTEGER CHECK (x > 0), y INTEGER CHECK (y > 0)) WITH (${options})`;

  async function open(options: string, rows: string): Promise<void> {
    ({ db, clock } = await openEverview());
    await db.sql(`${table(options)}; INSERT INTO t VALUES (1, 1, 1)`);
    await db.sql(`INSERT INTO t VALUES ${rows}`).catch(() => undefined);
  }

  it.each(
    firstOf([
      ['on_replay = quarantine, on_violation = quarantine', '(1, 1, 1)', [1]],
      ['on_violation = quarantine', '(2, -1, -1), (3, -1, 1)', [2, 1]],
      ['on_violation = reject', '(2, -1, -1), (3, -1, 1), (4, 1, 1)', [3, 3]],
    ] as const),
  )('is about all rows that show it (%s)', async (options, rows, expected) => {
    await open(options, rows);
    for (const [place, about] of expected.entries()) {
      const offers = await offersOf(place + 1);
      expect(offers.length).toBeGreaterThan(0);
      for (const offer of offers) {
        await db.close();
        await open(options, rows);
        // A release asks anew: only what is put right comes in.
        const isHeldStill = offer.startsWith('RELEASE') ? 0 : about;
        expect(await take(offer, 'id = id + 10, x = 1, y = 1'), offer).toBe(isHeldStill);
      }
    }
  });
});

longTests(() => {
  describe('what incidents of findings offer', () => {
    let place: TemporaryDatabase;

    const batch = (day: number, factor: number) =>
      `INSERT INTO t SELECT ${day} * 1000 + i, ${factor} * (20 + (hash(i, ${day}) % 1000) / 100.0) FROM range(200) r(i)`;

    const usual = lentWorld(async (world) => {
      ({ db, clock } = world);
      await db.sql('CREATE TABLE t (id INTEGER PRIMARY KEY, x DOUBLE) WITH (profile = on)');
      for (let day = 0; day < 30; day++) {
        clock.advanceMs(dayMs);
        await db.execute(batch(day, 1));
      }
    });

    beforeEach(async () => {
      place = await temporaryDatabase();
    });

    afterEach(async () => {
      await db.close();
      await place[Symbol.asyncDispose]();
    });

    async function open(response: string): Promise<void> {
      ({ db, clock } = await usual(place));
      await db.sql(`ALTER TABLE t SET (on_finding = ${response})`);
      await db.sql(batch(30, 100)).catch(() => undefined);
    }

    it.each(
      everyOther([
        ['quarantine', ['SELECT', 'RELEASE', 'CORRECT', 'DROP']],
        ['ask', ['APPROVE', 'REJECT', 'SELECT', 'RELEASE', 'CORRECT', 'DROP']],
        ['reject', ['SELECT']],
        ['hold_refresh', ['APPROVE']],
      ]),
    )('acts (%s)', async (response, verbs) => {
      await open(response);
      const offers = await offersOf(1);
      expect(offers.map((offer) => offer.split(' ')[0])).toEqual(verbs);
      for (const offer of offers) {
        await db.close();
        await open(response);
        const about = await take(offer, 'x = x / 100').catch(String);
        // What waits with its rows in the table moves none.
        expect(about, offer).toBe(response === 'hold_refresh' ? 0 : 200);
        if (response === 'hold_refresh')
          expect(await count(`everview.held_updates WHERE state = 'approved'`)).toBe(1);
      }
    });
  });
});
