import { type DuckDBConnection, DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import type { Everview } from '../../src/index.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';
import { writtenTwice } from '../support/written-twice.ts';

async function withFile<T>(path: string, work: (connection: DuckDBConnection) => Promise<T>): Promise<T> {
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  try {
    return await work(connection);
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

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

  it('and changes are told in one order, whatever columns are called', async () => {
    const { db } = await openEverview({ threads: 4 });
    await db.sql(`CREATE TABLE t (place BIGINT, x BIGINT);
      INSERT INTO t SELECT (range * 7919) % 5000, 0 FROM range(5000);
      UPDATE t SET x = 1 WHERE place % 2 = 0; DELETE FROM t WHERE place % 3 = 0`);
    const { changes } = await db.changes('t');
    const places = (version: number, sign: number) =>
      changes
        .filter((one) => one.version === version && one.weight === sign)
        .map(({ row }) => Number(row.place));
    const inOrder = Array.from({ length: 5000 }, (_, row) => (row * 7919) % 5000);
    // Version 2 rewrote the even ones, and version 3 took away some of the odd.
    const hasChanged = (place: number) => place % 2 === 0 || place % 3 === 0;
    expect(places(1, 1).filter((place) => !hasChanged(place))).toEqual(
      inOrder.filter((place) => !hasChanged(place)),
    );
    expect(places(1, 1).toSorted((a, b) => a - b)).toEqual(inOrder.toSorted((a, b) => a - b));
    expect((await db.changes('t')).changes).toEqual(changes);
    expect(places(2, -1)).toEqual(inOrder.filter((place) => place % 2 === 0));
    expect(places(2, 1)).toEqual(inOrder.filter((place) => place % 2 === 0));
    expect(places(3, -1)).toEqual(inOrder.filter((place) => place % 3 === 0));
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
    await withFile(file.path, async (connection) => {
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
    });
  });
});

describe('a file in which rows were written twice', () => {
  it('keeps its history, and goes on', async () => {
    await using file = await temporaryDatabase();
    const opened = await openEverview({ path: file.path });
    await opened.db.sql(declared);
    const pasts = await notedPasts(opened.db);
    await opened.db.close();
    await withFile(file.path, writtenTwice);
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
      `UPDATE t SET doc = to_json([$$it's$$, to_json(t)::VARCHAR])->1->>'$' WHERE id = 1`,
      `{"id":1,"grp":"a","doc":null}`,
    ],
    [`UPDATE t AS "x'y" SET doc = to_json("x'y") WHERE id = 1`, `{"id":1,"grp":"a","doc":null}`],
    [`UPDATE t SET doc = '{}' WHERE row(1, 'a', NULL::JSON) IS NOT DISTINCT FROM t`, '{}'],
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

  it.each([
    ['DELETE FROM t WHERE __ev_v >= 0', '__ev_v'],
    ['UPDATE t SET grp = t.__ev_v', '__ev_v'],
    [`INSERT INTO t VALUES (1, 'z', NULL) ON CONFLICT DO UPDATE SET grp = __ev_x`, '__ev_x'],
  ])('%s is about no column', async (statement, name) => {
    const { db } = await openEverview();
    await db.sql(`CREATE TABLE t (id BIGINT PRIMARY KEY, grp VARCHAR, doc JSON);
      INSERT INTO t VALUES (1, '__ev_v', NULL)`);
    expect(await failureOf(db.sql(statement))).toMatchObject({
      code: 'unknown-column',
      message: `there is no column "${name}"`,
      place: `1:${statement.indexOf(name) + 1}+${name.length}`,
    });
    await db.sql(`UPDATE t SET grp = '__ev_w' WHERE grp = '__ev_v'`);
    expect(await rowsOf(db, 'SELECT grp FROM t')).toEqual([{ grp: '__ev_w' }]);
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

describe('the place of a row', () => {
  const rows = [
    [1n, 'a'],
    [2n, 'a'],
    [3n, 'b'],
  ] as const;
  it.each([
    [`DELETE FROM t WHERE rowid = (SELECT rowid FROM t WHERE grp = 'a' LIMIT 1)`, [rows[1], rows[2]]],
    [`DELETE FROM t WHERE rowid IN (SELECT rowid FROM t WHERE grp = 'a')`, [rows[2]]],
    [`DELETE FROM t WHERE rowid NOT IN (SELECT min(rowid) FROM t GROUP BY grp)`, [rows[0], rows[2]]],
    ['DELETE FROM t USING t AS o WHERE o.rowid < t.rowid AND o.grp = t.grp', [rows[0], rows[2]]],
    [
      'DELETE FROM t WHERE EXISTS (SELECT 1 FROM t AS o WHERE o.grp = t.grp AND o.rowid < t.rowid)',
      [rows[0], rows[2]],
    ],
    [
      `UPDATE t SET grp = 'z' WHERE rowid IN (SELECT rowid FROM t WHERE grp = 'b')`,
      [rows[0], rows[1], [3n, 'z']],
    ],
  ])('%s takes the rows that it names', async (statement, left) => {
    const { db } = await openEverview();
    await db.sql(
      `CREATE TABLE t (id BIGINT, grp VARCHAR); INSERT INTO t VALUES (1, 'a'), (2, 'a'), (3, 'b')`,
    );
    await db.sql(statement);
    const { rows: found } = await db.query('SELECT id, grp FROM t ORDER BY id');
    expect(found.map(Object.values)).toEqual(left);
    await db.close();
  });

  it('can be read, also by a view of a file in which rows were written twice', async () => {
    await using file = await temporaryDatabase();
    const opened = await openEverview({ path: file.path });
    await opened.db.sql(`CREATE TABLE t (id BIGINT); INSERT INTO t VALUES (5), (6);
      CREATE VIEW v AS SELECT rowid AS place, id FROM t`);
    await opened.db.close();
    await withFile(file.path, writtenTwice);
    const { db } = await openEverview({ path: file.path });
    const expected = [
      { place: 0n, id: 5n },
      { place: 1n, id: 6n },
    ];
    expect(await rowsOf(db, 'SELECT * FROM v ORDER BY id')).toEqual(expected);
    expect(await rowsOf(db, 'SELECT t.rowid AS place, id FROM t ORDER BY rowid')).toEqual(expected);
    await db.close();
  });

  it('is refused beside the row as a whole', async () => {
    const { db } = await openEverview();
    await db.sql('CREATE TABLE t (id BIGINT); INSERT INTO t VALUES (1)');
    expect(await failureOf(db.sql('DELETE FROM t WHERE rowid = 0 AND t IS NOT NULL'))).toMatchObject({
      code: 'unsupported',
      hint: 'name the columns, or give the table a key',
    });
    expect(await rowsOf(db, 'SELECT id FROM t')).toEqual([{ id: 1n }]);
    await db.close();
  });
});
