import { afterAll, describe, expect, it } from 'vitest';
import { planFeatures } from '../../src/model/feature-plan.ts';
import { ModelFitter } from '../../src/model/model-fitter.ts';
import { OnnxRuntime } from '../../src/model/onnx-runtime.ts';
import type { RidgeParameters } from '../../src/model/ridge-parameters.ts';
import { advanceSources } from '../../src/model/row-source.ts';
import { needsRebase } from '../../src/model/sums-state.ts';
import { trainingBoundsAt } from '../../src/model/training-window.ts';
import { type NistDataSet, nistDataSets } from '../support/nist-data-sets.ts';
import { ridgeModel, TrainingTable, trainingSet } from '../support/training-table.ts';

/** Digits of `value` that agree with the certified one, which has 15. */
function digits(value: number, certified: number): number {
  if (value === certified) return 15;
  return Math.min(15, -Math.log10(Math.abs(value - certified) / (Math.abs(certified) || 1)));
}

function leastDigits({ certified }: NistDataSet, parameters: RidgeParameters): number {
  const got = [parameters.intercept, ...parameters.features.map((feature) => feature.weight)];
  return Math.min(...certified.map((value, index) => digits(got[index] ?? Number.NaN, value)));
}

describe("NIST's certified linear regressions", () => {
  const runtime = new OnnxRuntime();
  const fitter = new ModelFitter(runtime);
  const reached: string[] = [];
  afterAll(async () => {
    await runtime.close();
    console.info(`decimal digits reached (full / after rows came and went): ${reached.join(', ')}`);
  });

  it.each(nistDataSets)('$name to $digits digits', async (data) => {
    const width = data.x[0]?.length ?? 0;
    const names = Array.from({ length: width }, (_, index) => `x${index + 1}`);
    const schema = [...names, 'y'].map((name) => ({ name, type: 'DOUBLE' }));
    const table = await TrainingTable.open(schema);
    const lines = data.x.map(
      (line, index) => `(${[...line, data.y[index]].map((v) => `${v}::DOUBLE`).join(', ')})`,
    );
    await table.update({ insert: `SELECT * FROM (VALUES ${lines.join(', ')})` });
    const definition = trainingSet();
    const bounds = trainingBoundsAt(definition, 0);
    const plan = planFeatures(ridgeModel(), definition, schema);
    const relation = { name: 'ts', eventTime: null };
    const options = { l2: 0, standardize: true };
    const full = await table.read((s) => fitter.fitFull(s, plan, relation, bounds));
    const fromFull = fitter.solve(plan, full.state, options);

    // rows three times as large come and go
    const strangers = names.map((_, index) => `x${index + 1} * 3 + ${index} * x1`).join(', ');
    const first = table.version;
    await table.update({ insert: `SELECT ${strangers}, y * -5 + 0.123 FROM view."ts"` });
    await table.update({ remove: `rowid >= ${data.y.length}` });
    const from = { version: first, bounds };
    const sources = advanceSources(relation, from, { version: table.version, bounds });
    const moved = await table.read((snapshots) => fitter.advance(snapshots, plan, full.state, sources));
    expect(needsRebase(moved.state)).toBeNull();
    const fromMoved = fitter.solve(plan, moved.state, options);
    await table.close();

    const [ofFull, ofMoved] = [leastDigits(data, fromFull), leastDigits(data, fromMoved)];
    reached.push(`${data.name} ${ofFull.toFixed(1)} / ${ofMoved.toFixed(1)}`);
    expect(ofFull).toBeGreaterThanOrEqual(data.digits);
    expect(ofMoved).toBeGreaterThanOrEqual(data.digits);
    if (data.residualSquares > 0)
      expect(digits(fromFull.residualSquares, data.residualSquares)).toBeGreaterThan(12);
    else expect(fromFull.residualSquares).toBeLessThan(1e-9);
  });
});
