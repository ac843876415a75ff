import { afterAll, describe, expect, it } from 'vitest';
import { Everview, SimulatedClock } from '../../src/index.ts';
import { type ReplayedCell, replayCell } from '../../src/lab/replay/replay-cell.ts';
import { forcedKind } from '../support/open-everview.ts';
import {
  dailyHistory,
  dayMs,
  driftingReadings,
  experimentOf,
  linearDeclarations,
  logisticDeclarations,
  policyOf,
  replayStartMs,
  stoppedProcess,
} from '../support/replay-world.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

const days = 6;
const history = dailyHistory(driftingReadings(7, days, 6));
const noDecision = { trigger: null, lossScale: 1, process: stoppedProcess };
const maintenance = forcedKind() ?? 'auto';
const everyUpdate = policyOf({ kind: 'every-update' }, { maintenance });
const onRead = policyOf({ kind: 'on-read' }, { maintenance });

/** Losses of a day's readings by the version that a person made to answer, through a query. */
async function lossesBySql(
  path: string,
  loss: string,
  version: number,
  days: readonly number[],
): Promise<number[]> {
  const clock = new SimulatedClock(replayStartMs + 100 * dayMs);
  await using db = await Everview.open(path, { clock, threads: 1 });
  await db.decideModel('m', 'rollback', { version });
  const losses: number[] = [];
  for (const day of days) {
    const fromMs = replayStartMs + day * dayMs;
    const { rows } = await db.query(
      `SELECT sum(${loss}) AS loss FROM PREDICT(m, (SELECT * FROM readings WHERE taken > $1 AND taken <= $2))
       WITH (max_staleness = NULL)`,
      [new Date(fromMs), new Date(fromMs + dayMs)],
    );
    losses.push(Number(rows[0]?.loss));
  }
  return losses;
}

describe.each([
  ['numbers', linearDeclarations, 'absolute', 'abs(prediction - y)'],
  [
    'probabilities',
    logisticDeclarations,
    'log',
    '-ln(CASE WHEN high THEN probability ELSE 1 - probability END)',
  ],
] as const)('loss matrix of %s', (_, declarations, loss, lossSql) => {
  const experiment = experimentOf(declarations, { loss });
  const file = temporaryDatabase();
  const kept = file.then(({ path }) =>
    replayCell(experiment, everyUpdate, 1, history, { ...noDecision, keepsMatrix: true, path }),
  );
  afterAll(async () => (await file)[Symbol.asyncDispose]());

  it('has what each version would have lost, as queries at that version say', async () => {
    const { cell, matrix } = await kept;
    expect(matrix?.losses.map((row) => row.length)).toEqual(Array(days + 1).fill(days));
    expect(matrix?.trainingRows).toEqual([120, ...cell.labels]);
    const { path } = await file;
    for (const s of [0, 2, days - 1]) {
      const later = Array.from({ length: days }, (_, t) => t).filter((t) => t >= s - 1);
      for (const [place, expected] of (await lossesBySql(path, lossSql, s + 1, later)).entries())
        expect(matrix?.losses[s]?.[later[place] ?? -1], `version ${s + 1}`).toBeCloseTo(expected, 8);
      expect(matrix?.losses[s]?.slice(0, Math.max(0, s - 1))).toEqual(Array(Math.max(0, s - 1)).fill(0));
    }
  });

  it('holds what the policies did that refresh each time', async () => {
    const { cell, matrix } = await kept;
    const read: ReplayedCell = await replayCell(experiment, onRead, 1, history, noDecision);
    expect(read.matrix).toBeNull();
    for (let t = 0; t < days; t++) {
      expect(matrix?.losses[t]?.[t], `every update, step ${t}`).toBeCloseTo(cell.lossSum[t] ?? Number.NaN, 8);
      expect(matrix?.losses[t + 1]?.[t], `on read, step ${t}`).toBeCloseTo(
        read.cell.lossSum[t] ?? Number.NaN,
        8,
      );
    }
  });

  it('tells what was right before and is wrong now', async () => {
    const { cell } = await kept;
    const { path } = await file;
    const marks = cell.refreshes.slice(1);
    if (cell.task === 'number') {
      expect(marks.map(({ negativeFlips }) => negativeFlips)).toEqual(Array(days).fill(null));
      return;
    }
    await using db = await Everview.open(path, {
      clock: new SimulatedClock(replayStartMs + 100 * dayMs),
      threads: 1,
    });
    const right: string[][] = [];
    for (let version = 1; version <= days; version++) {
      await db.decideModel('m', 'rollback', { version });
      const { rows } = await db.query(
        'SELECT id FROM PREDICT(m, (SELECT * FROM readings)) WHERE prediction = high WITH (max_staleness = NULL)',
      );
      right.push(rows.map(({ id }) => String(id)));
    }
    const arrived = history.arrivals.map(({ tables }) =>
      tables.flatMap(({ rows }) => rows.map(({ id }) => String(id))),
    );
    // Version v was refreshed at the end of step v − 2, and first answered in the step after it.
    const expected = Array.from({ length: days - 1 }, (_, place) => {
      const ids = arrived[place + 1] ?? [];
      return ids.filter(
        (id) => right[place]?.includes(id) === true && right[place + 1]?.includes(id) !== true,
      ).length;
    });
    expect(marks.map(({ negativeFlips }) => negativeFlips)).toEqual([...expected, null]);
  });
});
