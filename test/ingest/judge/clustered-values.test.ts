import { expect, test } from 'vitest';
import type { Finding } from '../../../src/core/verdict.ts';
import { versionOf } from '../../../src/core/version.ts';
import { seededRandom } from '../../../src/ingest/drill/seeded-random.ts';
import { afterShift } from '../../../src/ingest/judge/column-past.ts';
import { judgeProfile } from '../../../src/ingest/judge/judge-profile.ts';
import { emptyHistory, knownColumns, withUpdate } from '../../../src/ingest/judge/table-history.ts';
import { unknownUse } from '../../../src/ingest/judge/table-use.ts';
import type { BatchColumns } from '../../../src/ingest/profile/batch-columns.ts';
import { measureBatch, noJointPlan } from '../../../src/ingest/profile/batch-profile.ts';

const dayMs = 86_400_000;
const [shops, rowsEach] = [40, 50];

/** A day: each shop has a temperature, which all of its rows show. */
function day(random: () => number): number[] {
  const degrees = Array.from({ length: shops }, () => Math.round(200 + 300 * random()) / 10);
  return Array.from({ length: shops * rowsEach }, (_, row) => degrees[Math.floor(row / rowsEach)] ?? 0);
}

function batchOf(values: readonly number[]): BatchColumns {
  const [rows, present] = [values.length, new Uint8Array(values.length).fill(1)];
  const numbers = Float64Array.from(values);
  return { rows, columns: [{ name: 'degrees', kind: 'number', texts: [], present, numbers }] };
}

const random = seededRandom(5);
let history = emptyHistory;
for (let number = 0; number < 40; number++) {
  const profile = measureBatch(batchOf(day(random)), noJointPlan, knownColumns(history, ['degrees']));
  const unit = { version: number, atMs: number * dayMs, profile, subjects: [], blocking: [] };
  history = withUpdate({ ...history, plan: noJointPlan }, unit, 'learned').history;
}

function told(values: readonly number[]): readonly Finding[] {
  const known = knownColumns(history, ['degrees']);
  const profile = measureBatch(batchOf(values), noJointPlan, known);
  const judged = { table: 't', version: versionOf(41), atMs: 41 * dayMs, profile, known };
  const { findings } = judgeProfile(
    { ...judged, falseAlarmsPerMonth: 1, updatesPerMonth: 30, use: unknownUse },
    history,
  );
  return findings.filter(({ severity }) => severity !== 'log');
}

test('the first frost of one shop is no error, however many rows show it', () => {
  const usual = day(random);
  expect(told(usual)).toEqual([]);
  const frost = usual.map((value, row) => (row < rowsEach ? -1 : value));
  expect(told(frost)).toEqual([]);
});

test('as few rows, of all shops, with a value that stands for none are one', () => {
  const broken = day(random).map((value, row) => (row % (2 * rowsEach) === 3 ? -1 : value));
  expect(told(broken).map(({ cause }) => cause)).toEqual(['sentinel']);
});

test('a step that makes good an early or late update is as usual, and no other is', () => {
  const weeks = [7, 7, 7, 7];
  expect(afterShift(6, 8, weeks)).toBe(7);
  expect(afterShift(6, 7, weeks)).toBe(6);
  expect(afterShift(700, 7, weeks)).toBe(700);
  expect(afterShift(9, 8, weeks)).toBe(9);
  expect(afterShift(6, Number.NaN, weeks)).toBe(6);
});
