import { expect, test } from 'vitest';
import type { CatalogueCause } from '../../../src/core/verdict.ts';
import { versionOf } from '../../../src/core/version.ts';
import { injectAll } from '../../../src/ingest/drill/inject.ts';
import { seededRandom } from '../../../src/ingest/drill/seeded-random.ts';
import { judgeProfile } from '../../../src/ingest/judge/judge-profile.ts';
import {
  emptyHistory,
  knownColumns,
  type TableHistory,
  withUpdate,
} from '../../../src/ingest/judge/table-history.ts';
import { unknownUse } from '../../../src/ingest/judge/table-use.ts';
import type { BatchColumns } from '../../../src/ingest/profile/batch-columns.ts';
import { measureBatch, noJointPlan } from '../../../src/ingest/profile/batch-profile.ts';
import { chooseJointPlan } from '../../../src/ingest/profile/joint-plan.ts';

const dayMs = 86_400_000;
const rows = 1_000;
const names = ['at', 'site', 'litres', 'bottles'];
const sites = ['Aachen', 'Bremen', 'Celle', 'Dresden'];

/** A day: readings at four sites; bottles are litres times four, by rule. */
function day(number: number, random: () => number): BatchColumns {
  const present = new Uint8Array(rows).fill(1);
  const numbers = (name: string, kind: 'number' | 'time', value: (row: number) => number) => ({
    ...{ name, kind, texts: [], present },
    numbers: Float64Array.from({ length: rows }, (_, row) => value(row)),
  });
  const litres = Array.from(
    { length: rows },
    () => Math.round((20 + 5 * (random() + random() + random())) * 100) / 100,
  );
  return {
    rows,
    columns: [
      numbers('at', 'time', (row) => number * dayMs + Math.floor((row / rows) * dayMs)),
      {
        ...{ name: 'site', kind: 'text', numbers: new Float64Array(), present },
        texts: Array.from({ length: rows }, () => sites[Math.floor(random() * 4)] ?? null),
      },
      numbers('litres', 'number', (row) => litres[row] ?? 0),
      numbers('bottles', 'number', (row) => 2 * (litres[row] ?? 0) + 3),
    ],
  };
}

function learned(random: () => number): { history: TableHistory; last: BatchColumns } {
  let history = emptyHistory;
  let last = day(0, random);
  for (let number = 0; number < 30; number++) {
    last = day(number, random);
    const plan = history.plan ?? chooseJointPlan(last);
    const profile = measureBatch(last, plan, knownColumns(history, names));
    const unit = { version: number, atMs: (number + 1) * dayMs, profile, subjects: [], blocking: [] };
    history = withUpdate({ ...history, plan }, unit, 'learned').history;
  }
  return { history, last };
}

function causesOf(batch: BatchColumns, history: TableHistory): CatalogueCause[] {
  const known = knownColumns(history, names);
  const profile = measureBatch(batch, history.plan ?? noJointPlan, known);
  const judged = { table: 't', version: versionOf(31), atMs: 31 * dayMs, profile, known };
  return judgeProfile(
    { ...judged, falseAlarmsPerMonth: 1, updatesPerMonth: 30, use: unknownUse },
    history,
  ).findings.map(({ cause }) => cause);
}

const random = seededRandom(11);
const { history, last } = learned(random);

test('usual days are usual', () => {
  for (let number = 0; number < 20; number++) expect(causesOf(day(30, random), history)).toEqual([]);
});

// A fifth of the rows; what takes more to be told from other causes is not asked for.
test.each<[CatalogueCause, string, number]>([
  ['null-burst', 'NULL in place of values', 0.05],
  ['implicit-null', "'N/A' in place of values", 0.05],
  ['sentinel', '-1 in place of values', 0.05],
  ['sentinel', '9999 in place of values', 0.05],
  ['unit-change', '× 100', 0.2],
  ['unit-change', '× 10', 1],
  ['unit-change', '÷ 1000', 1],
  ['sign-flip', '× −1', 0.2],
  ['not-a-number', 'infinity', 0.05],
  // Signs that were never seen are found in two rows of a thousand, and one is enough where it can be nothing else.
  ['null-burst', 'NULL in place of values', 0.002],
  ['not-a-number', 'infinity', 0.001],
  ['encoding-damage', 'UTF-8 read as Latin-1', 0.002],
  ['stale-column', 'values of the batch before, shuffled', 1],
  ['clock-skew', '+ 2 years', 0.2],
  ['time-shift', '+ 8 hours', 1],
  ['missing-rows', 'the last rows did not come', 0.2],
  ['missing-segment', 'one value of a category did not come', 1],
  ['duplicated-rows', 'rows came twice', 0.2],
  ['new-category', 'a letter dropped', 0.05],
  ['new-category', 'a blank behind', 0.05],
  ['encoding-damage', 'UTF-8 read as Latin-1', 0.05],
  ['pattern-break', 'in quotes', 0.05],
])('%s (%s) in %d of the rows is one finding, by its name', (cause, what, share) => {
  const context = { share, random: seededRandom(5), previous: last };
  const injection = injectAll(day(30, random), context).find(
    (one) => one.cause === cause && one.what === what,
  );
  expect(injection).toBeDefined();
  if (injection !== undefined) expect(causesOf(injection.batch, history)).toEqual([cause]);
});

test('what an error leaves as it is counts as none: day and month of the 20th', () => {
  const context = { share: 1, random: seededRandom(5), previous: last };
  const what = ({ cause }: { readonly cause: CatalogueCause }) => cause;
  expect(injectAll(day(20, random), context).map(what)).not.toContain('date-format');
  expect(injectAll(day(34, random), context).map(what)).toContain('date-format');
});
