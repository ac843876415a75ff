import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Everview, SqlParameter } from '../../src/index.ts';
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
])('insert(%j, %j) is refused', async (table, rows) => {
  const [name, given] = [table as string, rows as []];
  expect(await failureOf(db.insert(name, given))).toMatchObject({ code: 'invalid-option' });
  expect(await failureOf(db.transaction((update) => update.insert(name, given)))).toMatchObject({
    code: 'invalid-option',
  });
});
