import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { locateFlightFiles, pathLiteral } from '../../src/cli/demo/flight-files.ts';
import { runDemo } from '../../src/cli/demo.ts';
import { Everview, SimulatedClock } from '../../src/index.ts';
import { captureTerminal } from './captured-terminal.ts';

/** Cells of the printed table that follows a line with `after`, row by row. */
function tableAfter(text: string, after: string): string[][] {
  const lines = text.slice(text.indexOf(after)).split('\n');
  const rule = lines.findIndex(
    (line) => /^-+(\+-+)+/.test(line.replaceAll('-+-', '+')) || line.includes('-+-'),
  );
  const body = lines.slice(rule + 1);
  const end = body.findIndex((line) => !line.includes(' | '));
  return body.slice(0, end).map((line) => line.split(' | ').map((cell) => cell.trim()));
}

test('the demo replays 32 days and reports what became of them', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'everview-demo-test-'));
  const db = join(folder, 'flights.db');
  const terminal = captureTerminal();
  try {
    expect(await runDemo({ db, days: 32 }, terminal)).toBe(0);
    const text = terminal.out.join('');
    expect(terminal.err).toEqual([]);
    expect(text).not.toMatch(/undefined|NaN|null\b(?!,"delay)/);
    expect(text).toContain('32 days of flights, 2001-01-01 to 2001-02-01');
    assertErrors(text);
    assertIncident(text);
    assertStaleness(text);
    expect(tableAfter(text, 'The morning of 2001-02-01').length).toBeGreaterThan(4);
    await assertDatabase(db);
  } finally {
    await rm(folder, { recursive: true });
  }
});

function assertErrors(text: string): void {
  const all = tableAfter(text, 'Error of predictions').find(([days]) => days === 'all');
  const [flights, engine, never, mean] = (all ?? []).slice(1).map((cell) => Number(cell.replaceAll(',', '')));
  expect(flights).toBeGreaterThan(300_000);
  expect(engine).toBeLessThan(never ?? 0);
  expect(engine).toBeLessThan(0.99 * (mean ?? 0));
  const [predicted, happened] = tableAfter(text, 'in tenths').map((cells) => cells.slice(1).map(Number));
  expect(predicted).toHaveLength(10);
  expect(happened?.at(-1)).toBeGreaterThan((happened?.[0] ?? 0) + 10);
}

function assertIncident(text: string): void {
  const setAside = tableAfter(text, 'Set aside by the constraints');
  expect(setAside.map(([, reason]) => reason)).toEqual([
    expect.stringContaining('breaks CHECK (delay BETWEEN -120 AND 2000)'),
    expect.stringContaining('distance is NULL'),
    expect.stringContaining('is not in "airports" (iata)'),
  ]);
  const nights = tableAfter(text, 'What the gate said');
  const held = nights.filter((cells) => cells.some((cell) => cell.startsWith('fails')));
  expect(held.length).toBe(3);
  expect(nights.at(-1)?.slice(4)).toEqual(['holds', 'holds', 'holds']);
  expect(tableAfter(text, 'Without the gate').map((cells) => cells[1])).toEqual([
    'answered',
    ...held.map(() => 'refused'),
  ]);
  expect(text).toMatch(/codes of four letters cut to three: \d+ rows in, 0 out/);
  expect(text).toMatch(/the quarantine since: \d+ corrected, \d+ dropped, 1 held\n/);
}

function assertStaleness(text: string): void {
  const rows = tableAfter(text, 'Staleness at the reads');
  expect(rows.map(([name, bound, , , beyond]) => [name, bound, beyond])).toEqual([
    ['origin_day', '1 h', '0'],
    ['delay', '6 h', '2'],
  ]);
}

/** The repaired table is the file's, less the rows that were given up or are still held. */
async function assertDatabase(db: string): Promise<void> {
  const engine = await Everview.open(db, { clock: new SimulatedClock(Date.UTC(2001, 1, 2, 6)) });
  const file = `(SELECT date, origin, destination, delay FROM read_parquet(${pathLiteral(locateFlightFiles().flights)})
                 WHERE date < TIMESTAMP '2001-02-02')`;
  const kept = '(SELECT departs, origin, destination, delay FROM flights)';
  try {
    const { rows } = await engine.query(
      `SELECT (SELECT count(*) FROM (FROM ${file} EXCEPT ALL FROM ${kept})) AS missing,
              (SELECT count(*) FROM (FROM ${kept} EXCEPT ALL FROM ${file})) AS added,
              (SELECT count(*) FROM everview.quarantine
               WHERE state = 'held' OR (state = 'dropped' AND json_extract_string("row", '$.origin') <> 'ORD')) AS given_up`,
    );
    expect(Number(rows[0]?.given_up)).toBeGreaterThan(100);
    expect(rows[0]).toMatchObject({ missing: rows[0]?.given_up, added: 0n });
  } finally {
    await engine.close();
  }
}
