import { describe, expect, it } from 'vitest';
import type { CellResult } from '../../src/lab/cell-result.ts';
import type { Arrival, History } from '../../src/lab/history.ts';
import type { Schedule } from '../../src/lab/policy.ts';
import { replayCell } from '../../src/lab/replay/replay-cell.ts';
import type { Observation, RefreshTrigger } from '../../src/lab/trigger.ts';
import { longTests } from '../support/depth.ts';
import { fitReference } from '../support/least-squares-reference.ts';
import { forcedKind } from '../support/open-everview.ts';
import {
  dailyHistory,
  dayMs,
  driftingReadings,
  experimentOf,
  linearDeclarations,
  policyOf,
  type Reading,
  replayStartMs,
  stoppedProcess,
} from '../support/replay-world.ts';

const days = 6;
const warmUpDays = 6;
const readings = driftingReadings(13, days, warmUpDays);
const timely = (place: number) => place % 9 !== 0 || place >= 24 * warmUpDays;
/** Of the warm-up, what comes only with the third day. */
const late = readings.filter((_, place) => !timely(place));
const corrected = readings.slice(1, 9).map((row) => ({ ...row, y: row.y + 40 }));
const gone = readings.slice(10, 18);

/** On the third day late rows come, on the fourth some are corrected, and on the fifth some go. */
const history = revised(dailyHistory(readings.filter((_, place) => timely(place))));

function revised(plain: History): History {
  const arrivals = plain.arrivals.map((arrival, day): Arrival => {
    const [{ table, rows } = { table: 'readings', rows: [] }] = arrival.tables;
    const with_ = (more: Partial<Arrival['tables'][number]>): Arrival => ({
      ...arrival,
      revises: true,
      tables: [{ table, rows, ...more }],
    });
    if (day === 2) return with_({ rows: [...rows, ...late] });
    if (day === 3) return with_({ rows: [...rows, ...corrected], replaces: true });
    if (day === 4) return with_({ deleted: gone.map(({ id }) => ({ id })) });
    return arrival;
  });
  return { ...plain, arrivals };
}

/** The readings there are once the update of a day was made. */
function heldAfter(day: number): readonly Reading[] {
  const isThere = (row: Reading, place: number) =>
    row.taken.getTime() <= replayStartMs + (day + 1) * dayMs &&
    (day >= 2 || timely(place)) &&
    (day < 4 || !gone.includes(row));
  return readings
    .filter(isThere)
    .map((row) => (day < 3 ? row : (corrected.find(({ id }) => id === row.id) ?? row)));
}

async function replayed(schedule: Schedule): Promise<CellResult> {
  const policy = policyOf(schedule, { maintenance: forcedKind() ?? 'auto' });
  const options = { trigger: null, lossScale: 1, process: stoppedProcess };
  return (await replayCell(experimentOf(linearDeclarations), policy, 1, history, options)).cell;
}

/** Readings that had come by a day and whose label is known at its end. */
function knownAfter(day: number): readonly Reading[] {
  const untilMs = replayStartMs + (day + 1) * dayMs - history.labelDelayMs;
  return heldAfter(day).filter(({ taken }) => taken.getTime() <= untilMs);
}

describe('a replay of updates that revise what was there', () => {
  it('learns of late rows, corrections and deletions as they come', async () => {
    const { lossSum, rows } = await replayed({ kind: 'on-read' });
    expect(rows).toEqual(Array(days).fill(24));
    const asRow = ({ x, z, kind, y }: Reading) => ({ numeric: [x, z], categories: [kind], y });
    for (let day = 0; day < days; day++) {
      const options = { l2: 1, standardize: true, binary: [false, false] };
      const fit = fitReference(knownAfter(day).map(asRow), options);
      const fromMs = replayStartMs + day * dayMs;
      const arrived = readings.filter(
        ({ taken }) => taken.getTime() > fromMs && taken.getTime() <= fromMs + dayMs,
      );
      const loss = arrived.map(asRow).reduce((sum, row) => sum + Math.abs(fit.predict(row) - row.y), 0);
      expect(lossSum[day], `day ${day}`).toBeCloseTo(loss, 8);
    }
  });

  longTests(() => {
    it('counts the labels there are, and those that wait', async () => {
      const cell = await replayed({ kind: 'never' });
      expect(cell.labels).toEqual(Array.from({ length: days }, (_, day) => knownAfter(day).length));
      const isOfLastDay = ({ taken }: Reading) => taken.getTime() > replayStartMs - dayMs;
      const lastDay = 24 - late.filter(isOfLastDay).length;
      // Late rows wait from the update that brings them.
      expect(cell.pendingLabels.slice(0, 4)).toEqual([
        lastDay,
        lastDay + 24,
        lastDay + 48 + late.length,
        lastDay + 72 + late.length,
      ]);
    });
  });
});

longTests(() => {
  describe('labels that come by a later update of a NULL', () => {
    const declarations = linearDeclarations.replace('y DOUBLE NOT NULL', 'y DOUBLE');
    const plain = dailyHistory(readings);
    const [first] = plain.arrivals;
    const isUntold = (_: unknown, place: number) => place % 4 === 0;
    const told = (first?.tables[0]?.rows ?? []).filter(isUntold);
    /** A quarter of the first day's rows come without a label, which the third day's update brings. */
    const later: History = {
      ...plain,
      arrivals: plain.arrivals.map((arrival, day): Arrival => {
        const [{ table, rows } = { table: 'readings', rows: [] }] = arrival.tables;
        if (day === 0)
          return {
            ...arrival,
            tables: [
              { table, rows: rows.map((row, place) => (isUntold(row, place) ? { ...row, y: null } : row)) },
            ],
          };
        if (day === 2)
          return { ...arrival, revises: true, tables: [{ table, rows: [...rows, ...told], replaces: true }] };
        return arrival;
      }),
    };

    async function shown(fed: History) {
      const seen: Observation[] = [];
      const trigger: RefreshTrigger = {
        observe(one) {
          seen.push(one);
          return { refresh: false };
        },
        refreshed: () => {},
      };
      const policy = policyOf({ kind: 'budget', refreshes: 1, per: dayMs });
      const options = { trigger, lossScale: 1, process: stoppedProcess };
      const experiment = experimentOf(declarations, { slice: 'kind' });
      const { cell } = await replayCell(experiment, policy, 1, fed, options);
      return { cell, losses: seen.map(({ losses }) => losses.length) };
    }

    it('are scored when they come, as the model said when their row came', async () => {
      const expected = await shown(plain);
      const { cell, losses } = await shown(later);
      expect(told).toHaveLength(6);
      expect(cell.rows).toEqual(expected.cell.rows);
      for (const [day, loss] of expected.cell.lossSum.entries())
        expect(cell.lossSum[day]).toBeCloseTo(loss, 9);
      expect(cell.slices.map(({ value, rows }) => [value, rows])).toEqual(
        expected.cell.slices.map(({ value, rows }) => [value, rows]),
      );
      // A trigger hears of them with the update that brings them, and of the others a day after their event.
      expect(expected.losses).toEqual([0, 24, 24, 24, 24, 24]);
      expect(losses).toEqual([0, 18, 30, 24, 24, 24]);
    });
  });
});
