import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Everview } from '../../src/index.ts';
import { failureOf } from '../support/failure-of.ts';
import { forcedKind, openEverview } from '../support/open-everview.ts';

let db: Everview;

beforeEach(async () => {
  ({ db } = await openEverview());
  await db.sql(`
    CREATE TABLE t (id INTEGER PRIMARY KEY, code VARCHAR);
    CREATE MATERIALIZED VIEW codes AS SELECT id, CAST(code AS INTEGER) AS code FROM t;
    CREATE MATERIALIZED VIEW total AS SELECT sum(code) AS total FROM codes;
  `);
});

afterEach(() => db.close());

test('a view that its rows make fail is named to whoever reads it, and answers again as the hint says', async () => {
  await db.sql(`INSERT INTO t VALUES (1, 'x')`);
  for (const statement of ['SELECT * FROM total', 'REFRESH total']) {
    const failure = await failureOf(db.sql(statement));
    expect(failure.code).toBe('invalid-query');
    expect(failure.message).toMatch(/^"codes" cannot be computed: Could not convert string 'x' to INT32/);
    expect(failure.hint).toContain('"codes"');
  }
  // Where every refresh is made incremental, none can leave out the row that the log still has.
  if (forcedKind() === 'incremental') return;
  await db.sql(`UPDATE t SET code = '7'; REFRESH codes FULL`);
  expect((await db.query('SELECT total::INTEGER AS total FROM total')).rows).toEqual([{ total: 7 }]);
});

test('an update that such a view stops is told which, and leaves nothing', async () => {
  await db.sql(`ALTER MATERIALIZED VIEW total SET (refresh = immediate)`);
  const failure = await failureOf(db.sql(`INSERT INTO t VALUES (1, 'x')`));
  expect(failure.message).toMatch(
    /^"codes" cannot be computed, which is part of the update \(refresh = immediate\): Could not convert/,
  );
  expect(failure.hint).toContain('"codes"');
  expect((await db.query('SELECT count(*)::INTEGER AS n FROM t')).rows).toEqual([{ n: 0 }]);
});
