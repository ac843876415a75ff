import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planFeatures } from '../../src/model/feature-plan.ts';
import { ModelFitter } from '../../src/model/model-fitter.ts';
import { gramOf, type Precision } from '../../src/model/moment-kernel.ts';
import { OnnxRuntime } from '../../src/model/onnx-runtime.ts';
import { advanceSources, type TrainingRelation } from '../../src/model/row-source.ts';
import { holdsDigits, isFine } from '../../src/model/summing-precision.ts';
import type { SumsState } from '../../src/model/sums-state.ts';
import { trainingBoundsAt } from '../../src/model/training-window.ts';
import { firstOf, longTests } from '../support/depth.ts';
import { binary, type Rational, toNumber } from '../support/exact-least-squares.ts';
import { ridgeModel, TrainingTable, trainingSet } from '../support/training-table.ts';

const runtime = new OnnxRuntime();
const fitter = new ModelFitter(runtime);
afterAll(() => runtime.close());

const add = (a: Rational, b: Rational): Rational => ({
  over: a.over * b.under + b.over * a.under,
  under: a.under * b.under,
});
const multiply = (a: Rational, b: Rational): Rational => ({
  over: a.over * b.over,
  under: a.under * b.under,
});

describe('sums of products', () => {
  it.each([
    ['plain', -48],
    ['split', -68],
    ['fine', -100],
  ] as const)('are %s to 2^%i of what is summed', async (precision: Precision, bits) => {
    const rows = 500;
    const numbers = Array.from({ length: rows }, (_, i) => [
      Math.sin(i) * 7 + 3,
      Math.exp(Math.cos(i * i) * 9),
    ]);
    const pivots = [3, 88];
    const data = Float64Array.from([...numbers.map(([a = 0]) => a), ...numbers.map(([, b = 0]) => b)]);
    const { gram, rests } = await gramOf(
      runtime,
      precision,
      { data, shape: [2, rows] },
      { data: Float64Array.from(pivots), shape: [2, 1] },
    );
    // only fine products see what x − pivot rounds away
    const less = (x: number, pivot: number) =>
      precision === 'fine' ? add(binary(x), binary(-pivot)) : binary(x - pivot);
    const centred = numbers.map((line) => line.map((x, j) => less(x, pivots[j] ?? 0)));
    for (const [at, i, j] of [
      [0, 0, 0],
      [1, 0, 1],
      [2, 1, 0],
      [3, 1, 1],
    ] as const) {
      const zero: Rational = { over: 0n, under: 1n };
      const products = centred.map((line) => multiply(line[i] ?? zero, line[j] ?? zero));
      const size = Math.sqrt(
        [i, j].reduce<number>(
          (all, k) => all * centred.reduce((sum, line) => sum + toNumber(line[k] ?? zero) ** 2, 0),
          1,
        ),
      );
      const parts = [gram, ...rests].map((part) => binary(-(part[at] ?? 0)));
      const error = toNumber([...products, ...parts].reduce(add, zero));
      expect(Math.abs(error) / size).toBeLessThan(2 ** bits);
    }
  });
});

describe('how finely to sum', () => {
  const schema = ['u', 'v', 'w', 'y'].map((name) => ({ name, type: 'DOUBLE' }));
  const plan = planFeatures(ridgeModel(), trainingSet(), schema);
  const bounds = trainingBoundsAt(trainingSet(), 0);
  const relation: TrainingRelation = { name: 'ts', eventTime: null };
  const least = { l2: 0, standardize: true };
  let table: TrainingTable;
  beforeAll(async () => {
    table = await TrainingTable.open(schema);
  });
  afterAll(() => table.close());

  /** v is u but for a part of `apart`; w goes its own way. */
  const rowsSql = (count: number, apart: number) =>
    `SELECT u, u + ${apart} * sin(i * i) AS v, w, 2 * u - w + sin(7 * i) AS y
     FROM (SELECT i, cos(i) AS u, sin(3 * i) AS w FROM range(${count}) r(i))`;
  const fit = async (count: number, apart: number, needs: typeof least | null = least) => {
    await table.update({ remove: 'true', insert: rowsSql(count, apart) });
    return table.read((s) => fitter.fitFull(s, plan, relation, bounds, needs));
  };

  it.each(
    firstOf(
      [
        { apart: 1, rows: 500, passes: 1, fine: false },
        { apart: 1e-9, rows: 500, passes: 2, fine: true },
        { apart: 0, rows: 500, passes: 1, fine: false },
        { apart: 1, rows: 140_000, passes: 1, fine: false },
        { apart: 1e-5, rows: 140_000, passes: 2, fine: false },
        { apart: 0, rows: 140_000, passes: 2, fine: false },
        { apart: 1e-9, rows: 140_000, passes: 3, fine: true },
      ],
      3,
    ),
  )('$rows rows of columns $apart apart take $passes passes', async ({ apart, rows, passes, fine }) => {
    const { state, rowsRead } = await fit(rows, apart);
    expect([rowsRead / rows, isFine(state)]).toEqual([passes, fine]);
    expect(holdsDigits(plan, state, least)).toBe(true);
  });

  longTests(() => {
    it('is not asked of a fit that a penalty keeps from being singular', async () => {
      const ridge = { l2: 1, standardize: true };
      const { state, rowsRead } = await fit(140_000, 1e-9, ridge);
      expect(rowsRead).toBe(140_000);
      expect(holdsDigits(plan, state, ridge)).toBe(true);
      expect(holdsDigits(plan, state, least)).toBe(false);
    });
  });

  it('goes on finely from fine sums, and tells when coarser ones no longer hold', async () => {
    const { state } = await fit(500, 1e-9);
    const { version } = table;
    await table.update({ insert: 'SELECT u * 3, v * 3, w - 1, y + 1000 FROM view."ts" LIMIT 200' });
    await table.update({ remove: 'y > 900' });
    const to = { version: table.version, bounds };
    const sources = advanceSources(relation, { version, bounds }, to);
    const moved = await table.read((s) => fitter.advance(s, plan, state, sources));
    expect(isFine(moved.state)).toBe(true);
    const [one, other] = [state, moved.state].map((of) => fitter.solve(plan, of, least));
    one?.features.forEach(({ weight }, index) => {
      expect(other?.features[index]?.weight).toBeCloseTo(weight, 2);
      expect(Math.abs((other?.features[index]?.weight ?? 0) / weight - 1)).toBeLessThan(1e-9);
    });

    const apart = await fit(500, 1);
    const before = { version: table.version, bounds };
    await table.update({ remove: 'true', insert: rowsSql(400, 1e-9) });
    const after = { version: table.version, bounds };
    const changed = await table.read((s) =>
      fitter.advance(s, plan, apart.state, advanceSources(relation, before, after)),
    );
    expect(holdsDigits(plan, changed.state, least)).toBe(false);
  });

  longTests(() => {
    it('goes on plainly from plain sums, while that costs no digit that they have', async () => {
      const { state } = await fit(140_000, 1);
      const { version } = table;
      await table.update({ remove: 'u > 0.9', insert: rowsSql(2_000, 1) });
      const sources = advanceSources(relation, { version, bounds }, { version: table.version, bounds });
      const advanced = (from: SumsState) => table.read((s) => fitter.advance(s, plan, from, sources));
      const { state: moved } = await advanced(state);
      const scratch = await table.read((s) => fitter.fitFull(s, plan, relation, bounds, least));
      expect(Math.max(...moved.budget.exact)).toBe(0);
      moved.budget.rounded.forEach((spent, measure) => {
        expect(spent).toBeGreaterThan(state.budget.rounded[measure] ?? 0);
      });
      const [one, other] = [moved, scratch.state].map((of) => fitter.solve(plan, of, least));
      one?.features.forEach(({ weight }, index) => {
        expect(Math.abs((other?.features[index]?.weight ?? 0) / weight - 1)).toBeLessThan(1e-9);
      });

      const rounded = state.budget.rounded.map((spent) => 20 * spent);
      const worn: SumsState = { ...state, budget: { ...state.budget, rounded } };
      const { state: careful } = await advanced(worn);
      expect(careful.budget.rounded).toEqual(rounded);
      expect(Math.min(...careful.budget.exact)).toBeGreaterThan(0);
    });
  });
});
