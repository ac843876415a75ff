import { execFile } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Everview } from '../../src/index.ts';
import { longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everview-life-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const world = `
  CREATE TABLE xy (id INTEGER PRIMARY KEY, x DOUBLE, y DOUBLE CHECK (y < 1000)) WITH (on_violation = quarantine);
  CREATE VIEW plain AS SELECT id, x FROM xy;
  CREATE MATERIALIZED VIEW sums WITH (max_staleness = INTERVAL '1 hour') AS SELECT id % 2 AS odd, sum(x) AS s FROM plain GROUP BY id % 2;
  CREATE TRAINING SET ex WITH (label = y) AS SELECT x, y FROM xy;
  CREATE MODEL line WITH (method = ridge, l2 = 1e-9, max_staleness = INTERVAL '1 hour') AS SELECT * FROM ex;
  INSERT INTO xy SELECT i, i, 2 * i FROM range(20) r(i) WITH (idempotency_key = 'first');
  INSERT INTO xy VALUES (100, 1, 5000);
`;

const questions = [
  'SELECT * FROM sums ORDER BY odd',
  'SELECT round(prediction, 6) AS p FROM PREDICT(line, (SELECT 4.0 AS x))',
  'SELECT count(*) AS n FROM xy AT (VERSION => 0)',
  'SELECT * FROM everview.staleness',
  'SELECT * EXCLUDE (query) FROM everview.views',
  'SELECT * FROM everview.models',
  'SELECT * FROM everview.tables',
  'SELECT * FROM everview.refreshes ORDER BY refresh_id',
  'SELECT * FROM everview.quarantine',
];

async function answers(db: Everview) {
  const told: unknown[] = [];
  for (const question of questions) {
    const { rows, path, version, models, staleness } = await db.query(question);
    told.push({ question, rows, path, version, models, staleness });
  }
  return told;
}

describe('a file', () => {
  it('keeps everything from one opening to the next', async () => {
    const path = join(folder, 'kept.db');
    const first = await openEverview({ path });
    await first.db.sql(world);
    await answers(first.db);
    await first.db.insert('xy', [{ id: 50, x: 50, y: 100 }]);
    first.clock.advanceMs(60_000);
    const before = await answers(first.db);
    await first.db.close();

    const second = await openEverview({ path, clock: first.clock });
    expect(await answers(second.db)).toEqual(before);
    expect((await second.db.insert('xy', [{ id: 0, x: 0, y: 0 }], { key: 'first' })).status).toBe('repeated');
    await second.db.sql(`CORRECT QUARANTINE FOR xy SET y = 2; RELEASE QUARANTINE FOR xy;`);
    second.clock.advanceMs(3_600_001);
    const { rows, path: way } = await second.db.query('SELECT sum(s) AS s FROM sums');
    expect([rows, way]).toEqual([[{ s: 241 }], 'refreshed-first']);
    await second.db.close();
  });

  it('is open once in a process, whatever it is called', async () => {
    const path = join(folder, 'once.db');
    await symlink(path, join(folder, 'link.db'));
    await symlink(folder, join(folder, 'here'));
    const db = await Everview.open(join(folder, 'link.db'), { scheduler: 'manual' });
    await db.execute('CREATE TABLE t (a INTEGER)');
    await mkdir(join(folder, 'deep', 'deeper'), { recursive: true });
    await symlink(join(folder, 'deep', 'deeper'), join(folder, 'short'));
    const names = ['once.db', 'link.db', 'here/once.db', 'short/../../once.db'].map(
      (name) => `${folder}/${name}`,
    );
    for (const name of [...names, `file://${path}`]) {
      expect(await failureOf(Everview.open(name)), name).toMatchObject({
        code: 'database-locked',
        message: `"${name}" is open already in this process`,
      });
    }
    await db.insert('t', [{ a: 1 }]);
    await db.close();
    expect((await readdir(folder)).filter((name) => name.startsWith('once'))).toEqual(['once.db']);
    // neither waits before it has asked for the lock
    const opened = await Promise.allSettled([Everview.open(path), Everview.open(path)]);
    expect(opened.map(({ status }) => status)).toEqual(['fulfilled', 'rejected']);
    for (const one of opened) if (one.status === 'fulfilled') await one.value.close();
  });

  it('of another kind is refused and left as it is', async () => {
    const text = join(folder, 'notes.txt');
    await writeFile(text, 'not a database\n'.repeat(1_000));
    expect(await failureOf(Everview.open(text))).toMatchObject({ code: 'not-a-database' });
    expect((await readFile(text, 'utf8')).length).toBe(15_000);
    const lite = join(folder, 'lite.db');
    await writeFile(lite, `SQLite format 3\0${'\0'.repeat(8_176)}`);
    expect(await failureOf(Everview.open(lite))).toMatchObject({
      code: 'not-a-database',
      message: expect.stringContaining('another program'),
    });
    const directory = join(folder, 'a-folder');
    await mkdir(directory);
    expect(await failureOf(Everview.open(directory))).toMatchObject({ code: 'not-a-database' });
    expect(await failureOf(Everview.open(join(folder, 'nowhere', 'x.db')))).toMatchObject({
      code: 'not-a-database',
    });
  });

  longTests(() => {
    it('opens again after replacements, whatever order they leave', async () => {
      const path = join(folder, 'order.db');
      const { db, clock } = await openEverview({ path });
      await db.sql(`
      CREATE TABLE parents (k VARCHAR PRIMARY KEY);
      CREATE TABLE children (id INTEGER PRIMARY KEY, k VARCHAR REFERENCES parents (k));
      CREATE VIEW seen AS SELECT k FROM parents;
      CREATE MATERIALIZED VIEW counted AS SELECT k, count(*) AS n FROM seen GROUP BY k;
      INSERT INTO parents VALUES ('a'); INSERT INTO children VALUES (1, 'a');
      CREATE OR REPLACE TABLE parents (k VARCHAR PRIMARY KEY CHECK (k <> ''));
      ALTER TABLE parents SET (on_violation = quarantine);
      CREATE VIEW later AS SELECT k FROM children;
      CREATE OR REPLACE VIEW seen AS SELECT k FROM later;`);
      await db.close();
      const again = await openEverview({ path, clock });
      expect((await again.db.query('SELECT * FROM counted')).rows).toEqual([{ k: 'a', n: 1n }]);
      expect((await again.db.query('SELECT name FROM everview.views ORDER BY name')).rows.length).toBe(3);
      expect(await failureOf(again.db.execute('DROP TABLE parents'))).toMatchObject({
        code: 'has-dependents',
        data: { dependents: ['children', 'later', 'seen', 'counted'] },
      });
      await again.db.execute('DROP TABLE parents CASCADE');
      await again.db.close();
      const empty = await openEverview({ path, clock });
      expect((await empty.db.execute('SHOW TABLES')).rows).toEqual([]);
      await empty.db.close();
    });

    it('is open in one process at a time', async () => {
      const path = join(folder, 'locked.db');
      const db = await Everview.open(path);
      await db.execute('CREATE TABLE t (a INTEGER)');
      const script = `
      import { Everview } from ${JSON.stringify(new URL('../../src/index.ts', import.meta.url).href)};
      try { await Everview.open(${JSON.stringify(path)}); console.log('opened'); }
      catch (failure) { console.log(failure.code, failure.hint); }`;
      const other = join(folder, 'other.mts');
      await writeFile(other, script);
      // the system drops DuckDB's own lock with the descriptors of the copy
      await copyFile(path, join(folder, 'copy.db'));
      const tsx = new URL('../../node_modules/tsx/dist/loader.mjs', import.meta.url).href;
      const { stdout } = await promisify(execFile)(process.execPath, ['--import', tsx, other]);
      expect(stdout).toMatch(/^database-locked one process at a time/);
      await db.execute('INSERT INTO t VALUES (1)');
      await db.close();
      const again = await Everview.open(path);
      expect(again.version).toBe(1);
      await again.close();
    });
  });
});

it.each([
  ['a table', 'CREATE SCHEMA everview; CREATE TABLE everview.meta (a INTEGER)'],
  ['a view', 'CREATE SCHEMA everview; CREATE VIEW everview.meta AS SELECT 1 AS form'],
])('a file with %s in a schema everview of its own is refused', async (_what, sql) => {
  await using place = await temporaryDatabase();
  const other = await DuckDBInstance.create(place.path);
  const connection = await other.connect();
  await connection.run(sql);
  connection.closeSync();
  other.closeSync();
  expect(await failureOf(Everview.open(place.path))).toMatchObject({ code: 'not-a-database' });
});

describe('opening', () => {
  it('says that a memory limit is too small', async () => {
    const failure = await failureOf(Everview.open(':memory:', { memoryLimit: '1KB' }));
    expect(failure).toMatchObject({
      code: 'invalid-option',
      message: 'memoryLimit 1KB is too small to open ":memory:"',
    });
  });

  it.each([
    [{ threads: 0 }],
    [{ historyVersions: -1 }],
    [{ memoryLimit: 'lots' }],
    [{ refresh: 'sometimes' }],
    [{ thread: 2 }],
    [{ clock: 5 }],
    [{ clock: { nowMs: 5 } }],
    [{ clock: { nowMs: () => Number.NaN } }],
    [{ meter: { start: 5 } }],
    [{ notifier: { send: 'mail' } }],
  ])('refuses %j', async (options) => {
    // Options as a caller without types would give them.
    expect(await failureOf(Everview.open(':memory:', options as object))).toMatchObject({
      code: 'invalid-option',
    });
  });

  it.each([[''], [undefined], [null], [5], ['a\0b']])('refuses the path %j', async (path) => {
    // A path as a caller without types would give it.
    expect(await failureOf(Everview.open(path as string))).toMatchObject({
      code: 'invalid-option',
      message: expect.stringContaining('the path is'),
    });
  });
});

describe('close()', () => {
  it('ends streams and open updates, finishes what was asked, and refuses what comes later', async () => {
    const { db } = await openEverview({ path: join(folder, 'closing.db') });
    await db.sql('CREATE TABLE t (a INTEGER); INSERT INTO t SELECT * FROM range(10000)');
    const unread = await db.stream('SELECT * FROM t');
    const half = await db.stream('SELECT * FROM t');
    const batches = half.batches()[Symbol.asyncIterator]();
    await batches.next();
    const pending = Promise.all([
      db.query('SELECT count(*) AS n FROM t'),
      db.query('SELECT sum(a) AS s FROM t'),
    ]);
    await db.sql('BEGIN; DELETE FROM t');
    await db.close();
    expect((await pending).map((answer) => answer.rows.length)).toEqual([1, 1]);
    await expect(batches.next()).rejects.toMatchObject({ code: 'closed' });
    expect(() => unread.batches()).toThrow('closed');
    const calls = [
      db.query('SELECT 1'),
      db.sql('SELECT 1'),
      db.insert('t', []),
      db.step(),
      db.stream('SELECT 1'),
    ];
    for (const call of calls) expect(await failureOf(call)).toMatchObject({ code: 'closed' });
    await db.close();

    const { db: again } = await openEverview({ path: join(folder, 'closing.db') });
    expect((await again.query('SELECT count(*) AS n FROM t')).rows).toEqual([{ n: 10_000n }]);
    await again.close();
  });

  it('lets go of the file whatever of streams was left halfway', async () => {
    const path = join(folder, 'halfway.db');
    const { db } = await openEverview({ path });
    await db.sql('CREATE TABLE t (a INTEGER); INSERT INTO t SELECT * FROM range(100000)');
    const streams = await Promise.all(Array.from({ length: 3 }, () => db.stream('SELECT * FROM t')));
    const [left, asked, begun] = streams.map((stream) => stream.batches()[Symbol.asyncIterator]());
    await left?.next();
    await left?.return?.();
    await asked?.next();
    await streams[1]?.close();
    const first = begun?.next().then(
      () => 'read',
      (failure: { code?: string }) => failure.code,
    );
    await db.close();
    expect(['read', 'closed']).toContain(await first);
    expect((await readdir(folder)).filter((name) => name.startsWith('halfway'))).toEqual(['halfway.db']);
  });

  it('of a stream leaves its reader to others', async () => {
    const { db } = await openEverview();
    await db.sql('CREATE TABLE t (a INTEGER); INSERT INTO t SELECT * FROM range(100000)');
    const late = await db.stream('SELECT * FROM t');
    const batches = late.batches()[Symbol.asyncIterator]();
    await late.close();
    const other = (await db.stream('SELECT * FROM t')).batches()[Symbol.asyncIterator]();
    await other.next();
    await expect(batches.next()).rejects.toMatchObject({ code: 'closed' });
    expect((await other.next()).value?.length).toBe(2_048);
    await db.close();
  });

  it('waits for an update that waits behind an open one', async () => {
    const path = join(folder, 'behind.db');
    const { db } = await openEverview({ path });
    await db.sql('CREATE TABLE t (a INTEGER)');
    const behind = db.transaction(async (update) => {
      await update.execute('INSERT INTO t VALUES (1)');
    });
    await db.close();
    expect((await behind).version).toBe(1);
  });
});

longTests(() => {
  it('a damaged file is told as one, and let go of', async () => {
    await using place = await temporaryDatabase();
    const db = await Everview.open(place.path, { scheduler: 'manual' });
    await db.sql('CREATE TABLE t (a INTEGER); INSERT INTO t SELECT * FROM range(200000)');
    await db.close();
    const whole = await readFile(place.path);
    const damaged = [whole.subarray(0, whole.length / 2), Buffer.from(whole).fill(90, 4_096, 12_288)];
    for (const bytes of damaged) {
      await writeFile(place.path, bytes);
      expect(await failureOf(Everview.open(place.path))).toMatchObject({
        code: 'store-failure',
        message: expect.stringContaining('is damaged'),
        hint: expect.stringContaining('from a copy'),
      });
    }
    await writeFile(place.path, whole);
    await (await Everview.open(place.path)).close();
  });
});
