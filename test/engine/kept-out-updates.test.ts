import { afterEach, describe, expect, test } from 'vitest';
import { type Everview, EverviewError, type SimulatedClock, type Verdict } from '../../src/index.ts';
import { everyOther, firstOf, longTests } from '../support/depth.ts';
import { lentWorld } from '../support/lent-world.ts';
import { openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';
import { type TemporaryDatabase, temporaryDatabase } from '../support/temporary-database.ts';

const dayMs = 86_400_000;
const minuteMs = 60_000;
const rowsADay = 96;

let db: Everview;
let clock: SimulatedClock;
let place: TemporaryDatabase | null = null;

afterEach(async () => {
  await db.close();
  await place?.[Symbol.asyncDispose]();
  place = null;
});

/** A day's readings, every quarter of an hour. */
function day(random: Random, number: number) {
  return random.list(rowsADay, (index) => ({
    id: number * 1_000 + index,
    at: new Date(clock.nowMs() - dayMs + index * 15 * minuteMs),
    amount: 20 + random.next() * 30 + random.next() * 30,
  }));
}

const scaled = (rows: ReturnType<typeof day>) => rows.map((row) => ({ ...row, amount: row.amount * 1_000 }));
const negative = (rows: ReturnType<typeof day>) => rows.map((row) => ({ ...row, amount: -row.amount }));

const usual = lentWorld(async (world) => {
  ({ db, clock } = world);
  await db.execute(
    'CREATE TABLE t (id INTEGER PRIMARY KEY, at TIMESTAMP, amount DOUBLE CHECK (amount >= 0)) WITH (profile = on, event_time = at)',
  );
  const random = new Random(5);
  for (let number = 0; number < 24; number++) await usualDay(random, number);
});

async function usualDays(options: string): Promise<Random> {
  place = await temporaryDatabase();
  ({ db, clock } = await usual(place));
  await db.execute(`ALTER TABLE t SET (${options})`);
  return new Random(6);
}

async function usualDay(random: Random, number: number) {
  clock.advanceMs(dayMs);
  return db.insert('t', day(random, number));
}

async function reopened(): Promise<void> {
  await db.close();
  ({ db } = await openEverview({ path: place?.path ?? '', clock }));
}

const causes = async () =>
  (await db.query('SELECT cause FROM everview.incidents ORDER BY incident_id')).rows.map(
    ({ cause }) => cause,
  );

const told = (verdicts: readonly Verdict[]) =>
  verdicts
    .flatMap(({ findings }) => findings)
    .filter(({ severity }) => severity !== 'log')
    .map(({ cause }) => cause);

const refusals: ReadonlySet<string> = new Set(['suspect-update', 'constraint-violation']);

/** Whether it is taken or not. */
async function send(rows: ReturnType<typeof day>): Promise<void> {
  await db.insert('t', rows).catch((failure: unknown) => {
    const isRefused = failure instanceof EverviewError && refusals.has(failure.code);
    if (!isRefused) throw failure;
  });
}

test.each(
  firstOf([
    ['refused by the judgement', 'on_finding = reject', scaled, 'unit-change'],
    ['set aside by the judgement', 'on_finding = quarantine', scaled, 'unit-change'],
    ["kept for a person's decision", 'on_finding = ask', scaled, 'unit-change'],
    ['refused by a constraint', 'on_violation = reject', negative, null],
    ['set aside by a constraint', 'on_violation = quarantine', negative, null],
  ]),
)('the update after one that was %s misses no rows', async (_, options, broken, cause) => {
  const random = await usualDays(options);
  for (const number of [30, 31]) {
    clock.advanceMs(dayMs);
    await send(broken(day(random, number)));
    if (number === 31) await reopened();
  }
  const { verdicts } = await usualDay(random, 32);
  expect(told(verdicts)).toEqual([]);
  expect(await causes()).toEqual([cause]);
});

test.each(firstOf(['reject', 'quarantine']))(
  'a day that came again in place of the next is missed (%s)',
  async (response) => {
    const random = await usualDays(`on_replay = ${response}`);
    clock.advanceMs(dayMs);
    const rows = day(random, 30);
    await db.insert('t', rows);
    clock.advanceMs(dayMs);
    if (response === 'reject') await expect(db.insert('t', rows)).rejects.toThrow('replay');
    else expect(await db.insert('t', rows)).toMatchObject({ inserted: 0, quarantined: rowsADay });
    expect(told((await usualDay(random, 32)).verdicts)).toEqual(['missing-rows']);
  },
);

test('a day that never came is missed all the same', async () => {
  const random = await usualDays('on_finding = reject');
  clock.advanceMs(dayMs);
  await send(scaled(day(random, 30)));
  await usualDay(random, 31);
  clock.advanceMs(dayMs);
  const { verdicts } = await usualDay(random, 33);
  expect(verdicts[0]?.findings.map(({ cause }) => cause)).toContain('missing-rows');
});

describe.each(
  firstOf([
    ['as long as the file is open', false],
    ['once it was closed', true],
  ] as const),
)('%s', (_, isReopened) => {
  test.each(
    firstOf([
      ['set aside', 'on_finding = quarantine'],
      ['refused', 'on_finding = reject'],
    ]),
  )('a day that is %s in an update of two tables is one', async (_what, options) => {
    const random = await usualDays(options);
    await db.execute('CREATE TABLE other (number INTEGER)');
    clock.advanceMs(dayMs);
    const both = db.transaction(async (update) => {
      await update.insert('t', scaled(day(random, 30)));
      await update.insert('other', [{ number: 30 }]);
    });
    await both.catch(() => undefined);
    if (isReopened) await reopened();
    expect(told((await usualDay(random, 31)).verdicts)).toEqual([]);
  });

  longTests(() => {
    test.each(
      everyOther([
        ['an empty insert with a key', () => db.insert('t', [], { key: 'empty' })],
        ['a refused DELETE', () => db.execute('DELETE FROM t WHERE id = 3')],
        ['a mistyped UPDATE', () => db.execute(`UPDATE t SET amount = 'abc'`)],
        ['a refused UPDATE', () => db.execute('UPDATE t SET amount = -1')],
      ]),
    )('%s is no day', async (_what, act) => {
      const random = await usualDays('on_violation = reject');
      await db.sql('CREATE TABLE c (id INTEGER REFERENCES t (id)); INSERT INTO c VALUES (3)');
      await act().catch(() => undefined);
      clock.advanceMs(dayMs);
      if (isReopened) await reopened();
      expect(told((await usualDay(random, 31)).verdicts)).toEqual(['missing-rows']);
    });

    test('so is one that is refused for what comes beside it', async () => {
      const random = await usualDays('on_violation = reject');
      await db.execute('CREATE TABLE other (number INTEGER CHECK (number > 0))');
      clock.advanceMs(dayMs);
      const both = db.transaction(async (update) => {
        await update.insert('t', day(random, 30));
        await update.insert('other', [{ number: -30 }]);
      });
      await expect(both).rejects.toThrow('breaks CHECK');
      if (isReopened) await reopened();
      expect(told((await usualDay(random, 31)).verdicts)).toEqual([]);
    });
  });
});

longTests(() => {
  test('a day that is put right is learned from, whatever came beside it', async () => {
    const random = await usualDays('on_finding = quarantine');
    await db.execute('CREATE TABLE other (number INTEGER)');
    clock.advanceMs(dayMs);
    await db.transaction(async (update) => {
      await update.insert('t', scaled(day(random, 30)));
      await update.insert('other', [{ number: 30 }]);
    });
    await db.execute('CORRECT QUARANTINE FOR t SET amount = amount / 1000');
    const { rows } = await db.query('SELECT state FROM everview.verdicts ORDER BY version DESC LIMIT 1');
    expect(rows).toEqual([{ state: 'learned' }]);
  });

  test('an update that is approved late is not the newest', async () => {
    const random = await usualDays('on_finding = ask');
    clock.advanceMs(dayMs);
    await db.insert('t', scaled(day(random, 24)));
    await usualDay(random, 25);
    // Set aside whole, it made no version, and day 25 made the one that it was judged for.
    await db.execute('APPROVE UPDATE 25');
    const { verdicts } = await usualDay(random, 26);
    expect(told(verdicts)).toEqual([]);
  });
});
