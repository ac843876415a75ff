import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { tableFromIPC } from 'apache-arrow';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { type BundledProgram, bundleProgram } from '../support/bundle-program.ts';
import { longTests } from '../support/depth.ts';
import { finished, spawnShell } from './everview-process.ts';

// Each starts processes of its own, about half a second each on a quiet machine.
vi.setConfig({ testTimeout: 60_000 });

const source = join(import.meta.dirname, '..', '..', 'src', 'cli', 'main.ts');

let folder = '';
let bundle: BundledProgram;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everview-cli-'));
  bundle = await bundleProgram(source);
});

afterAll(async () => {
  await rm(folder, { recursive: true, force: true });
  await bundle[Symbol.asyncDispose]();
});

const spawnEverview = (words: readonly string[]) => spawnShell([bundle.path], words);

const runEverview = (words: readonly string[], input = '') => finished(spawnEverview(words), input);

test('a program can hold a conversation: each statement is answered before the next is written', async () => {
  const everview = spawnEverview(['sql', '--format', 'json', '--keep-going']);
  everview.write('CREATE TABLE t (a INTEGER PRIMARY KEY); INSERT INTO t VAL');
  expect(await everview.answer()).toMatchObject({ statement: 1, kind: 'create', version: 0 });
  everview.write('UES (1), (2);');
  expect(await everview.answer()).toMatchObject({ statement: 2, kind: 'insert', update: { inserted: 2 } });
  everview.write('\nSELECT b FROM t;');
  expect(await everview.answer()).toMatchObject({
    statement: 3,
    error: { code: 'unknown-column', line: 2, column: 8 },
  });
  everview.write('SELECT sum(a) AS s FROM t');
  everview.child.stdin.end();
  expect(await everview.answer()).toMatchObject({ statement: 4, columns: ['s'], rows: [[3]], version: 1 });
  expect((await everview.ended).status).toBe(1);
});

test('the first error ends a run with status 1, its place under a caret, and no stack', async () => {
  const path = join(folder, 'wrong.sql');
  await writeFile(path, '-- a remark\nSELECT 1 AS one;\nSELECT oops\nFROM nowhere;\nSELECT 3;\n');
  const { status, out, err } = await runEverview(['sql', '-f', path]);
  expect(status).toBe(1);
  expect(out).toBe('one\n---\n  1\n(1 row)\nversion 0 · fresh\n');
  expect(err.split('\n').slice(0, 4)).toEqual([
    expect.stringMatching(/^error\[unknown-relation\]: .*nowhere/),
    '  at line 4, column 6',
    '4 | FROM nowhere',
    '  |      ^^^^^^^',
  ]);
  expect(err).not.toMatch(/^\s+at .*\(/m);
});

test('DuckDB is loaded by commands, after the environment it reads once is set', async () => {
  const program = new URL('../../src/cli/program.ts', import.meta.url);
  const loaded = "process.report.getReport().sharedObjects.some((path) => path.includes('duckdb'))";
  const code = `await import('${program}'); const before = ${loaded};
    await import('@duckdb/node-api'); console.log(before, ${loaded});`;
  const { stdout } = await promisify(execFile)(process.execPath, [
    '--import',
    'tsx',
    '--input-type=module',
    '-e',
    code,
  ]);
  expect(stdout).toBe('false true\n');
});

test('Arrow is an IPC stream other programs read', async () => {
  const everview = spawnEverview([
    'sql',
    '--format',
    'arrow',
    '-c',
    "SELECT 1::BIGINT AS a, DATE '2001-06-30' AS d",
  ]);
  expect(await everview.ended).toMatchObject({ status: 0, err: '' });
  const table = tableFromIPC(everview.bytes());
  expect(table.schema.fields.map(String)).toEqual(['a: Int64', 'd: Date32<DAY>']);
  expect(table.getChild('a')?.get(0)).toBe(1n);
});

longTests(() => {
  test('what was written is there for status and refresh; a mistyped file is not made', async () => {
    const db = join(folder, 'shop.db');
    const script = `
    CREATE TABLE sales (id INTEGER PRIMARY KEY, shop VARCHAR, amount INTEGER CHECK (amount > 0))
      WITH (on_violation = quarantine);
    CREATE MATERIALIZED VIEW shops WITH (refresh = manual) AS
      SELECT shop, sum(amount) AS total FROM sales GROUP BY shop;
    INSERT INTO sales VALUES (1, 'a', 5), (2, 'b', -1);`;
    expect(await runEverview(['sql', '--db', db, '--now', '2001-06-30'], script)).toMatchObject({
      status: 0,
      err: '',
    });

    const before = await runEverview(['status', '--db', db, '--format', 'json', '--now', '2001-06-30']);
    expect(JSON.parse(before.out)).toMatchObject({
      version: 1,
      objects: [
        { name: 'sales', kind: 'table', quarantined: 1 },
        { name: 'shops', kind: 'view', contents: { versions: 1, rows: 1 } },
      ],
    });
    expect(await runEverview(['refresh', '--db', db])).toMatchObject({ status: 0 });
    const after = await runEverview(['status', '--db', db]);
    expect(after.out).toMatch(/shops +\| view +\| +\| +1 \| fresh/);

    const missing = await runEverview(['status', '--db', join(folder, 'shpo.db')]);
    expect([missing.status, missing.err.split('\n')[0]]).toEqual([
      1,
      `error[not-a-database]: there is no database at "${join(folder, 'shpo.db')}"`,
    ]);
  });

  test('Ctrl-C closes the engine and gives 130; nobody reading gives no noise', async () => {
    const everview = spawnEverview(['sql', '--format', 'json']);
    everview.write('SELECT 1 AS a;');
    await everview.answer();
    everview.child.kill('SIGINT');
    expect(await everview.ended).toMatchObject({ status: 130, err: '' });

    const unread = spawnEverview(['sql', '-c', 'SELECT * FROM range(100000)']);
    unread.child.stdout.destroy();
    expect(await unread.ended).toMatchObject({ status: 141, err: '' });
  });

  test('what fell due while no process had the file open is told before the first statement', async () => {
    const db = join(folder, 'due.db');
    const at = (now: string, statements: string) =>
      runEverview(['sql', '--db', db, '--now', now, '--format', 'csv', '-c', statements]);
    const open = "SELECT kind FROM everview.incidents WHERE state = 'open'";
    const declared =
      "CREATE TABLE t (x DOUBLE) WITH (heartbeat = INTERVAL '8 hours'); INSERT INTO t VALUES (1)";
    expect((await at('2026-01-01T00:00:00Z', `${declared}; ${open}`)).out).not.toContain('silence');
    expect((await at('2026-01-01T09:00:00Z', open)).out).toContain('silence');
    // A clock that stands before it does not end it.
    expect((await at('2026-01-01T02:00:00Z', open)).out).toContain('silence');
  });
});
