import { afterEach, beforeEach, expect, test } from 'vitest';
import { Everview } from '../../src/index.ts';
import { firstOf } from '../support/depth.ts';

let db: Everview;
beforeEach(async () => {
  db = await Everview.open(':memory:', { scheduler: 'manual' });
});
afterEach(() => db.close());

// Rows leave the contents by the values of one column, x, which other rows may have too. Rows of the table as they are
// are taken out with all that have the values, and those that stay put back.
test.each(
  firstOf(
    ['y + 1', 'y'].flatMap((z) => [
      { of: 'of rows that stay', x: 'k % 1500', leaving: 'k < 100', z },
      { of: 'of equal rows that stay', x: 'k % 1500', leaving: 'k BETWEEN 50 AND 1549', z },
      { of: 'of nobody else', x: 'k', leaving: 'k < 100', z },
    ]),
    2,
  ),
)('takes out rows by values $of, beside $z', async ({ x, leaving, z }) => {
  await db.sql(`
    CREATE TABLE a (k INTEGER, x DOUBLE, y DOUBLE);
    INSERT INTO a SELECT range, k, k % 3 FROM (SELECT range, range AS k FROM range(2000));
    UPDATE a SET x = ${x};
    CREATE MATERIALIZED VIEW v WITH (refresh = manual) AS SELECT x, ${z} AS z FROM a;
    CREATE MATERIALIZED VIEW n WITH (refresh = manual) AS SELECT count(*) AS n, sum(x) AS s FROM v;
    BEGIN; DELETE FROM a WHERE ${leaving}; INSERT INTO a SELECT range, 9000 + range, 1 FROM range(50); COMMIT;
    REFRESH v INCREMENTAL; REFRESH n INCREMENTAL;
  `);
  const bag = async (sql: string) =>
    (await db.query(`SELECT x, z, count(*)::INTEGER AS n FROM ${sql} GROUP BY ALL ORDER BY ALL`)).rows;
  expect(await bag('v')).toEqual(await bag(`(SELECT x, ${z} AS z FROM a)`));
  expect((await db.query('SELECT * FROM n')).rows).toEqual(
    (await db.query('SELECT count(*) AS n, sum(x) AS s FROM a')).rows,
  );
  const { rows } = await db.query(
    `SELECT kind FROM everview.refreshes WHERE name = 'v' ORDER BY refresh_id DESC LIMIT 1`,
  );
  expect(rows).toEqual([{ kind: 'incremental' }]);
});
