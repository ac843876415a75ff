import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { modelVersionOf, versionOf } from '../../src/core/version.ts';
import { Everview } from '../../src/index.ts';
import {
  type Cursor,
  dropCursor,
  loadCursors,
  type RefreshRecord,
  recordRefresh,
  saveCursor,
} from '../../src/log/cursor-log.ts';
import { loadHistory } from '../../src/log/update-log.ts';
import { DuckdbSession } from '../../src/store/duckdb-session.ts';
import { migrate } from '../../src/store/migrations.ts';
import { longTests } from '../support/depth.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

/** The engine's own tables of a release, and no engine over them. */
async function bareSession(form?: number): Promise<DuckdbSession> {
  const instance = await DuckDBInstance.create(':memory:');
  const session = new DuckdbSession(await instance.connect());
  await migrate(session, form);
  return session;
}

const tables = `
  CREATE TABLE a (x INTEGER); CREATE TABLE b (x INTEGER);
  CREATE MATERIALIZED VIEW total WITH (refresh = immediate) AS SELECT sum(x) AS total FROM a;
`;

/** What the engine knows of its relations by its counters alone. */
async function counted(db: Everview) {
  const { rows } = await db.query(
    'SELECT name, "rows"::INTEGER AS n, last_change FROM everview.tables ORDER BY name',
  );
  return rows;
}

describe('counts of changes', () => {
  it('are the same after the file was closed, whoever recorded them', async () => {
    await using file = await temporaryDatabase();
    let before: unknown;
    {
      await using db = await Everview.open(file.path, { scheduler: 'manual' });
      await db.sql(`${tables}
        INSERT INTO a SELECT range FROM range(10);
        BEGIN; INSERT INTO a VALUES (1), (2); INSERT INTO b VALUES (1); DELETE FROM a WHERE x = 9; COMMIT;
        INSERT INTO b VALUES (2), (3); UPDATE b SET x = 5 WHERE x = 3`);
      before = await counted(db);
    }
    await using db = await Everview.open(file.path, { scheduler: 'manual' });
    expect(await counted(db)).toEqual(before);
    expect(before).toMatchObject([
      { name: 'a', n: 11 },
      { name: 'b', n: 3 },
    ]);
  });

  it('of a table that was dropped are not those of a later one of its name', async () => {
    await using file = await temporaryDatabase();
    {
      await using db = await Everview.open(file.path, { scheduler: 'manual' });
      await db.sql(`CREATE TABLE a (x INTEGER); INSERT INTO a VALUES (1), (2); DROP TABLE a;
        CREATE TABLE a (x INTEGER, y INTEGER); INSERT INTO a VALUES (1, 1)`);
    }
    await using db = await Everview.open(file.path, { scheduler: 'manual' });
    expect(await counted(db)).toMatchObject([{ name: 'a', n: 1 }]);
  });

  it('of an older file are kept, and those it had forgotten stay forgotten', async () => {
    const session = await bareSession(5);
    const update = (id: number, names: string, inserted: number) =>
      session.run(`INSERT INTO everview.updates VALUES
        (${id}, ${id}, 'accepted', 'accepted', NULL, ${names}, ${inserted}, 0, 0, NULL, TIMESTAMP '2001-01-01')`);
    await update(1, "['a']", 7);
    await update(2, "['a']", 5);
    await update(3, "['a', 'b']", 3);
    await session.run(`INSERT INTO everview.changes VALUES ('a', 2, 5, 0, NULL), ('a', 3, 1, 0, NULL),
      ('b', 3, 2, 0, NULL)`);
    await migrate(session);
    const { changes } = await loadHistory(session);
    expect([changes.rows('a'), changes.rows('b')]).toEqual([6, 2]);
    expect(await session.rows('SELECT * FROM everview.forgotten')).toEqual([{ name: 'a', version: 1n }]);
    expect(await session.rows('SELECT name FROM everview.changes ORDER BY name')).toEqual([
      { name: 'a' },
      { name: 'b' },
    ]);
  });
});

describe('updates', () => {
  it('of an older file say which tables they were kept out of', async () => {
    const session = await bareSession(5);
    const update = (id: number, version: string, status: string, quarantined: number) =>
      session.run(`INSERT INTO everview.updates VALUES
        (${id}, ${version}, '${status}', 'accepted', NULL, ['a'], 0, 0, ${quarantined}, NULL, TIMESTAMP '2001-01-01')`);
    await update(1, '1', 'partial', 2);
    await update(2, 'NULL', 'partial', 2);
    await update(3, 'NULL', 'rejected', 0);
    await update(4, 'NULL', 'accepted', 0);
    await migrate(session);
    const rows = await session.rows('SELECT kept_out FROM everview.updates ORDER BY update_id');
    expect(rows.map(({ kept_out }) => kept_out)).toEqual([[], ['a'], ['a'], []]);
  });
});

describe('cursors', () => {
  const cursor = (version: number): Cursor => ({
    version: versionOf(version),
    asOfMs: version,
    hash: 'h',
    rows: 1,
    nextBoundaryMs: null,
    costState: null,
    models: new Map(),
    outcome: null,
  });

  const noRefresh: RefreshRecord = {
    refreshId: 0,
    name: '',
    objectKind: 'view',
    kind: 'none',
    reason: 'no-change',
    trigger: 'asked',
    fromVersion: null,
    toVersion: versionOf(1),
    rows: 0,
    rung: null,
    predictedMs: { incremental: null, algebraic: null, domain: null, full: null },
    actualMs: 0,
    regretMs: null,
    refreshedAtMs: 0,
  };

  it('count as the last of their name', async () => {
    const session = await bareSession();
    for (const version of [1, 2, 3]) saveCursor(session, 'a', cursor(version), 0);
    saveCursor(session, 'b', cursor(9), 0);
    saveCursor(session, 'a', cursor(0), 0);
    expect(await loadCursors(session)).toEqual(
      new Map([
        ['a', cursor(0)],
        ['b', cursor(9)],
      ]),
    );
  });

  it('are those of the last refresh, or what moved the contents since', async () => {
    const session = await bareSession(8);
    await session.run(`INSERT INTO everview.cursors VALUES
      ('old', 7, TIMESTAMP '1970-01-01 00:00:00.007', 'h', 1, NULL, NULL, NULL)`);
    await migrate(session);
    const refreshed = (refreshId: number, name: string, at: Cursor) =>
      recordRefresh(
        session,
        { ...noRefresh, refreshId, name, toVersion: at.version, refreshedAtMs: at.asOfMs },
        at,
      );
    const full: Cursor = {
      ...cursor(3),
      nextBoundaryMs: 5,
      costState: '{"a":"b"}',
      models: new Map([
        ['m', modelVersionOf(2)],
        ['n', null],
      ]),
      outcome: { kind: 'failed', gate: 'g' },
    };
    await refreshed(1, 'a', cursor(1));
    saveCursor(session, 'a', cursor(2), 1);
    await refreshed(2, 'b', cursor(1));
    saveCursor(session, 'b', cursor(0), 2);
    await refreshed(3, 'a', full);
    await recordRefresh(session, { ...noRefresh, refreshId: 4, name: 'a' });
    await refreshed(5, 'c', cursor(1));
    await dropCursor(session, 'c');
    const last = new Map([
      ['old', cursor(7)],
      ['b', cursor(0)],
      ['a', full],
    ]);
    expect(await loadCursors(session)).toEqual(last);
    await recordRefresh(session, { ...noRefresh, refreshId: 256, name: 'a' });
    expect(await loadCursors(session)).toEqual(last);
    expect(await session.rows('SELECT name FROM everview.cursors ORDER BY name')).toEqual([
      { name: 'b' },
      { name: 'old' },
    ]);
  });

  longTests(() => {
    it('that no longer count are removed in time', async () => {
      await using file = await temporaryDatabase();
      {
        await using db = await Everview.open(file.path, { scheduler: 'manual', threads: 1 });
        await db.sql(tables);
        for (let each = 0; each < 300; each++) await db.insert('a', [{ x: each }]);
      }
      const instance = await DuckDBInstance.create(file.path);
      const connection = await instance.connect();
      const session = new DuckdbSession(connection);
      const [kept] = await session.rows('SELECT count(cursor)::INTEGER AS n FROM everview.refreshes');
      connection.closeSync();
      instance.closeSync();
      expect(kept?.n).toBeLessThan(60);
      await using db = await Everview.open(file.path, { scheduler: 'manual' });
      expect((await db.query('SELECT total::INTEGER AS total FROM total')).rows).toEqual([{ total: 44850 }]);
    });
  });
});
