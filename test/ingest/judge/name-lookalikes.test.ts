import { expect, test } from 'vitest';
import type { CatalogueCause } from '../../../src/core/verdict.ts';
import { versionOf } from '../../../src/core/version.ts';
import { seededRandom } from '../../../src/ingest/drill/seeded-random.ts';
import { judgeProfile } from '../../../src/ingest/judge/judge-profile.ts';
import { emptyHistory, knownColumns, withUpdate } from '../../../src/ingest/judge/table-history.ts';
import { unknownUse } from '../../../src/ingest/judge/table-use.ts';
import type { BatchColumns } from '../../../src/ingest/profile/batch-columns.ts';
import { measureBatch, noJointPlan } from '../../../src/ingest/profile/batch-profile.ts';

const dayMs = 86_400_000;
const rows = 480;
const names = ['at', 'price', 'paid'];
const prices = [9.99, 14.5, 19.99, 24, 49.9, 99];

type Sale = { readonly at: number; readonly price: number; readonly paid: number };

/** A day of sales, one every three minutes, of things that have one of six prices. */
function day(number: number, random: () => number): Sale[] {
  return Array.from({ length: rows }, (_, row) => ({
    at: number * dayMs + row * (dayMs / rows),
    price: prices[Math.floor(6 * random() * random())] ?? 0,
    paid: Math.round(100 * (20 + 5 * (random() + random() + random()))) / 100,
  }));
}

function batchOf(sales: readonly Sale[]): BatchColumns {
  const column = (name: string, kind: 'number' | 'time', value: (sale: Sale) => number) => ({
    ...{ name, kind, texts: [], present: new Uint8Array(sales.length).fill(1) },
    numbers: Float64Array.from(sales, value),
  });
  return {
    rows: sales.length,
    columns: [
      column('at', 'time', ({ at }) => at),
      column('price', 'number', ({ price }) => price),
      column('paid', 'number', ({ paid }) => paid),
    ],
  };
}

const random = seededRandom(3);
let history = emptyHistory;
for (let number = 0; number < 30; number++) {
  const profile = measureBatch(batchOf(day(number, random)), noJointPlan, knownColumns(history, names));
  const unit = { version: number, atMs: (number + 1) * dayMs, profile, subjects: [], blocking: [] };
  history = withUpdate({ ...history, plan: noJointPlan }, unit, 'learned').history;
}

function causesOf(sales: readonly Sale[]): CatalogueCause[] {
  const known = knownColumns(history, names);
  const profile = measureBatch(batchOf(sales), noJointPlan, known);
  const judged = { table: 't', version: versionOf(31), atMs: 32 * dayMs, profile, known };
  const { findings } = judgeProfile(
    { ...judged, falseAlarmsPerMonth: 1, updatesPerMonth: 30, use: unknownUse },
    history,
  );
  return findings.map(({ cause }) => cause);
}

const usual = day(30, random);

test('a usual day is usual', () => {
  expect(causesOf(usual)).toEqual([]);
});

test('one value in all rows is a column that is stuck, however near a known factor it lies', () => {
  expect(causesOf(usual.map((sale) => ({ ...sale, paid: 60.63 })))).toEqual(['frozen-column']);
});

test('999 among other prices in cents is no sentinel; by itself it is one', () => {
  expect(causesOf(usual.map((sale) => ({ ...sale, price: 100 * sale.price })))).toEqual(['unit-change']);
  const broken = usual.map((sale, row) => (row % 10 === 0 ? { ...sale, price: 999 } : sale));
  expect(causesOf(broken)).toEqual(['sentinel']);
});

test('a day that did not come shifts no hours', () => {
  expect(causesOf(day(31, random))).toEqual(['missing-rows']);
});

test('a night without rows is one finding', () => {
  expect(causesOf(usual.filter(({ at }) => at - 30 * dayMs >= dayMs / 4))).toEqual(['missing-rows']);
});
