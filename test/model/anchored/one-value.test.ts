import { expect, it } from 'vitest';
import { forcedRefresh, openEverview } from '../../support/open-everview.ts';

it.each([0.1, 1e9 / 3, -7])('keeps the sums of a number that only one row has, %d', async (value) => {
  const { db } = await openEverview();
  await db.sql(`
    CREATE TABLE t (x DOUBLE, rare DOUBLE, y BOOLEAN);
    CREATE TRAINING SET s WITH (label = y) AS SELECT * FROM t;
    CREATE MODEL m WITH (method = logistic, refresh = manual) AS SELECT * FROM s;
    INSERT INTO t SELECT i % 17, CASE WHEN i = 29_990 THEN ${value} END, hash(i) % 3 = 0 FROM range(30_000) r(i)`);
  await db.refresh('m');
  for (let step = 0; step < 3; step++) {
    await db.sql(`INSERT INTO t SELECT i % 17, NULL, hash(i) % 3 = 0 FROM range(${step}, ${step + 4}) r(i)`);
    await db.refresh('m');
  }
  const { rows } = await db.query(
    `SELECT kind, reason FROM everview.refreshes WHERE name = 'm' ORDER BY ALL`,
  );
  expect(rows.map(({ reason }) => reason)).not.toContain('state-rebase');
  if (forcedRefresh() !== 'full')
    expect(rows.filter(({ kind }) => kind === 'incremental').length).toBeGreaterThan(1);
  await db.close();
});
