import { expect, test } from 'vitest';
import type { BatchColumn, BatchColumns } from '../../../src/ingest/profile/batch-columns.ts';
import { measureBatch } from '../../../src/ingest/profile/batch-profile.ts';
import { chooseDependencies, codesOf, countUnlike } from '../../../src/ingest/profile/dependency.ts';
import { chooseJointPlan, grownPlan } from '../../../src/ingest/profile/joint-plan.ts';
import { mergeSketches, sharedValues, sketchOf } from '../../../src/ingest/profile/value-sketch.ts';
import { Random } from '../../support/random.ts';

function numbers(name: string, values: readonly (number | null)[]): BatchColumn {
  return {
    ...{ name, kind: 'number', texts: [] },
    numbers: Float64Array.from(values, (value) => value ?? 0),
    present: Uint8Array.from(values, (value) => (value === null ? 0 : 1)),
  };
}

function texts(name: string, values: readonly string[]): BatchColumn {
  return {
    ...{ name, kind: 'text', numbers: new Float64Array(), texts: values },
    present: new Uint8Array(values.length).fill(1),
  };
}

/** Shops with a city each; a price that is anything. */
function shops(random: Random, rows = 400, discounted = false): BatchColumns {
  const ids = random.list(rows, () => random.int(0, 19));
  const columns = [
    numbers('shop', ids),
    texts(
      'city',
      ids.map((id) => `city ${id % 7}`),
    ),
    numbers(
      'price',
      random.list(rows, () => random.next()),
    ),
    numbers(
      'rebate',
      ids.map((id) => (discounted ? id * 1.5 : null)),
    ),
  ];
  return { rows, columns };
}

test('a dependency is found where it holds and would not by chance, and each row against it is counted', () => {
  const batch = shops(new Random(1));
  const found = chooseDependencies(batch.columns, batch.rows);
  expect(found).toEqual([{ kind: 'determines', a: 'city', b: 'shop', part: null }]);
  const plan = chooseJointPlan(batch);
  const [, city] = batch.columns;
  const wrong = (city?.texts ?? []).map((text, row) => (row % 100 === 7 ? 'nowhere' : text));
  const broken = {
    ...batch,
    columns: batch.columns.map((one) => (one === city ? { ...one, texts: wrong } : one)),
  };
  expect(measureBatch(batch, plan, new Map()).dependencies).toEqual([[0, 400]]);
  expect(measureBatch(broken, plan, new Map()).dependencies).toEqual([[4, 400]]);
});

test('rows unlike the most of their group are counted as a plain count of groups says', () => {
  const random = new Random(3);
  for (let round = 0; round < 30; round++) {
    const by = random.list(60, () => random.int(0, 5));
    const of = random.list(60, () => random.int(0, 2));
    const groups = new Map<number, number[]>();
    for (const [row, group] of by.entries()) groups.set(group, [...(groups.get(group) ?? []), of[row] ?? 0]);
    let unlike = 0;
    let rows = 0;
    for (const values of groups.values()) {
      if (values.length < 2) continue;
      rows += values.length;
      unlike +=
        values.length - Math.max(...[0, 1, 2].map((one) => values.filter((value) => value === one).length));
    }
    expect(countUnlike(codesOf(numbers('by', by), null), codesOf(numbers('of', of), null))).toEqual({
      unlike,
      rows,
    });
  }
});

test('where nearly all rows are alike nothing depends on anything', () => {
  const by = numbers(
    'by',
    Array.from({ length: 100 }, (_, row) => row % 5),
  );
  const of = numbers(
    'of',
    Array.from({ length: 100 }, (_, row) => (row === 1 ? 1 : 0)),
  );
  expect(countUnlike(codesOf(by, null), codesOf(of, null))).toEqual({ unlike: 0, rows: 0 });
});

test('a plan grows by columns that come alive, and what it had keeps its place', () => {
  const random = new Random(5);
  const first = chooseJointPlan(shops(random));
  expect(first.dependencies.map(({ a }) => a)).toEqual(['city']);
  expect(grownPlan(first, shops(random))).toBe(first);
  const grown = grownPlan(first, shops(random, 400, true));
  expect(grown?.dependencies.map(({ a }) => a)).toEqual(['city', 'shop', 'rebate']);
});

test('samples of values say how many are shared, and those of parts make that of the whole', () => {
  const random = new Random(9);
  const hashes = random.list(2_000, () => Math.floor(random.next() * 2 ** 32));
  const half = sketchOf(hashes.slice(0, 1_000));
  const { shared, of } = sharedValues(sketchOf(hashes), half);
  expect(of).toBeGreaterThan(20);
  expect(Math.abs(shared / of - 0.5)).toBeLessThan(0.3);
  const merged = mergeSketches(half, sketchOf(hashes.slice(1_000)));
  const every = hashes.filter((hash) => hash < merged.below);
  expect([...merged.hashes].sort((a, b) => a - b)).toEqual(every.sort((a, b) => a - b));
  expect(sharedValues(half, half)).toEqual({ shared: half.hashes.length, of: half.hashes.length });
});
