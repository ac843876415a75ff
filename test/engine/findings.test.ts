import { afterEach, describe, expect, it } from 'vitest';
import { Everview, type SimulatedClock } from '../../src/index.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';
import { type TemporaryDatabase, temporaryDatabase } from '../support/temporary-database.ts';

const dayMs = 86_400_000;
const rowsADay = 200;

let db: Everview;
let clock: SimulatedClock;
let place: TemporaryDatabase | null = null;

afterEach(async () => {
  await db.close();
  await place?.[Symbol.asyncDispose]();
  place = null;
});

function day(random: Random, number: number) {
  return random.list(rowsADay, (index) => {
    const amount = 20 + random.next() * 30 + random.next() * 30;
    return { id: number * 1_000 + index, country: random.pick(['DE', 'FR', 'IT']), amount };
  });
}

/** A table with a history of usual days, a view over it and a model that learns from it. */
async function world(options: string, path = ':memory:'): Promise<Random> {
  ({ db, clock } = await openEverview({ path }));
  const random = new Random(11);
  await db.sql(`
    CREATE TABLE t (id INTEGER, country VARCHAR, amount DOUBLE) WITH (profile = on, ${options});
    CREATE MATERIALIZED VIEW sums AS SELECT country, sum(amount) AS s, count(*) AS n FROM t GROUP BY country;
    CREATE TRAINING SET s WITH (label = amount) AS SELECT country, amount FROM t;
    CREATE MODEL m WITH (method = 'ridge') AS SELECT * FROM s;`);
  for (let number = 0; number < 20; number++) {
    clock.advanceMs(dayMs);
    await db.insert('t', day(random, number));
  }
  return random;
}

const sentinel = (random: Random) =>
  day(random, 30).map((row, index) => (index % 4 === 0 ? { ...row, amount: -1 } : row));

async function incidents() {
  const { rows } = await db.query(
    `SELECT state, kind, cause, severity, response, rows::INTEGER AS rows, affected_models FROM everview.incidents
     WHERE severity = 'block' ORDER BY incident_id`,
  );
  return rows;
}

const count = async (what: string) =>
  Number((await db.query(`SELECT count(*) AS n FROM ${what}`)).rows[0]?.n ?? -1);

/** What tables and views say is what the rows that are there say. */
async function assertWhole(): Promise<void> {
  const [kept] = (await db.query('SELECT sum(n)::INTEGER AS n FROM sums')).rows;
  expect(kept?.n).toBe(await count('t'));
}

describe('an update that the judgement blocks', () => {
  it('is taken, and an incident that holds the candidates that learned from it', async () => {
    const random = await world('on_finding = warn');
    await db.execute('REFRESH m');
    clock.advanceMs(dayMs);
    const result = await db.insert('t', sentinel(random));
    expect(result).toMatchObject({ status: 'accepted', inserted: rowsADay });
    expect(await incidents()).toMatchObject([
      {
        state: 'open',
        kind: 'finding',
        cause: 'sentinel',
        response: 'warned',
        rows: 50,
        affected_models: ['m'],
      },
    ]);
    await db.execute('REFRESH m');
    const { rows } = await db.query('SELECT version, status FROM everview.model_versions ORDER BY version');
    expect(rows).toEqual([
      { version: 1n, status: 'promoted' },
      { version: 2n, status: 'held' },
    ]);
    await assertWhole();
  });

  it('loses the rows that are wrong to the quarantine, and a person lets them in', async () => {
    const random = await world('on_finding = quarantine');
    clock.advanceMs(dayMs);
    const before = await count('t');
    const result = await db.insert('t', sentinel(random));
    expect(result).toMatchObject({
      status: 'partial',
      reason: 'rows-quarantined',
      inserted: 150,
      quarantined: 50,
    });
    expect(await count('t')).toBe(before + 150);
    expect(await count('t WHERE amount = -1')).toBe(0);
    await assertWhole();
    const held = (
      await db.query(`SELECT DISTINCT constraint_kind, constraint_name, state FROM everview.quarantine`)
    ).rows;
    expect(held).toEqual([{ constraint_kind: 'finding', constraint_name: 'sentinel', state: 'held' }]);
    expect(await incidents()).toMatchObject([{ cause: 'sentinel', response: 'quarantined', rows: 50 }]);
    clock.advanceMs(dayMs);
    const released = await db.execute('RELEASE QUARANTINE FOR t');
    expect(released.update).toMatchObject({ inserted: 50, quarantined: 0 });
    expect(await count('t')).toBe(before + 200);
    await assertWhole();
  });

  it('is set aside whole where it is not known which rows are wrong, and makes no version', async () => {
    place = await temporaryDatabase();
    const random = await world('on_finding = quarantine', place.path);
    const { version } = db;
    clock.advanceMs(dayMs);
    const scaled = day(random, 30).map((row) => ({ ...row, amount: row.amount * 100 }));
    expect(await db.insert('t', scaled)).toMatchObject({ inserted: 0, quarantined: rowsADay });
    expect(db.version).toBe(version);
    await assertWhole();
    await db.close();
    db = await Everview.open(place.path, { clock });
    clock.advanceMs(dayMs);
    // Which is what history knows of it: a usual day is usual still.
    expect(await db.insert('t', day(random, 31))).toMatchObject({ inserted: rowsADay, quarantined: 0 });
    await db.execute('CORRECT QUARANTINE FOR t SET amount = amount / 100');
    expect(await count('t')).toBe(22 * rowsADay);
    await assertWhole();
  });

  it('is refused, its rows kept, and taken once a person has accepted it as the new normal', async () => {
    const random = await world('on_finding = reject');
    clock.advanceMs(dayMs);
    const before = await count('t');
    const rows = sentinel(random);
    const failure = await failureOf(db.insert('t', rows));
    expect(failure).toMatchObject({ code: 'suspect-update', data: { findings: [{ cause: 'sentinel' }] } });
    expect(await count('t')).toBe(before);
    expect(await count(`everview.quarantine WHERE state = 'rejected'`)).toBe(rowsADay);
    expect(await incidents()).toMatchObject([{ cause: 'sentinel', response: 'rejected' }]);
    const [update] = (
      await db.query('SELECT status, reason FROM everview.updates ORDER BY update_id DESC LIMIT 1')
    ).rows;
    expect(update).toEqual({ status: 'rejected', reason: 'finding-blocks' });
    await db.execute(`ACCEPT INCIDENT 1 FOR INTERVAL '1 day' BECAUSE '-1 means a refund'`);
    expect(await db.insert('t', rows)).toMatchObject({ status: 'accepted', inserted: rowsADay });
    await assertWhole();
  });

  it('is refused whole where its rows cannot be taken out by themselves', async () => {
    const random = await world('on_finding = quarantine');
    clock.advanceMs(dayMs);
    const failure = await failureOf(
      db.transaction(async (update) => {
        await update.execute('DELETE FROM t WHERE id < 10');
        await update.insert('t', sentinel(random));
      }),
    );
    expect(failure.code).toBe('suspect-update');
    expect(await count('t WHERE id < 10')).toBe(10);
  });
});
