import { expect, test } from 'vitest';
import { compareBatch } from '../../../src/ingest/judge/compare-batch.ts';
import { emptyHistory, withUpdate } from '../../../src/ingest/judge/table-history.ts';
import type { BatchColumns } from '../../../src/ingest/profile/batch-columns.ts';
import { measureBatch } from '../../../src/ingest/profile/batch-profile.ts';
import { Random } from '../../support/random.ts';

const [dayMs, rows, days] = [86_400_000, 400, 40];
const plan = {
  columns: ['tax', 'fee', 'x', 'y'],
  correlations: [['tax', 'fee'] as const, ['x', 'y'] as const],
  rules: [],
  dependencies: [],
};

/**
 * Two columns that are usual in all but a few rows, some of which are odd in both; and two numbers that go together.
 *
 * @param odd rows that are odd in both, and in the first alone
 */
function day(random: Random, [both, first]: readonly [number, number], isBroken = false): BatchColumns {
  const x = random.list(rows, () => random.next());
  const y = isBroken ? random.list(rows, () => random.next()) : x.map((value) => value + random.next() / 2);
  const columns = {
    tax: x.map((_, row) => (row < both + first ? 0 : 0.5)),
    fee: x.map((_, row) => (row < both ? 0 : 0.3)),
    ...{ x, y },
  };
  const present = new Uint8Array(rows).fill(1);
  return {
    rows,
    columns: Object.entries(columns).map(([name, values]) => ({
      ...{ name, kind: 'number', texts: [], present },
      numbers: Float64Array.from(values),
    })),
  };
}

const random = new Random(9);
let history = { ...emptyHistory, plan };
for (let number = 0; number < days; number++) {
  const batch = day(random, [random.int(1, 2), random.int(2, 5)]);
  const unit = {
    ...{ version: number, atMs: number * dayMs, subjects: [], blocking: [] },
    profile: measureBatch(batch, plan, new Map()),
  };
  history = { ...withUpdate(history, unit, 'learned').history, plan };
}

function correlationsOf(batch: BatchColumns) {
  const profile = measureBatch(batch, plan, new Map());
  const { results } = compareBatch(profile, history, days * dayMs, () => true);
  return results.filter(({ statistic }) => statistic === 'correlation');
}

test('a correlation that one or two odd rows make perfect is as usual', () => {
  const [tied] = correlationsOf(day(random, [2, 0]));
  expect(tied).toMatchObject({ column: 'tax', others: ['fee'] });
  expect(tied?.observed).toBeLessThan(1);
  expect(tied?.pValue).toBeGreaterThan(0.001);
});

test('a correlation that rows of every value show is told when it is gone', () => {
  const [, whole] = correlationsOf(day(random, [2, 3]));
  expect(whole?.pValue).toBeGreaterThan(0.01);
  const [, gone] = correlationsOf(day(random, [2, 3], true));
  expect(gone).toMatchObject({ column: 'x', others: ['y'], isTelling: true });
  expect(gone?.pValue).toBeLessThan(1e-6);
});
