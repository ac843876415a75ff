import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { planFeatures } from '../../src/model/feature-plan.ts';
import { ModelFitter } from '../../src/model/model-fitter.ts';
import { OnnxRuntime } from '../../src/model/onnx-runtime.ts';
import { advanceSources, type TrainingRelation } from '../../src/model/row-source.ts';
import { decodeState, encodeState } from '../../src/model/state-codec.ts';
import { needsRebase, rowCount, type SumsState } from '../../src/model/sums-state.ts';
import { trainingBoundsAt } from '../../src/model/training-window.ts';
import { longTests } from '../support/depth.ts';
import { ridgePredictor } from '../support/ridge-predictor.ts';
import { ridgeModel, TrainingTable, trainingSet } from '../support/training-table.ts';

const schema = [
  { name: 'x', type: 'DOUBLE' },
  { name: 'b', type: 'BOOLEAN' },
  { name: 'c', type: 'VARCHAR' },
  { name: 'y', type: 'DOUBLE' },
];
const definition = trainingSet();
const bounds = trainingBoundsAt(definition, 0);
const relation: TrainingRelation = { name: 'ts', eventTime: null };
const plan = planFeatures(ridgeModel(), definition, schema);
const dropping = planFeatures(ridgeModel({ missing: 'drop' }), definition, schema);
const options = { l2: 1, standardize: true };
const runtime = new OnnxRuntime();
const fitter = new ModelFitter(runtime);
afterAll(() => runtime.close());

const plainRows = `SELECT sin(i) * 3 AS x, i % 3 = 0 AS b, ['p', 'q', 'r'][1 + i % 3] AS c, cos(i) + i % 3 AS y FROM range(200) r(i)`;

describe('the sums', () => {
  let table: TrainingTable;
  beforeAll(async () => {
    table = await TrainingTable.open(schema);
  });
  afterAll(() => table.close());

  const full = (using = plan) =>
    table.read(async (s) => (await fitter.fitFull(s, using, relation, bounds)).state);
  async function after(state: SumsState, using: typeof plan, change: { insert?: string; remove?: string }) {
    const from = { version: table.version, bounds };
    await table.update(change);
    const sources = advanceSources(relation, from, { version: table.version, bounds });
    return (await table.read((snapshots) => fitter.advance(snapshots, using, state, sources))).state;
  }

  it('come back bit for bit from their bytes', async () => {
    await table.update({ remove: 'true', insert: plainRows });
    const state = await full();
    const bytes = encodeState(state);
    const shifted = new Uint8Array(bytes.length + 3);
    shifted.set(bytes, 3);
    expect(decodeState(shifted.subarray(3))).toEqual(state);
    expect(encodeState(decodeState(bytes))).toEqual(bytes);
    expect(() => decodeState(bytes.slice(0, 8))).toThrow(/not one of this release/);
    expect(() => decodeState(Uint8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12))).toThrow(
      /refresh|release/,
    );
  });

  it('are left as they were by an advance', async () => {
    await table.update({ remove: 'true', insert: plainRows });
    const state = await full();
    const bytes = encodeState(state);
    await after(state, plan, { insert: `SELECT 7, true, 'new', 1`, remove: `c = 'p'` });
    expect(encodeState(state)).toEqual(bytes);
  });

  it('forget a level, a missing value and everything else without a trace', async () => {
    await table.update({ remove: 'true', insert: plainRows });
    const before = await full();
    const guests = `SELECT NULL, NULL, NULL, 0.1 * i FROM range(5) r(i) UNION ALL SELECT i * 0.7, true, 'guest', -i FROM range(9) r(i)`;
    const withGuests = await after(before, plan, { insert: guests });
    expect(withGuests.levels).toEqual([['guest', 'p', 'q', 'r', null]]);
    const again = await after(withGuests, plan, { remove: `c IS NULL OR c = 'guest'` });
    expect({ ...again, budget: null }).toEqual({ ...before, budget: null });
    const empty = await after(again, plan, { remove: 'true' });
    expect(rowCount(empty)).toBe(0);
    expect(empty.levels).toEqual([[]]);
    expect(empty.dense.high.every((value) => value === 0)).toBe(true);
    expect(needsRebase(empty)).toBeNull();
    expect(() => fitter.solve(plan, empty, options)).toThrow(/no row to fit/);
    const refilled = await after(empty, plan, { insert: plainRows });
    expect({ ...refilled, budget: null }).toEqual({ ...before, budget: null });
  });

  it('leave out rows with an infinite or missing label and infinite features; a NaN feature is missing', async () => {
    const odd = `SELECT * FROM (VALUES ('inf'::DOUBLE, true, 'z', 1.0), (1, true, 'z', '-inf'::DOUBLE), (1, true, 'z', 'nan'::DOUBLE), (1, false, 'z', NULL), (1e101, true, 'z', 3), (1e308, true, 'z', -1e308))`;
    await table.update({ remove: 'true', insert: plainRows });
    const clean = await full();
    const advanced = await after(clean, plan, { insert: odd });
    expect({ ...advanced, budget: null }).toEqual({ ...clean, budget: null });
    const scratch = await full();
    expect(scratch.levels).toEqual(clean.levels);
    expect(rowCount(scratch)).toBe(200);
    expect(fitter.solve(plan, scratch, options).offset).toBeCloseTo(
      fitter.solve(plan, clean, options).offset,
      12,
    );

    const withNaN = await after(advanced, plan, { insert: `SELECT 'nan'::DOUBLE, true, 'p', 5` });
    const [feature] = fitter.solve(plan, withNaN, options).features;
    expect([rowCount(withNaN), feature?.missingRows]).toEqual([201, 1]);
    await table.update({ remove: 'isnan(x)', insert: `SELECT NULL, true, 'p', 5` });
    expect(fitter.solve(plan, await full(), options).features[0]).toEqual(feature);
  });

  it('with missing = drop hold only rows without a gap', async () => {
    await table.update({ remove: 'true', insert: plainRows });
    const clean = await full(dropping);
    const gaps = `SELECT * FROM (VALUES (NULL, true, 'p', 1.0), (1, NULL, 'p', 1), (1, true, NULL, 1), ('nan'::DOUBLE, true, 'p', 1))`;
    const advanced = await after(clean, dropping, { insert: gaps });
    expect({ ...advanced, budget: null }).toEqual({ ...clean, budget: null });
    expect(rowCount(await full(dropping))).toBe(200);
    const predict = ridgePredictor(dropping, fitter.solve(dropping, advanced, options));
    expect([predict({ x: 1, b: true, c: null }), predict({ x: null, b: true, c: 'p' })]).toEqual([
      null,
      null,
    ]);
  });

  it('give an unseen level nothing, and a level of its own to NULL', async () => {
    await table.update({
      remove: 'true',
      insert: `${plainRows} UNION ALL SELECT i, false, NULL, 50 FROM range(20) r(i)`,
    });
    const parameters = fitter.solve(plan, await full(), options);
    const predict = ridgePredictor(plan, parameters);
    const unseen = predict({ x: 1, b: false, c: 'never' }) ?? 0;
    const ofNull = parameters.categories[0]?.levels.find(({ level }) => level === null);
    expect(ofNull?.rows).toBe(20);
    expect((predict({ x: 1, b: false, c: null }) ?? 0) - unseen).toBeCloseTo(ofNull?.weight ?? 0, 10);
    expect(ofNull?.weight).toBeGreaterThan(10);
  });

  longTests(() => {
    it('ask for a fresh pivot when little is left of what passed through, and get it', async () => {
      await table.update({
        remove: 'true',
        insert: 'SELECT 1e12 * sin(i), false, NULL, 1e12 * cos(i) FROM range(200000) r(i)',
      });
      const state = await full();
      expect(needsRebase(state)).toBeNull();
      const left = await after(state, plan, {
        remove: 'true',
        insert: 'SELECT i / 8, false, NULL, i * i FROM range(6) r(i)',
      });
      expect(needsRebase(left)).toBe('state-rebase');
      const fresh = await full();
      expect(needsRebase(fresh)).toBeNull();
      expect(fitter.solve(plan, fresh, { l2: 0, standardize: true }).features[0]?.weight).toBeCloseTo(40, 10);
    });

    it('find their pivot although the first rows are nothing like the rest', async () => {
      const rows = `SELECT CASE WHEN i < 20000 THEN 1e9 + i % 2 ELSE sin(i) END, false, NULL, sin(i) FROM range(150000) r(i)`;
      await table.update({ remove: 'true', insert: rows });
      await table.update({ remove: 'x > 1e8' });
      await table.update({ insert: 'SELECT 2e9, false, NULL, 0' });
      expect(needsRebase(await full())).toBeNull();
    });

    it('do not depend on the number of streams', async () => {
      await table.update({
        remove: 'true',
        insert: `SELECT sin(i), i % 3 = 0, 'l' || i % 9, CASE WHEN i % 1000 = 7 THEN NULL ELSE cos(i) END FROM range(300000) r(i)`,
      });
      const states: Uint8Array[] = [];
      for (const streams of [1, 2, 3]) {
        const { state, rowsRead } = await table.read(
          (s) => fitter.fitFull(s, plan, relation, bounds),
          streams,
        );
        expect(rowsRead).toBe(299_700);
        states.push(encodeState(state));
      }
      expect(states[1]).toEqual(states[0]);
      expect(states[2]).toEqual(states[0]);
    });

    it('read a training set that is a DuckDB view', async () => {
      await table.update({ remove: 'true', insert: plainRows });
      const direct = await full();
      const behind = await TrainingTable.open(schema);
      await behind.store.write(async (tx) => {
        await tx.run('DROP TABLE view."ts"');
        await tx.run(`CREATE VIEW view."ts" AS ${plainRows}`);
      });
      const { state } = await behind.read((s) => fitter.fitFull(s, plan, relation, bounds), 2);
      await behind.close();
      expect(encodeState(state)).toEqual(encodeState(direct));
    });
  });

  it('refuse more levels than can be solved', async () => {
    await table.update({ remove: 'true', insert: `SELECT 1, true, 'l' || i, i FROM range(2001) r(i)` });
    await expect(full()).rejects.toMatchObject({ code: 'unsupported' });
  });
});
