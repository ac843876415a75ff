import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import type { Everview } from '../../src/index.ts';
import { openEverview } from '../support/open-everview.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

const declared = `
  CREATE TABLE t (id BIGINT PRIMARY KEY, grp VARCHAR, doc JSON);
  CREATE MATERIALIZED VIEW eager WITH (refresh = immediate) AS SELECT grp, count(*)::INTEGER AS n, sum(id)::BIGINT AS ids FROM t GROUP BY grp;
  CREATE MATERIALIZED VIEW lazy WITH (refresh = manual, on_stale_read = serve) AS SELECT grp, id FROM t WHERE id > 1;`;

/** Inserts, an update of old rows, one of rows that came in the same update, deletes, an upsert. */
const history = [
  `INSERT INTO t VALUES (1, 'a', '{"x": 1}'), (2, 'a', NULL), (3, 'b', '[]'), (4, 'b', NULL)`,
  `UPDATE t SET grp = 'c' WHERE id IN (2, 3)`,
  `DELETE FROM t WHERE id = 1`,
  `BEGIN; INSERT INTO t VALUES (5, 'a', NULL), (6, 'a', NULL); UPDATE t SET grp = 'd' WHERE id >= 4; DELETE FROM t WHERE id = 6; COMMIT`,
  `INSERT INTO t VALUES (5, 'e', NULL), (7, 'e', NULL) ON CONFLICT DO UPDATE SET grp = excluded.grp`,
  `BEGIN; DELETE FROM t WHERE id = 7; INSERT INTO t VALUES (7, 'e', NULL); COMMIT`,
  `UPDATE t SET grp = 'f' WHERE id = 2`,
];

const rowsOf = async (db: Everview, sql: string) => (await db.query(sql)).rows;

/** The table at each version from 1 on, as a person would have noted it down. `lazy` is left behind at version 1. */
async function notedPasts(db: Everview): Promise<unknown[]> {
  const pasts: unknown[] = [];
  for (const [done, statement] of history.entries()) {
    await db.sql(done === 1 ? `REFRESH lazy; ${statement}` : statement);
    pasts.push(await rowsOf(db, 'SELECT * FROM t ORDER BY id'));
  }
  return pasts;
}

async function pastsRead(db: Everview): Promise<unknown[]> {
  const pasts: unknown[] = [];
  for (const version of history.map((_, index) => index + 1))
    pasts.push(await rowsOf(db, `SELECT * FROM t AT (VERSION => ${version}) ORDER BY id`));
  return pasts;
}

async function expectViewsRight(db: Everview): Promise<void> {
  await db.sql('REFRESH lazy INCREMENTAL');
  expect(await rowsOf(db, 'SELECT * FROM lazy ORDER BY id')).toEqual(
    await rowsOf(db, 'SELECT grp, id FROM t WHERE id > 1 ORDER BY id'),
  );
  expect(await rowsOf(db, 'SELECT * FROM eager ORDER BY grp')).toEqual(
    await rowsOf(
      db,
      'SELECT grp, count(*)::INTEGER AS n, sum(id)::BIGINT AS ids FROM t GROUP BY grp ORDER BY grp',
    ),
  );
}

/** The changes of each version, applied one by one to what was there before. */
async function replayed(db: Everview): Promise<unknown[]> {
  const { changes } = await db.changes('t');
  const rows = new Map<unknown, unknown>();
  const pasts: unknown[] = [];
  for (const version of history.map((_, index) => index + 1)) {
    for (const { weight, row } of changes.filter((one) => one.version === version)) {
      expect(rows.get(row.id)).toEqual(weight < 0 ? row : undefined);
      if (weight < 0) rows.delete(row.id);
      else rows.set(row.id, row);
    }
    pasts.push([...rows].sort(([a], [b]) => Number(a) - Number(b)).map(([, row]) => row));
  }
  return pasts;
}

describe('rows of a base table are written once', () => {
  it('and every version of them can be read, and told as changes', async () => {
    const { db } = await openEverview();
    await db.sql(declared);
    const pasts = await notedPasts(db);
    expect(await pastsRead(db)).toEqual(pasts);
    expect(await replayed(db)).toEqual(pasts);
    await expectViewsRight(db);
    await db.close();
  });

  it('and the past that an update reads is without what it did itself', async () => {
    const { db } = await openEverview();
    await db.sql(`CREATE TABLE t (id BIGINT); CREATE TABLE u (at BIGINT, ids BIGINT[]);
      INSERT INTO t VALUES (1), (2); INSERT INTO t VALUES (3)`);
    const ids = '(SELECT coalesce(list(id ORDER BY id), []) FROM t';
    await db.sql(`BEGIN; DELETE FROM t WHERE id = 1; INSERT INTO t VALUES (4);
      INSERT INTO u VALUES (0, ${ids})), (1, ${ids} AT (VERSION => 1))), (2, ${ids} AT (VERSION => 2))); COMMIT`);
    expect(await rowsOf(db, 'SELECT ids FROM u ORDER BY "at"')).toEqual([
      { ids: [2n, 3n, 4n] },
      { ids: [1n, 2n] },
      { ids: [1n, 2n, 3n] },
    ]);
    await db.close();
  });

  it('and of an insert nothing else is, of a row that goes only what somebody may still ask for', async () => {
    await using file = await temporaryDatabase();
    const { db } = await openEverview({ path: file.path, historyVersions: 2 });
    await db.sql('CREATE TABLE t (id BIGINT)');
    for (let id = 1; id <= 6; id++) await db.sql(`INSERT INTO t VALUES (${id})`);
    await db.step();
    await db.sql('DELETE FROM t WHERE id IN (1, 6)');
    await db.close();
    const instance = await DuckDBInstance.create(file.path);
    const connection = await instance.connect();
    const read = async (sql: string) => (await connection.runAndReadAll(sql)).getRowsJson();
    expect(await read('SELECT * FROM base.t ORDER BY id')).toEqual(
      [2, 3, 4, 5].map((id) => [String(id), String(id)]),
    );
    // The sixth came after the horizon, which is at 4.
    expect(await read('SELECT * FROM past.t ORDER BY ALL')).toEqual([
      ['1', -1, '7'],
      ['6', -1, '7'],
      ['6', 1, '6'],
    ]);
    connection.closeSync();
    instance.closeSync();
  });
});

describe('a file in which rows were written twice', () => {
  it('keeps its history, and goes on', async () => {
    await using file = await temporaryDatabase();
    const opened = await openEverview({ path: file.path });
    await opened.db.sql(declared);
    const pasts = await notedPasts(opened.db);
    await opened.db.close();
    await writtenTwice(file.path);
    const { db } = await openEverview({ path: file.path });
    expect(await pastsRead(db)).toEqual(pasts);
    expect(await replayed(db)).toEqual(pasts);
    await expectViewsRight(db);
    const later = [
      `INSERT INTO t VALUES (9, 'g', '{}')`,
      `UPDATE t SET grp = 'g' WHERE id <= 5`,
      `DELETE FROM t WHERE id = 2`,
      `INSERT INTO t VALUES (8, 'g', '{}')`,
    ];
    for (const statement of later) {
      await db.sql(statement);
      await expectViewsRight(db);
      expect(await pastsRead(db)).toEqual(pasts);
    }
    await db.close();
  });
});

/** What the releases before made of the same history: `data` and `log` are tables, each with all its rows. */
async function writtenTwice(path: string): Promise<void> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run(`
    BEGIN;
    CREATE TABLE data.t_rows AS SELECT * FROM data.t;
    CREATE TABLE log.t_rows AS SELECT * FROM log.t;
    DROP VIEW data.t;
    DROP VIEW log.t;
    ALTER TABLE data.t_rows RENAME TO t;
    ALTER TABLE log.t_rows RENAME TO t;
    DROP TABLE base.t;
    DROP TABLE past.t;
    DROP SCHEMA base;
    DROP SCHEMA past;
    ALTER TABLE everview.meta DROP COLUMN rows_since;
    UPDATE everview.meta SET form = form - 1;
    COMMIT`);
  connection.closeSync();
  instance.closeSync();
}

describe('what is written about all columns of a row', () => {
  it.each([
    ['UPDATE t SET doc = to_json(t) WHERE id = 1', `{"id":1,"grp":"a","doc":null}`],
    [`UPDATE T SET doc = to_json("t") WHERE id = 1`, `{"id":1,"grp":"a","doc":null}`],
    ['UPDATE t AS x SET doc = to_json(x) WHERE id = 1', `{"id":1,"grp":"a","doc":null}`],
    [
      `INSERT INTO t VALUES (1, 'z', NULL) ON CONFLICT DO UPDATE SET doc = to_json(t)`,
      `{"id":1,"grp":"a","doc":null}`,
    ],
    [
      `UPDATE t SET doc = to_json(struct_pack(n := (SELECT count(*) FROM t AS o WHERE to_json(o) IS NOT NULL))) WHERE id = 1`,
      `{"n":2}`,
    ],
  ])('%s is about those of the table', async (statement, doc) => {
    const { db } = await openEverview();
    await db.sql(`CREATE TABLE t (id BIGINT PRIMARY KEY, grp VARCHAR, doc JSON);
      INSERT INTO t VALUES (1, 'a', NULL), (2, 'b', NULL)`);
    await db.sql(statement);
    expect(await rowsOf(db, 'SELECT doc FROM t ORDER BY id')).toEqual([{ doc }, { doc: null }]);
    await db.close();
  });

  it('COLUMNS(*) does not see the version', async () => {
    const { db } = await openEverview();
    await db.sql(`CREATE TABLE t (id BIGINT, x BIGINT);
      INSERT INTO t VALUES (1, NULL), (2, 5), (NULL, NULL), (3, NULL);
      DELETE FROM t WHERE id = 2`);
    await db.sql('DELETE FROM t WHERE COLUMNS(*) IS NULL');
    expect(await rowsOf(db, 'SELECT id FROM t ORDER BY id')).toEqual([{ id: 1n }, { id: 3n }]);
    await db.sql('UPDATE t SET x = 7 WHERE COLUMNS(* EXCLUDE id) IS NULL AND id = 3');
    expect(await rowsOf(db, 'SELECT id, x FROM t ORDER BY id')).toEqual([
      { id: 1n, x: null },
      { id: 3n, x: 7n },
    ]);
    await db.close();
  });
});
