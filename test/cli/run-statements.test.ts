import { tableFromIPC } from 'apache-arrow';
import { expect, test } from 'vitest';
import { createArrowWriter } from '../../src/cli/arrow-writer.ts';
import { createCsvWriter } from '../../src/cli/csv-writer.ts';
import { createJsonWriter } from '../../src/cli/json-writer.ts';
import { runStatements } from '../../src/cli/run-statements.ts';
import { statementsOfInput } from '../../src/cli/statement-source.ts';
import { Everview, splitStatements } from '../../src/index.ts';
import { captureTerminal } from './captured-terminal.ts';

async function run(text: string, format: 'json' | 'csv' | 'arrow', keepGoing = false) {
  const { stdout, stderr, out, err, interrupted } = captureTerminal();
  const writer =
    format === 'json'
      ? createJsonWriter(stdout)
      : format === 'csv'
        ? createCsvWriter(stdout, stderr)
        : createArrowWriter(stdout, stderr);
  await using engine = await Everview.open(':memory:');
  const status = await runStatements(engine, splitStatements(text), writer, {
    keepGoing,
    interrupted,
    waiting: { during: (work) => work },
  });
  return { status, out: out.join(''), err: err.join('') };
}

const failing = 'SELECT 1 AS a;\nSELECT\n  oops; SELECT 2 AS a;';

test('standard input that is no UTF-8 is told, and not taken for other letters', async () => {
  const input = [Buffer.from("SELECT 'é'; ").subarray(0, 9), Buffer.from("SELECT 'é'; ").subarray(9)];
  const texts = async (chunks: readonly Uint8Array[]) => {
    const found: string[] = [];
    for await (const { text } of statementsOfInput(captureTerminal({ input: chunks }).stdin))
      found.push(text);
    return found;
  };
  expect(await texts([Buffer.from('\ufeff'), ...input])).toEqual(["SELECT 'é'"]);
  await expect(texts([...input, Buffer.from("SELECT 'caf\xe9'", 'latin1')])).rejects.toMatchObject({
    code: 'file-error',
    message: 'standard input is not UTF-8 text',
  });
});

test('the first error ends a run, with status 1', async () => {
  const { status, out } = await run(failing, 'json');
  const lines = out.trim().split('\n');
  expect([status, lines.length]).toEqual([1, 2]);
  expect(JSON.parse(lines[1] ?? '')).toMatchObject({ statement: 2, error: { line: 3, column: 3 } });
});

test('with keep-going the rest is run too, and the status still is 1', async () => {
  const { status, out } = await run(failing, 'json', true);
  const lines = out.trim().split('\n');
  expect([status, lines.length]).toEqual([1, 3]);
  expect(JSON.parse(lines[2] ?? '')).toMatchObject({ statement: 3, rows: [[2]] });
});

test.each(['json', 'csv'] as const)(
  'what cannot be read ends the update it stands in, in %s too',
  async (format) => {
    const text = `CREATE TABLE t (a INTEGER); BEGIN; INSERT INTO t VALUES (1); SELECT 1 WITH (nope = 1);
    INSERT INTO t VALUES (2); COMMIT; SELECT count(*)::INTEGER AS n FROM t`;
    const { out } = await run(text, format, true);
    expect(out.trimEnd().split(/\r?\n/).at(-1)).toMatch(format === 'csv' ? /^0$/ : /"rows":\[\[0\]\]/);
  },
);

test('a query says how fresh it must be, and EXPLAIN SELECT how it would be answered', async () => {
  const text = `CREATE TABLE t (a INTEGER); CREATE MATERIALIZED VIEW v AS SELECT a FROM t;
    INSERT INTO t VALUES (1);
    EXPLAIN SELECT a FROM v WITH (on_stale_read = serve);
    SELECT a FROM v WITH (on_stale_read = serve)`;
  const json = await run(text, 'json');
  const [explained, answer] = json.out
    .trim()
    .split('\n')
    .slice(-2)
    .map((line): unknown => JSON.parse(line));
  expect(explained).toMatchObject({ kind: 'explain-query', version: 0, path: 'served-stale' });
  expect(explained).toMatchObject({
    rows: [['v', 'view', 'contents', true, 'served-stale', 0, 0, expect.anything()], [], [], []].map((row) =>
      row.length === 0 ? expect.anything() : row,
    ),
  });
  expect(answer).toMatchObject({ kind: 'query', version: 0, path: 'served-stale', rows: [] });
  const csv = await run(text, 'csv');
  expect(csv.status).toBe(0);
  expect(csv.out).toContain('v,view,contents,true,served-stale,0,0,');
});

test('an open quote at the end is an error of its statement', async () => {
  const { status, out } = await run("SELECT 1 AS a;\nSELECT 'open", 'json');
  expect(status).toBe(1);
  expect(JSON.parse(out.trim().split('\n')[1] ?? '')).toMatchObject({
    statement: 2,
    error: { code: 'syntax-error', line: 2, column: 8 },
  });
});

test('long answers are streamed as CSV and as Arrow', async () => {
  const query = 'SELECT range AS n FROM range(5000)';
  const csv = await run(query, 'csv');
  expect(csv.status).toBe(0);
  expect(csv.out.split('\r\n').slice(0, 2)).toEqual(['n', '0']);
  expect(csv.out.split('\r\n').length).toBe(5_002);

  const arrow = await run(query, 'arrow');
  const table = tableFromIPC(Buffer.from(arrow.out, 'latin1'));
  expect([arrow.status, table.numRows, table.getChild('n')?.get(4_999)]).toEqual([0, 5_000, 4_999n]);
});

test('an error in the middle of a stream is reported like any other', async () => {
  const query = "SELECT CAST(CASE WHEN range = 4000 THEN 'x' ELSE '1' END AS INTEGER) AS n FROM range(5000)";
  for (const format of ['csv', 'arrow'] as const) {
    const { status, err } = await run(query, format);
    expect([status, err]).toEqual([1, expect.stringMatching(/^error\[invalid-query\]: /)]);
  }
});

test('Arrow carries one result', async () => {
  const { status, err } = await run('CREATE TABLE t (a INTEGER); SHOW TABLES; SELECT 2 AS b', 'arrow');
  expect([status, err.split(':')[0]]).toEqual([1, 'error[usage]']);
});
