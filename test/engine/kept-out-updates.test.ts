import { afterEach, expect, test } from 'vitest';
import { type Everview, EverviewError, type SimulatedClock, type Verdict } from '../../src/index.ts';
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

async function usualDays(options: string): Promise<Random> {
  place = await temporaryDatabase();
  ({ db, clock } = await openEverview({ path: place.path }));
  const random = new Random(5);
  await db.execute(
    `CREATE TABLE t (id INTEGER, at TIMESTAMP, amount DOUBLE CHECK (amount >= 0)) WITH (profile = on, event_time = at, ${options})`,
  );
  for (let number = 0; number < 24; number++) await usualDay(random, number);
  return random;
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

test.each([
  ['refused by the judgement', 'on_finding = reject', scaled, 'unit-change'],
  ['set aside by the judgement', 'on_finding = quarantine', scaled, 'unit-change'],
  ["kept for a person's decision", 'on_finding = ask', scaled, 'unit-change'],
  ['refused by a constraint', 'on_violation = reject', negative, null],
  ['set aside by a constraint', 'on_violation = quarantine', negative, null],
])('the update after one that was %s misses no rows', async (_, options, broken, cause) => {
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

test('a day that never came is missed all the same', async () => {
  const random = await usualDays('on_finding = reject');
  clock.advanceMs(dayMs);
  await send(scaled(day(random, 30)));
  await usualDay(random, 31);
  clock.advanceMs(dayMs);
  const { verdicts } = await usualDay(random, 33);
  expect(verdicts[0]?.findings.map(({ cause }) => cause)).toContain('missing-rows');
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
