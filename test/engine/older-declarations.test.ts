import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from 'vitest';
import { longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

it('a file with a view that may not be declared any more opens, and the view can be put right', async () => {
  await using file = await temporaryDatabase();
  const first = await openEverview({ path: file.path });
  await first.db.sql(`
    CREATE TABLE t (id INTEGER, seen TIMESTAMP);
    INSERT INTO t VALUES (1, TIMESTAMP '2001-01-01');
    CREATE MATERIALIZED VIEW v AS SELECT id, age(seen, seen) AS a FROM t`);
  await first.db.close();
  const instance = await DuckDBInstance.create(file.path);
  const connection = await instance.connect();
  const changed = await connection.run(
    `UPDATE everview.objects SET definition = replace(definition, 'age(seen, seen)', 'age(seen)')
     WHERE name = 'v' AND contains(definition, 'age(seen, seen)')`,
  );
  expect(changed.rowsChanged).toBe(1);
  connection.closeSync();
  instance.closeSync();

  const { db } = await openEverview({ path: file.path });
  try {
    expect((await db.query('SELECT id FROM v')).rows).toEqual([{ id: 1 }]);
    // What else is said of it, and of what it reads, can be changed.
    await db.sql(`
      ALTER TABLE t SET (heartbeat = INTERVAL '1 day');
      ALTER MATERIALIZED VIEW v SET (max_staleness = INTERVAL '1 hour')`);
    const again = 'CREATE OR REPLACE MATERIALIZED VIEW v AS SELECT id, age(seen) AS old FROM t';
    expect((await failureOf(db.sql(again))).code).toBe('non-deterministic');
    await db.sql('CREATE OR REPLACE MATERIALIZED VIEW v AS SELECT id, seen FROM t');
    expect((await db.query('SELECT id FROM v')).rows).toEqual([{ id: 1 }]);
  } finally {
    await db.close();
  }
});

longTests(() => {
  /** Each as an older build took it: declared in words that are right, and written into the file as they were then. */
  it.each([
    ['a bound on the wrong side', 'gate = rmse <= 5', { from: '<=', to: '>=' }],
    ['a budget of all rows', 'gate = negative_flips(tolerance = 1) <= 0.5', { from: '0.5', to: '1' }],
    ['a feature named as a prediction', `l2 = 1`, { from: '"feature"', to: '"prediction"' }],
  ])('a file with %s opens, and the model can be put right', async (_, option, { from, to }) => {
    await using file = await temporaryDatabase();
    const first = await openEverview({ path: file.path });
    await first.db.sql(`
    CREATE TABLE t (at TIMESTAMP, feature DOUBLE, prediction DOUBLE, y DOUBLE);
    INSERT INTO t SELECT now()::TIMESTAMP - INTERVAL (400 - i) HOUR, i % 7, i % 7, i % 7 + 1 FROM range(400) r(i);
    CREATE TRAINING SET s WITH (label = y, event_time = at, holdout = INTERVAL '2 days') AS SELECT * FROM t;
    CREATE MODEL m WITH (method = ridge, ${option}) AS SELECT feature, y FROM s`);
    await first.db.close();
    const instance = await DuckDBInstance.create(file.path);
    const connection = await instance.connect();
    const changed = await connection.run(
      `UPDATE everview.objects SET definition = replace(definition, '${from}', '${to}')
     WHERE name = 'm' AND contains(definition, '${from}')`,
    );
    expect(changed.rowsChanged).toBe(1);
    connection.closeSync();
    instance.closeSync();

    const { db } = await openEverview({ path: file.path });
    try {
      expect((await db.query('SELECT count(*)::INTEGER AS n FROM t')).rows).toEqual([{ n: 400 }]);
      expect((await failureOf(db.sql('ALTER MODEL m SET (l2 = 2)'))).code).toMatch(
        /^invalid-(option|definition)$/,
      );
      await db.sql(`CREATE OR REPLACE MODEL m WITH (method = ridge, gate = rmse <= 5) AS SELECT feature, y FROM s;
      REFRESH m`);
      expect(
        (await db.query('SELECT prediction FROM PREDICT(m, (SELECT 1.0 AS feature))')).rows,
      ).toHaveLength(1);
    } finally {
      await db.close();
    }
  });
});
