import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ExperimentInput } from '../../src/lab/experiment.ts';
import { feedTables } from '../../src/lab/history/feed-tables.ts';
import { loadHistory } from '../../src/lab/history/load-history.ts';
import type { History } from '../../src/lab/history.ts';
import { firstOf, longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import {
  dayMs,
  hourlyReadings,
  hourMs,
  labStartMs,
  readingsDeclarations,
  readingsExperiment,
  writeReadings,
} from '../support/lab-experiment.ts';
import { openEverview } from '../support/open-everview.ts';
import { type TemporaryDatabase, temporaryDatabase } from '../support/temporary-database.ts';

let place: TemporaryDatabase;
const days = 20;

beforeAll(async () => {
  place = await temporaryDatabase();
  await writeReadings(place.directory, hourlyReadings(days * 24));
});
afterAll(() => place[Symbol.asyncDispose]());

const load = (given: Partial<ExperimentInput> = {}, seed = 1) =>
  loadHistory(readingsExperiment(given), seed, { dataFolder: place.directory });

/** Of every arrival: its moment, and the event times that came with it. */
const timesOf = (history: History) =>
  history.arrivals.map(({ atMs, tables }) => ({
    atMs,
    times: tables.flatMap(({ rows }) => rows.map(({ at }) => Number(at))),
  }));

function expectInOrder(history: History): void {
  let before = history.startMs;
  for (const { atMs, times } of timesOf(history)) {
    expect(atMs).toBeGreaterThan(before);
    expect(Math.min(...times)).toBeGreaterThan(before);
    expect(Math.max(...times)).toBeLessThanOrEqual(atMs);
    before = atMs;
  }
}

describe('a history of files', () => {
  it('starts with tables that have no event time and with the warm-up', async () => {
    const history = await load({ warmUp: '2 days' });
    expect(history.startMs).toBe(labStartMs + 2 * dayMs);
    expect(history.initial.map(({ table, rows }) => [table, rows.length])).toEqual([
      ['sensors', 3],
      ['readings', 49],
    ]);
    const share = await load({ warmUp: 0.25 });
    expect(share.startMs).toBe(labStartMs + Math.floor(0.25 * (days * 24 - 1) * hourMs));
  });

  it('comes in intervals, each row once and in order', async () => {
    const history = await load({ warmUp: '2 days' });
    expect(history.arrivals).toHaveLength(days - 2);
    expect(history.arrivals[0]?.atMs).toBe(labStartMs + 3 * dayMs);
    expectInOrder(history);
    const times = [
      ...(history.initial[1]?.rows ?? []).map(({ at }) => Number(at)),
      ...timesOf(history).flatMap(({ times }) => times),
    ];
    expect(times).toEqual(Array.from({ length: days * 24 }, (_, hour) => labStartMs + hour * hourMs));
    expect(history.labelDelayMs).toBe(dayMs);
  });

  longTests(() => {
    it('has the types of the tables, whatever the file was read as', async () => {
      const { initial } = await load();
      expect(initial[1]?.rows[1]).toEqual({
        id: 1n,
        at: new Date(labStartMs + hourMs),
        sensor: 'b',
        x: 1,
        y: 3,
      });
    });

    it('comes by rows, those of one moment together', async () => {
      const twice = hourlyReadings(100).flatMap((reading) => [reading, reading]);
      await using other = await temporaryDatabase();
      await writeReadings(other.directory, twice);
      const experiment = readingsExperiment({ arrival: { kind: 'rows', rows: 7 }, warmUp: '1 day' });
      const history = await loadHistory(experiment, 1, { dataFolder: other.directory });
      expectInOrder(history);
      const counts = timesOf(history).map(({ times }) => times.length);
      expect(counts.slice(0, -1).every((count) => count === 8)).toBe(true);
      expect(counts.reduce((sum, count) => sum + count)).toBe(200 - 50);
      expect(history.labelDelayMs).toBe(3 * hourMs + 1);
    });

    it('comes in exponential gaps, the same for the same seed', async () => {
      const arrival = { kind: 'poisson', mean: '1 day' } as const;
      const [one, again, other] = [
        await load({ arrival }, 7),
        await load({ arrival }, 7),
        await load({ arrival }, 8),
      ];
      expectInOrder(one);
      expect(again).toEqual(one);
      expect(other.hash).not.toBe(one.hash);
      const longest = Math.max(...timesOf(one).map(({ atMs, times }) => atMs - Math.min(...times)));
      expect(one.labelDelayMs).toBe(longest + 1);
    });

    it('has no update where no row came', async () => {
      await using other = await temporaryDatabase();
      const readings = hourlyReadings(10 * 24).filter((_, hour) => hour < 72 || hour >= 150);
      await writeReadings(other.directory, readings);
      const history = await loadHistory(readingsExperiment({ warmUp: '1 day' }), 1, {
        dataFolder: other.directory,
      });
      expect(history.arrivals.map(({ atMs }) => (atMs - labStartMs) / dayMs)).toEqual([2, 3, 7, 8, 9, 10]);
    });

    it('is the same as a hash, whatever the order of columns, and another for other data', async () => {
      const history = await load();
      const turned = await load({
        source: {
          kind: 'files',
          tables: [
            {
              table: 'SENSORS',
              select: "SELECT height::VARCHAR AS Height, sensor FROM read_csv('{data}/sensors.csv');",
            },
            {
              table: 'readings',
              select: 'FROM read_csv(\'{data}/readings.csv\') SELECT y, x, sensor, "at", id',
            },
          ],
        },
      });
      expect(turned.hash).toBe(history.hash);
      const one = await load({
        source: {
          kind: 'files',
          tables: [
            { table: 'sensors', select: "FROM read_csv('{data}/sensors.csv')" },
            {
              table: 'readings',
              select: "SELECT * REPLACE (y + (id = 400)::INT AS y) FROM read_csv('{data}/readings.csv')",
            },
          ],
        },
      });
      expect(one.hash).not.toBe(history.hash);
    });
  });

  it('can be fed to an engine', async () => {
    const history = await load();
    const { db } = await openEverview();
    await db.sql(readingsDeclarations);
    await feedTables(db, history.initial);
    for (const { tables } of history.arrivals) await feedTables(db, tables);
    expect((await db.query('SELECT count(*)::INT AS n, sum(y) AS y FROM examples')).rows).toEqual([
      {
        n: days * 24,
        y: Array.from({ length: days * 24 }, (_, id) => (id % 7) * 2 + 1).reduce((sum, y) => sum + y),
      },
    ]);
    await db.close();
  });
});

longTests(() => {
  describe('the label delay of a history', () => {
    it('may be longer than needed, and not shorter', async () => {
      expect((await load({ labelDelay: '3 days' })).labelDelayMs).toBe(3 * dayMs);
      expect((await load({ warmUp: '2 days', labelDelay: '23 hours 1 millisecond' })).labelDelayMs).toBe(
        23 * hourMs + 1,
      );
      expect(await failureOf(load({ warmUp: '2 days', labelDelay: '23 hours' }))).toMatchObject({
        code: 'invalid-option',
        hint: expect.stringContaining('longer than 23 hours: 82800001 milliseconds'),
        data: { shortestMs: 23 * hourMs + 1 },
      });
    });
  });
});

describe('the questions of a history', () => {
  it('come at equal distances', async () => {
    const { queries } = await load({
      warmUp: '2 days',
      workload: { kind: 'uniform', every: '6 hours', rows: 3 },
    });
    expect(queries).toHaveLength((days - 2) * 4);
    expect(queries[0]).toEqual({ atMs: labStartMs + 2 * dayMs + 6 * hourMs, rows: 3, keys: null });
  });

  longTests(() => {
    it('come in bursts', async () => {
      const workload = { kind: 'bursty', every: '1 day', queries: 5 } as const;
      const { queries, startMs } = await load({ warmUp: '2 days', workload });
      const into = queries.map(({ atMs }) => (atMs - startMs) % dayMs);
      expect(queries.length).toBeGreaterThan((days - 3) * 5 - 1);
      expect(Math.max(...into)).toBeLessThan(0.05 * dayMs);
      expect(queries.map(({ atMs }) => atMs)).toEqual(queries.map(({ atMs }) => atMs).sort((a, b) => a - b));
      expect((await load({ warmUp: '2 days', workload })).queries).toEqual(queries);
    });

    it("ask for keys by Zipf's law, the most frequent of the warm-up first", async () => {
      const workload = { kind: 'skewed', every: '10 minutes', key: 'sensor', exponent: 1, rows: 2 } as const;
      const { queries } = await load({ workload });
      const drawn = queries.flatMap(({ keys }) => keys ?? []);
      const counts = ['a', 'b', 'c'].map((key) => drawn.filter((one) => one === key).length);
      expect(drawn).toHaveLength(queries.length * 2);
      const shares = counts.map((count) => count / drawn.length);
      for (const [index, expected] of [6 / 11, 3 / 11, 2 / 11].entries()) {
        expect(Math.abs((shares[index] ?? 0) - expected)).toBeLessThan(0.03);
      }
    });
  });
});

describe('a history that cannot be', () => {
  const files = (readings: string, more: object = {}): Partial<ExperimentInput> => ({
    source: {
      kind: 'files',
      tables: [
        { table: 'sensors', select: "FROM read_csv('{data}/sensors.csv')" },
        { table: 'readings', select: readings, ...more },
      ],
    },
  });
  type Case = readonly [string, Partial<ExperimentInput>, object];
  const cases: readonly Case[] = [
    [
      'says which rows have no event time',
      files(
        'SELECT id, CASE WHEN id > 470 THEN NULL WHEN id > 450 THEN \'soon\' ELSE "at"::VARCHAR END AS "at", sensor, x, y FROM read_csv(\'{data}/readings.csv\')',
      ),
      {
        code: 'invalid-row',
        data: { missing: 9, unreadable: 20 },
        message: expect.stringContaining('source of "readings"'),
      },
    ],
    [
      'says which tables have no source',
      { source: { kind: 'files', tables: [{ table: 'sensors', select: 'SELECT 1' }] } },
      { code: 'unknown-relation', message: '"readings" of the declarations has no source' },
    ],
    [
      'says where in the declarations a mistake is',
      { declarations: 'CREATE TABLE t (x DOUBLE);\nCREATE VIEW e AS SELECT x + FROM t' },
      {
        code: 'syntax-error',
        message: expect.stringMatching(/^the declarations, line 2, column \d+, at `/),
      },
    ],
    ['says that there is no model', { model: 'other' }, { code: 'unknown-relation' }],
  ];
  const more: readonly Case[] = [
    [
      'says that a source is of no table',
      {
        source: {
          kind: 'files',
          tables: ['sensors', 'readings', 'other'].map((table) => ({ table, select: 'SELECT 1' })),
        },
      },
      { code: 'unknown-relation', message: expect.stringContaining('"other"') },
    ],
    [
      'says which column a table lacks',
      files("SELECT *, 1 AS z FROM read_csv('{data}/readings.csv')"),
      { code: 'unknown-column', message: expect.stringContaining('"z"') },
    ],
    [
      'says that the event time is no column',
      files("FROM read_csv('{data}/readings.csv')", { eventTime: 'moment' }),
      { code: 'unknown-column', message: expect.stringContaining('"moment"') },
    ],
    [
      'says that the event time is no time',
      files("FROM read_csv('{data}/readings.csv')", { eventTime: 'x' }),
      { code: 'invalid-definition' },
    ],
    [
      'says that the event time does not come',
      files("SELECT id, sensor FROM read_csv('{data}/readings.csv')"),
      { code: 'unknown-column', message: expect.stringContaining('"at"') },
    ],
    [
      'names the source of what cannot be read',
      files("FROM read_csv('{data}/nowhere.csv')"),
      { code: 'file-error', message: expect.stringContaining('source of "readings"') },
    ],
    [
      'says where in the SELECT of a source a mistake is',
      files("SELECT id, sensor\n  FORM read_csv('{data}/readings.csv') -- all"),
      {
        code: 'syntax-error',
        message: expect.stringMatching(/^source of "readings", line 2, column \d+, at `read_csv/),
      },
    ],
    ['says that nothing comes after the warm-up', { warmUp: '30 days' }, { code: 'not-enough-rows' }],
    [
      'says that there are no rows',
      files("FROM read_csv('{data}/readings.csv') WHERE id < 0 -- none"),
      { code: 'not-enough-rows' },
    ],
    [
      "says that the workload's key is no column",
      { workload: { kind: 'skewed', every: '1 day', key: 'shop' } },
      { code: 'unknown-column' },
    ],
    ['says that files come in no updates', { arrival: { kind: 'updates' } }, { code: 'invalid-option' }],
    [
      'says that the training set has no event time',
      {
        declarations:
          'CREATE TABLE t (x DOUBLE, y DOUBLE); CREATE TRAINING SET e WITH (label = y) AS SELECT x, y FROM t; CREATE MODEL m WITH (method = ridge) AS SELECT * FROM e',
      },
      { code: 'invalid-definition', message: expect.stringContaining('"e"') },
    ],
  ];
  it.each(firstOf([...cases, ...more], cases.length))('%s', async (_, given, expected) => {
    expect(await failureOf(load(given))).toMatchObject(expected);
  });
});
