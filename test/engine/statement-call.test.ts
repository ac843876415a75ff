import { afterAll, beforeAll, expect, it } from 'vitest';
import { Everview, EverviewError, SimulatedClock, type SqlParameter, t, table } from '../../src/index.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';

let db: Everview;

beforeAll(async () => {
  ({ db } = await openEverview());
  await db.execute('CREATE TABLE t (a INTEGER)');
});

afterAll(() => db.close());

const methods = ['query', 'execute', 'stream', 'arrow'] as const;

// Arguments as a caller without types would give them.
it.each([[undefined], [null], [5]])('no method takes %j for a statement', async (text) => {
  for (const method of [...methods, 'sql'] as const)
    expect(await failureOf(db[method](text as unknown as string)), method).toMatchObject({
      code: 'invalid-option',
      message: expect.stringMatching(`^${method}\\(\\): the statement is `),
    });
});

it.each([
  [[{ a: 1 }], 'parameter $1 is an object'],
  [[1, [2, 3]], 'parameter $2 is an array'],
  [[new Date(Number.NaN)], 'parameter $1 is an invalid Date'],
  [['x', 'a\ud800'], 'parameter $2 is a text with half of a surrogate pair'],
  ['x', 'the parameters are a string'],
])('no method takes %j for parameters', async (parameters, told) => {
  for (const method of methods)
    expect(
      await failureOf(db[method]('SELECT $1', parameters as unknown as SqlParameter[])),
      method,
    ).toMatchObject({ code: 'invalid-option', message: expect.stringContaining(told) });
});

it.each([
  [undefined, []],
  ['t', undefined],
  ['t', null],
  ['t', 'x'],
  ['t', { a: 1 }],
  ['t', new Uint8Array([1])],
])('insert(%j, %j) is refused', async (table, rows) => {
  const [name, given] = [table as string, rows as []];
  expect(await failureOf(db.insert(name, given))).toMatchObject({ code: 'invalid-option' });
  expect(await failureOf(db.transaction((update) => update.insert(name, given)))).toMatchObject({
    code: 'invalid-option',
  });
});

it.each([
  [{ onConflict: 'Nothing' }, "onConflict: is 'nothing' or 'update'"],
  [{ idempotencyKey: 'a' }, 'Unrecognized key: "idempotencyKey"'],
  [{ key: '' }, 'key: an idempotency key cannot be empty'],
  [{ key: 5 }, 'key: an idempotency key is a text'],
  ['batch-1', "its options are an object, as { key: 'batch-1' }"],
  [null, "its options are an object, as { key: 'batch-1' }"],
  [new Date(), "its options are an object, as { key: 'batch-1' }"],
  [new Map([['key', 'a']]), "its options are an object, as { key: 'batch-1' }"],
])('insert() with %j for options is refused, and nothing is written', async (options, told) => {
  await db.sql('CREATE OR REPLACE TABLE k (k VARCHAR PRIMARY KEY, n INTEGER); DELETE FROM k');
  await db.insert('k', [{ k: 'a', n: 1 }]);
  expect(await failureOf(db.insert('k', [{ k: 'a', n: 3 }], options as object))).toMatchObject({
    code: 'invalid-option',
    message: expect.stringContaining(told),
  });
  expect((await db.query('FROM k')).rows).toEqual([{ k: 'a', n: 1 }]);
});

it('nor do the updates of a transaction, and itself, take any but theirs', async () => {
  const refused = { code: 'invalid-option' };
  const rows = [{ a: 1 }];
  const misspelt = { onconflict: 'update' } as object;
  expect(await failureOf(db.transaction((update) => update.insert('t', rows, misspelt)))).toMatchObject(
    refused,
  );
  expect(await failureOf(db.transaction(async () => undefined, misspelt))).toMatchObject(refused);
  expect(await failureOf(db.transaction(5 as unknown as () => Promise<void>))).toMatchObject({
    ...refused,
    message: 'transaction(): the work is a number, and no function',
  });
  expect((await db.query('FROM t')).rows).toEqual([]);
});

it.each([
  [{}, 'an object', 'make them'],
  [[table('u', { a: t.integer() })], 'an array', 'one by one'],
  [null, 'null', 'make them'],
  [{ kind: 'table', name: 'u' }, 'an object', 'make them'],
  [{ definition: { kind: 'view' } }, 'an object', 'make them'],
  ['CREATE TABLE u (a INTEGER)', 'a string', 'db.sql'],
])('declare() of %j is refused, with what stands beside it', async (given, told, hint) => {
  const beside = table('v', { a: t.integer() });
  expect(await failureOf(db.declare(beside, given as unknown as typeof beside))).toMatchObject({
    code: 'invalid-option',
    message: `declare(): argument 2 is ${told}, and no declaration`,
    hint: expect.stringContaining(hint),
  });
  expect(await failureOf(db.query('FROM v'))).toMatchObject({ code: 'unknown-relation' });
});

it('a clock goes on', () => {
  const clock = new SimulatedClock(1_000);
  const never = new Date(Number.NaN);
  for (const wrong of [
    () => clock.advanceMs(-1),
    () => clock.setTo(0),
    () => clock.advanceMs(Number.NaN),
    () => clock.advanceMs(Number.POSITIVE_INFINITY),
    () => new SimulatedClock(never),
  ])
    expect(wrong).toThrow(EverviewError);
  expect(clock.nowMs()).toBe(1_000);
});

it.each([Number.NaN, 1e17])('what a clock says is a moment, and not %d', async (wrong) => {
  let nowMs = 0;
  const timed = await Everview.open(':memory:', { scheduler: 'manual', clock: { nowMs: () => nowMs } });
  await timed.sql('CREATE TABLE t (a INTEGER); CREATE MATERIALIZED VIEW v AS SELECT count(*) AS n FROM t');
  nowMs = wrong;
  const calls = [
    () => timed.insert('t', [{ a: 1 }]),
    () => timed.query('SELECT now() AS n'),
    () => timed.refresh('v'),
  ];
  for (const call of calls)
    expect(await failureOf(call())).toMatchObject({
      code: 'invalid-option',
      message: `the clock says ${wrong}`,
    });
  nowMs = 1;
  expect((await timed.insert('t', [{ a: 1 }])).version).toBe(1);
  await timed.close();
});
