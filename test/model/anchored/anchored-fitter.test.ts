import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { decodeAnchored, encodeAnchored } from '../../../src/model/anchored/anchored-codec.ts';
import {
  type Anchored,
  type AnchoredChoice,
  AnchoredFitter,
} from '../../../src/model/anchored/anchored-fitter.ts';
import type { AnchoredParameters } from '../../../src/model/anchored/anchored-parameters.ts';
import { sizeOf, trainingRows } from '../../../src/model/anchored/anchored-state.ts';
import { needsReframe } from '../../../src/model/anchored/state-frame.ts';
import type { FeaturePlan } from '../../../src/model/feature-plan.ts';
import { OnnxRuntime } from '../../../src/model/onnx-runtime.ts';
import { advanceSources, type TrainingRelation } from '../../../src/model/row-source.ts';
import { type TrainingBounds, trainingBoundsAt } from '../../../src/model/training-window.ts';
import { scoresAt } from '../../support/anchored-rows.ts';
import { firstOf, longTests } from '../../support/depth.ts';
import { failureOf } from '../../support/failure-of.ts';
import { TrainingTable, trainingSet } from '../../support/training-table.ts';

const schema = [
  { name: 'id', type: 'INTEGER' },
  { name: 'at', type: 'TIMESTAMP' },
  { name: 'a', type: 'DOUBLE' },
  { name: 'hole', type: 'DECIMAL(9,3)' },
  { name: 'flag', type: 'BOOLEAN' },
  { name: 'place', type: 'VARCHAR' },
  { name: 'said', type: 'VARCHAR' },
  { name: 'level', type: 'VARCHAR' },
  { name: 'count', type: 'INTEGER' },
  { name: 'amount', type: 'DOUBLE' },
];
const relation: TrainingRelation = { name: 'ts', eventTime: null };
const timed: TrainingRelation = { name: 'ts', eventTime: { name: 'at', type: 'TIMESTAMP' } };
const everything = trainingBoundsAt(trainingSet(), 0);
const options = { l2: 1, standardize: true };
const hourMs = 3_600_000;

function planFor(label: string, missing: 'impute' | 'drop' = 'impute'): FeaturePlan {
  return {
    model: 'm',
    measured: [
      { name: 'a', kind: 'numeric', source: { kind: 'column', column: 'a' } },
      { name: 'hole', kind: 'numeric', source: { kind: 'column', column: 'hole' } },
      { name: 'flag', kind: 'boolean', source: { kind: 'column', column: 'flag' } },
    ],
    categorical: [{ name: 'place', type: 'VARCHAR', source: { kind: 'column', column: 'place' } }],
    label,
    furtherLabels: [],
    labelType: label === 'said' || label === 'level' ? 'VARCHAR' : 'DOUBLE',
    task: label === 'said' || label === 'level' ? 'class' : 'number',
    weighting: null,
    missing,
  };
}

/** Pseudo-random but repeatable rows: DuckDB's hash of the id. */
function rowsSql(from: number, to: number, places = 4): string {
  const uniform = (salt: number) => `((hash(i, ${salt}) % 1000003) / 1000003.0)`;
  const signal = `(${uniform(1)} * 4 - 2 + CASE WHEN hash(i, 5) % ${places} = 1 THEN 1 ELSE 0 END)`;
  return `SELECT i::INTEGER AS id, make_timestamp(i * 3600000000::BIGINT) AS at, ${uniform(1)} * 4 - 2 AS a,
    CASE WHEN ${uniform(2)} < 0.2 THEN NULL ELSE ${uniform(3)} * 100 END AS hole, ${uniform(4)} < 0.4 AS flag,
    CASE WHEN ${uniform(6)} < 0.1 THEN NULL ELSE 'p' || (hash(i, 5) % ${places}) END AS place,
    CASE WHEN ${uniform(7)} < 1 / (1 + exp(-${signal})) THEN 'yes' ELSE 'no' END AS said,
    CASE WHEN ${uniform(8)} < 0.5 THEN 'mid' WHEN ${signal} > 0 THEN 'top' ELSE 'low' END AS level,
    floor(exp(${signal} / 2) * ${uniform(9)} * 3)::INTEGER AS count,
    exp(${signal} / 2) * (${uniform(9)} + 0.1) AS amount FROM range(${from}, ${to}) r(i)`;
}

const families: readonly (readonly [string, string, AnchoredChoice])[] = [
  ['logistic', 'said', { kind: 'logistic' }],
  ['multinomial', 'level', { kind: 'logistic' }],
  ['Poisson', 'count', { kind: 'poisson' }],
  ['gamma', 'amount', { kind: 'gamma' }],
  ['Huber', 'amount', { kind: 'huber', delta: 0.7 }],
];

describe('anchored families over a table', () => {
  const runtime = new OnnxRuntime();
  const fitter = new AnchoredFitter(runtime);
  let table: TrainingTable;
  beforeEach(async () => {
    table = await TrainingTable.open(schema);
  });
  afterEach(() => table.close());
  afterAll(() => runtime.close());

  const fit = (
    plan: FeaturePlan,
    choice: AnchoredChoice,
    from: Anchored | null = null,
    streams = 1,
    bounds: TrainingBounds = everything,
    l2 = 1,
  ) =>
    table.read(
      (snapshots) =>
        fitter.fitFull(
          snapshots,
          plan,
          bounds.training.kind === 'all' ? relation : timed,
          bounds,
          choice,
          { ...options, l2 },
          from,
        ),
      streams,
    );

  async function largestDifference(one: AnchoredParameters, other: AnchoredParameters): Promise<number> {
    const rows = await table.read(([s]) => s.rows('SELECT * FROM view."ts" WHERE id % 7 = 0'));
    const errors = rows.map((row) => {
      const text = row.place === null ? null : String(row.place);
      const numeric = [row.a, row.hole, row.flag].map((v) => (v === null ? null : Number(v)));
      const design = { numeric, categories: [text], y: 0 };
      const exact = scoresAt(other, design);
      return Math.max(...scoresAt(one, design).map((score, k) => Math.abs(score - (exact[k] ?? 0))));
    });
    return Math.max(...errors);
  }

  for (const [name, label, choice] of firstOf(families)) {
    it(`keeps ${name} regression within its certificate as rows change`, async () => {
      const plan = planFor(label);
      await table.update({ insert: rowsSql(0, 6_000) });
      const first = await fit(plan, choice);
      expect(first.parameters.certificate.worst).toBeLessThan(1e-8);
      const from = table.version;
      await table.update({ remove: 'id < 30', insert: rowsSql(6_000, 6_040) });
      const sources = advanceSources(
        relation,
        { version: from, bounds: everything },
        { version: table.version, bounds: everything },
      );
      const advanced = await table.read((s) => fitter.advance(s, plan, first.state, first.method, sources));
      if (advanced.kind !== 'advanced') throw new Error(advanced.kind);
      expect(advanced.rowsRead).toBe(70);
      expect(trainingRows(advanced.state)).toBe(6_010);
      const kept = fitter.solve(plan, advanced.state, first.method, options);
      const anew = await fit(plan, choice, { state: advanced.state, method: first.method });
      expect(await largestDifference(kept, anew.parameters)).toBeLessThan(kept.certificate.worst + 1e-9);
      expect(kept.certificate.worst).toBeLessThan(0.1);
    });
  }

  longTests(() => {
    it('takes in levels that nobody had, with what the certificate says of them', async () => {
      const plan = planFor('count');
      await table.update({ insert: rowsSql(0, 3_000) });
      const first = await fit(plan, { kind: 'poisson' });
      const from = table.version;
      await table.update({ remove: "place = 'p2'", insert: rowsSql(3_000, 3_020, 6) });
      const sources = advanceSources(
        relation,
        { version: from, bounds: everything },
        { version: table.version, bounds: everything },
      );
      const advanced = await table.read((s) => fitter.advance(s, plan, first.state, first.method, sources));
      if (advanced.kind !== 'advanced') throw new Error(advanced.kind);
      expect(advanced.state.levels[0]).toContain('p5');
      const kept = fitter.solve(plan, advanced.state, first.method, options);
      const anew = await fit(plan, { kind: 'poisson' }, { state: advanced.state, method: first.method });
      expect(anew.state.levels).toEqual(advanced.state.levels);
      expect(await largestDifference(kept, anew.parameters)).toBeLessThan(kept.certificate.worst);
    });

    it('says when sums have lost their digits to a row that has left', async () => {
      const plan = planFor('said');
      await table.update({ insert: rowsSql(0, 2_000) });
      const first = await fit(plan, { kind: 'logistic' });
      const from = table.version;
      await table.update({ insert: `SELECT * REPLACE (1e12 AS a) FROM (${rowsSql(2_000, 2_001)})` });
      await table.update({ remove: 'id = 2000' });
      const sources = advanceSources(
        relation,
        { version: from, bounds: everything },
        { version: table.version, bounds: everything },
      );
      const advanced = await table.read((s) => fitter.advance(s, plan, first.state, first.method, sources));
      if (advanced.kind !== 'advanced') throw new Error(advanced.kind);
      expect(needsReframe(advanced.state)).toBe('state-rebase');
      expect(needsReframe(first.state)).toBe(null);
    });
  });

  it('follows a window by the rows that enter and leave it', async () => {
    const definition = trainingSet({ eventTime: 'at', windowMs: 2_000 * hourMs });
    const plan = planFor('said');
    await table.update({ insert: rowsSql(0, 4_000) });
    const [before, after] = [
      trainingBoundsAt(definition, 3_000 * hourMs),
      trainingBoundsAt(definition, 3_020 * hourMs),
    ];
    const first = await fit(plan, { kind: 'logistic' }, null, 1, before);
    const version = table.version;
    const sources = advanceSources(timed, { version, bounds: before }, { version, bounds: after });
    const moved = await table.read((s) => fitter.advance(s, plan, first.state, first.method, sources));
    if (moved.kind !== 'advanced') throw new Error(moved.kind);
    expect(trainingRows(moved.state)).toBe(2_000);
    expect(moved.rowsRead).toBe(40);
    const kept = fitter.solve(plan, moved.state, first.method, options);
    const anew = await fit(plan, { kind: 'logistic' }, null, 1, after);
    expect(await largestDifference(kept, anew.parameters)).toBeLessThan(kept.certificate.worst);
  });

  longTests(() => {
    it('gives the same sums whatever the number of streams, in few passes over a large table', async () => {
      const plan = planFor('said');
      await table.update({ insert: rowsSql(0, 100_000) });
      const small = new AnchoredFitter(runtime, 2 ** 16);
      const read = (streams: number, from: Anchored | null = null) =>
        table.read(
          (s) => small.fitFull(s, plan, relation, everything, { kind: 'logistic' }, options, from),
          streams,
        );
      const [one, two] = [await read(1), await read(2)];
      expect(encodeAnchored(two.state, two.method)).toEqual(encodeAnchored(one.state, one.method));
      expect(one.scans).toBeLessThanOrEqual(4);
      expect(one.parameters.certificate.worst).toBeLessThan(1e-8);
      const again = await read(2, one);
      expect(again.scans).toBe(1);
    }, 120_000);

    it('holds nothing when all rows have left, and works when they come again', async () => {
      const plan = planFor('said');
      await table.update({ insert: rowsSql(0, 2_000) });
      const first = await fit(plan, { kind: 'logistic' });
      let version = table.version;
      const step = async (change: { insert?: string; remove?: string }, state: Anchored['state']) => {
        await table.update(change);
        const [from, to] = [
          { version, bounds: everything },
          { version: table.version, bounds: everything },
        ];
        version = table.version;
        const sources = advanceSources(relation, from, to);
        const advanced = await table.read((s) => fitter.advance(s, plan, state, first.method, sources));
        if (advanced.kind !== 'advanced') throw new Error(advanced.kind);
        return advanced.state;
      };
      const empty = await step({ remove: 'true' }, first.state);
      const { gradient, hessian, loss, columns, squares, labels, classRows, budget } = empty;
      for (const sums of [gradient, hessian, loss, columns, squares, labels]) {
        expect(sums.high.every((sum) => sum === 0) && sums.low.every((sum) => sum === 0)).toBe(true);
      }
      expect([...classRows, ...budget.columns, ...budget.curvature].every((sum) => sum === 0)).toBe(true);
      expect(empty.levels).toEqual([[]]);
      expect(sizeOf(empty)).toBe(7);
      const failure = await failureOf(
        Promise.resolve().then(() => fitter.solve(plan, empty, first.method, options)),
      );
      expect(failure.code).toBe('not-enough-rows');
      const again = await step({ insert: rowsSql(0, 2_000) }, empty);
      const kept = fitter.solve(plan, again, first.method, options);
      expect(await largestDifference(kept, first.parameters)).toBeLessThan(kept.certificate.worst + 1e-9);
    });
  });

  it('asks for a full fit when a class comes or goes', async () => {
    const plan = planFor('level');
    await table.update({ insert: rowsSql(0, 1_000) });
    const first = await fit(plan, { kind: 'logistic' });
    const from = table.version;
    await table.update({ insert: `SELECT * REPLACE ('new' AS level) FROM (${rowsSql(1_000, 1_001)})` });
    const since = (version: typeof from) =>
      advanceSources(
        relation,
        { version, bounds: everything },
        { version: table.version, bounds: everything },
      );
    const came = await table.read((s) => fitter.advance(s, plan, first.state, first.method, since(from)));
    expect(came.kind).toBe('classes-changed');
    await table.update({ remove: "level IN ('new', 'low')" });
    const went = await table.read((s) => fitter.advance(s, plan, first.state, first.method, since(from)));
    expect(went.kind).toBe('classes-changed');
    expect((await fit(plan, { kind: 'logistic' })).parameters.scores).toHaveLength(1);
  });

  longTests(() => {
    it('says why there is no optimum', async () => {
      const code = async (label: string, choice: AnchoredChoice, l2 = 1) =>
        (await failureOf(fit(planFor(label), choice, null, 1, everything, l2))).code;
      expect(await code('said', { kind: 'logistic' })).toBe('not-enough-rows');
      await table.update({
        insert: `SELECT * REPLACE (CASE WHEN a > 0 THEN 'yes' ELSE 'no' END AS said, 'only' AS level, 0 AS count, -1 AS amount)
        FROM (${rowsSql(0, 500)})`,
      });
      expect(await code('said', { kind: 'logistic' }, 0)).toBe('invalid-option');
      expect(await code('level', { kind: 'logistic' })).toBe('not-enough-rows');
      expect(await code('count', { kind: 'poisson' })).toBe('not-enough-rows');
      expect(await code('amount', { kind: 'gamma' })).toBe('invalid-row');
      expect(await code('amount', { kind: 'huber', delta: 0 })).toBe('invalid-option');
      const separable = await fit(planFor('said'), { kind: 'logistic' }, null, 1, everything, 1e-3);
      expect(separable.parameters.certificate.worst).toBeLessThan(1e-4);
    });
  });

  it('leaves out rows that miss a feature where those are dropped', async () => {
    await table.update({ insert: rowsSql(0, 1_000) });
    const [{ rows = 0 } = {}] = await table.read(([s]) =>
      s.rows('SELECT count(*) AS rows FROM view."ts" WHERE hole IS NOT NULL AND place IS NOT NULL'),
    );
    const { parameters } = await fit(planFor('said', 'drop'), { kind: 'logistic' });
    expect(parameters.rows).toBe(Number(rows));
  });

  it('keeps a state in bytes', async () => {
    await table.update({ insert: rowsSql(0, 700) });
    for (const [, label, choice] of families) {
      const { state, method } = await fit(planFor(label), choice);
      expect(decodeAnchored(encodeAnchored(state, method))).toEqual({ state, method });
    }
    expect(() => decodeAnchored(new Uint8Array(20))).toThrow('not one of this release');
  });
});
