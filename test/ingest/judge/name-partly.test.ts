import { expect, test } from 'vitest';
import type { ColumnCase } from '../../../src/ingest/judge/column-case.ts';
import { nameCause } from '../../../src/ingest/judge/name-cause.ts';
import type { TestResult } from '../../../src/ingest/judge/test-result.ts';
import { measureColumn } from '../../../src/ingest/profile/batch-profile.ts';
import { createMeasureWork } from '../../../src/ingest/profile/measure-work.ts';
import { Random } from '../../support/random.ts';

function resultOf(statistic: string, expected: number, observed: number, effect: number): TestResult {
  return {
    ...{ column: 'x', model: null, others: [], statistic, value: null, kind: 'measure' },
    ...{ expected, observed, effect, scale: 1, pValue: 1e-9, isTelling: true },
    ...{ beyond: 3, isLarge: true, isExact: false, updates: 60 },
  };
}

function caseOf(values: readonly (number | string)[], tests: readonly TestResult[]): ColumnCase {
  const isText = values.some((value) => typeof value === 'string');
  const column = {
    ...{ name: 'x', kind: isText ? ('text' as const) : ('number' as const) },
    numbers: Float64Array.from(isText ? [] : values, Number),
    texts: isText ? values.map(String) : [],
    present: new Uint8Array(values.length).fill(1),
  };
  return {
    column: measureColumn(column, null, createMeasureWork()),
    ...{ known: null, usualLow: 40, usualMiddle: 70, usualHigh: 120, tests },
  };
}

const random = new Random(6);
const usual = random.list(400, () => 40 + 80 * random.next());

test('a part of a column that is multiplied, within all there ever was, is a change of unit', () => {
  const broken = usual.map((value, row) => (row % 5 === 0 ? value * 10 : value));
  const { cause, facts } = nameCause(caseOf(broken, [resultOf('q95', 120, 900, Math.log(7.5))]));
  expect([cause, facts]).toEqual(['unit-change', { factor: 10 }]);
  expect(nameCause(caseOf(usual, [resultOf('q95', 120, 150, Math.log(1.25))])).cause).toBe('covariate-drift');
});

test('numbers that were never there are noise, unless the column is another than it was', () => {
  const told = (share: number) => nameCause(caseOf(usual, [resultOf('new-values', 0.001, share, share)]));
  expect(told(0.2)).toMatchObject({
    cause: 'noise',
    explanation: '20 % of "x" are values never seen, where 0.10 % is usual',
  });
  expect(told(0.9).cause).toBe('covariate-drift');
});

test('one value in place of all others is a flood, whatever shows it', () => {
  const fog = usual.map((_, row) => (row < 395 ? 'Fog' : 'Clouds'));
  const tests = [resultOf('length', 5.3, 3, -0.5)];
  expect(nameCause(caseOf(fog, tests))).toMatchObject({ cause: 'category-flood', facts: { value: 'Fog' } });
  const mixed = usual.map((_, row) => (row % 2 === 0 ? 'Fog' : 'Mist'));
  expect(nameCause(caseOf(mixed, tests)).cause).toBe('covariate-drift');
});

test.each([
  ['Clouts', 'Clouds'],
  ['2', null],
])('what "%s" was meant to be is guessed of words, and not of codes: %s', (value, meant) => {
  const known = { least: 0, greatest: 0, values: new Set(['1', 'Clouds']), patterns: null, latest: null };
  const column = {
    ...{ name: 'x', kind: 'text' as const, numbers: new Float64Array() },
    ...{ texts: [value, 'Clouds', '1'], present: new Uint8Array(3).fill(1) },
  };
  const of = caseOf(usual, [resultOf('new-values', 0, 0.3, 0.3)]);
  const told = nameCause({ ...of, known, column: measureColumn(column, known, createMeasureWork()) });
  const repair = meant === null ? null : `{c} = '${meant}'`;
  expect(told).toMatchObject({ cause: 'new-category', facts: { value, meant }, repair });
});
