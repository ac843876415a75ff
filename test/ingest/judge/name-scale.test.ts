import { expect, test } from 'vitest';
import type { ColumnCase } from '../../../src/ingest/judge/column-case.ts';
import { nameCause } from '../../../src/ingest/judge/name-cause.ts';
import type { TestResult } from '../../../src/ingest/judge/test-result.ts';
import { measureColumn } from '../../../src/ingest/profile/batch-profile.ts';
import { createMeasureWork } from '../../../src/ingest/profile/measure-work.ts';
import { drawNormal } from '../../support/draw-normal.ts';
import { Random } from '../../support/random.ts';

const random = new Random(12);

/** Fares as they are, with a fee of 3 in each: most are small, some go to the airport, and among many days there was one of 300. */
const fares = random.list(400, () =>
  random.chance(0.08) ? 38 : 3 + Math.round(2 * Math.exp(1.6 + 0.75 * drawNormal(random))) / 2,
);
const ordered = fares.toSorted((a, b) => a - b);
const greatest = 300;

function told(statistic: string, expected: number, observed: number, effect: number): TestResult {
  return {
    ...{ column: 'fare', model: null, others: [], statistic, value: null, kind: 'rate' },
    ...{ expected, observed, effect, scale: 1, pValue: 1e-20, isTelling: true },
    ...{ beyond: 9, isLarge: true, isExact: false, updates: 60 },
  };
}

/** The fares with a share of them multiplied, and what the judgement's tests say of it. */
function caseOf(factor: number, share: number): ColumnCase {
  const numbers = Float64Array.from(fares, (fare, row) => (row % 100 < share * 100 ? fare * factor : fare));
  const known = { least: -12, greatest, values: null, patterns: null, latest: null };
  const column = measureColumn(
    { name: 'fare', kind: 'number', numbers, texts: [], present: new Uint8Array(400).fill(1) },
    known,
    createMeasureWork(),
  );
  const at = (place: number) => ordered[Math.floor(place * (ordered.length - 1))] ?? 0;
  const beyond = column.novel.above / 400;
  const tests = [
    told('above-range', 0, beyond, beyond),
    told('far', 0, column.novel.far / 400, column.novel.far / 400),
    ...(share < 0.5 ? [] : [told('median', at(0.5), column.middle, Math.log(column.middle / at(0.5)))]),
  ];
  const [usualLow, usualMiddle, usualHigh] = [at(0.05), at(0.5), at(0.95)];
  return { column, known, usualLow, usualMiddle, usualHigh, tests };
}

test.each([0.03, 0.1, 0.2, 0.5, 0.7, 0.8, 0.95])(
  'a unit changed in a share of %d of the rows is told of these rows, and they alone are put right',
  (share) => {
    const { cause, facts, rows, repair, explanation } = nameCause(caseOf(100, share));
    expect([cause, facts, rows, repair]).toEqual([
      'unit-change',
      { factor: 100 },
      `{c} > ${greatest}`,
      '{c} = {c} / 100',
    ]);
    const percent = Number(/in ([\d.]+) %/.exec(explanation)?.[1]);
    expect(Math.abs(percent - 100 * share)).toBeLessThan(2);
  },
);

test('a unit changed in all rows is told of all', () => {
  expect(nameCause(caseOf(100, 1))).toMatchObject({ rows: 'TRUE', repair: '{c} = {c} / 100' });
  // Most of what is ten times as much lies where other values did.
  expect(nameCause(caseOf(10, 1))).toMatchObject({
    facts: { factor: 10 },
    rows: 'TRUE',
    repair: '{c} = {c} / 10',
  });
});

test('where nothing tells the multiplied rows from the others, no statement is offered for them', () => {
  expect(nameCause(caseOf(10, 0.8))).toMatchObject({
    cause: 'unit-change',
    facts: { factor: 10 },
    rows: null,
    repair: null,
  });
});
