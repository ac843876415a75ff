import { expect, it } from 'vitest';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';

it('tells each row that an update of a table brought or took away', async () => {
  const { db } = await openEverview();
  await db.sql(`CREATE TABLE t (id BIGINT PRIMARY KEY, x VARCHAR); CREATE VIEW v AS SELECT * FROM t;
    INSERT INTO t VALUES (1, 'a'), (2, NULL); UPDATE t SET x = 'b' WHERE id = 1; DELETE FROM t WHERE id = 2`);
  const { since, changes } = await db.changes('T');
  expect(since).toBe(0);
  expect(changes.filter(({ version }) => version !== 2)).toEqual([
    { version: 1, weight: 1, row: { id: 1n, x: 'a' } },
    { version: 1, weight: 1, row: { id: 2n, x: null } },
    { version: 3, weight: -1, row: { id: 2n, x: null } },
  ]);
  const updated = changes.filter(({ version }) => version === 2);
  expect(new Map(updated.map(({ weight, row }) => [weight, row]))).toEqual(
    new Map([
      [-1, { id: 1n, x: 'a' }],
      [1, { id: 1n, x: 'b' }],
    ]),
  );
  expect(await failureOf(db.changes('v'))).toMatchObject({ code: 'wrong-kind' });
  expect(await failureOf(db.changes('u'))).toMatchObject({ code: 'unknown-relation' });
  await db.close();
});
