import { afterAll, describe, expect, it } from 'vitest';
import type { Row } from '../../src/core/value.ts';
import { planFeatures } from '../../src/model/feature-plan.ts';
import { ModelFitter } from '../../src/model/model-fitter.ts';
import { OnnxRuntime } from '../../src/model/onnx-runtime.ts';
import type { RidgeParameters } from '../../src/model/ridge-parameters.ts';
import { advanceSources } from '../../src/model/row-source.ts';
import { holdsDigits } from '../../src/model/summing-precision.ts';
import { needsRebase } from '../../src/model/sums-state.ts';
import { trainingBoundsAt } from '../../src/model/training-window.ts';
import {
  binary,
  decimal,
  type ExactFit,
  fitExactly,
  power,
  toNumber,
} from '../support/exact-least-squares.ts';
import { type NistDataSet, nistDataSets } from '../support/nist-data-sets.ts';
import { ridgeModel, TrainingTable, trainingSet } from '../support/training-table.ts';

/** Digits of `value` that agree with `right`; a certified value has 15, a double 16. */
function digits(value: number, right: number): number {
  if (value === right) return 16;
  return Math.min(16, -Math.log10(Math.abs(value - right) / (Math.abs(right) || 1)));
}

function leastDigits(values: readonly number[], right: readonly number[]): number {
  return Math.min(...right.map((one, index) => digits(values[index] ?? Number.NaN, one)));
}

const weightsOf = (fit: RidgeParameters) => [fit.intercept, ...fit.features.map(({ weight }) => weight)];
const exactWeights = (fit: ExactFit) => fit.weights.map(toNumber);

const namesOf = ({ x, degree }: NistDataSet) =>
  Array.from({ length: Math.max(degree, x[0]?.length ?? 0) }, (_, index) => `x${index + 1}`);

/** The rows as a SELECT; powers are DuckDB's, in doubles. */
function rowsSql(data: NistDataSet): string {
  const names = namesOf(data);
  const lines = data.x.map((line, i) => `(${[...line, data.y[i]].map((v) => `${v}::DOUBLE`).join(', ')})`);
  const given = names.slice(0, data.x[0]?.length);
  const columns = names.map((name, index) => (index < given.length ? name : `x1 ** ${index + 1} AS ${name}`));
  return `SELECT ${columns.join(', ')}, y FROM (VALUES ${lines.join(', ')}) v(${given.join(', ')}, y)`;
}

/** The fit of the numbers as NIST prints them. */
function fitPrinted({ x, y, degree }: NistDataSet): ExactFit {
  const powers = Array.from({ length: degree }, (_, index) => index + 1);
  return fitExactly(
    x.map((line) => line.flatMap((value) => powers.map((exponent) => power(decimal(value), exponent)))),
    y.map(decimal),
  );
}

/** The fit of the doubles in the table. */
function fitGiven(data: NistDataSet, rows: readonly Row[]): ExactFit {
  return fitExactly(
    rows.map((row) => namesOf(data).map((name) => binary(Number(row[name])))),
    rows.map((row) => binary(Number(row.y))),
  );
}

describe("NIST's certified linear regressions", () => {
  const runtime = new OnnxRuntime();
  const fitter = new ModelFitter(runtime);
  const reached: string[] = [];
  afterAll(async () => {
    await runtime.close();
    console.info(
      [
        'least decimal digits, of the exact fit of the doubles: after a full fit / after rows came and went;',
        'of the certified values: of that exact fit / of ours / of our residual standard deviation',
        ...reached,
      ].join('\n'),
    );
  });

  it.each(nistDataSets)('$name: what NIST certifies is the exact fit', (data) => {
    const fit = fitPrinted(data);
    expect(leastDigits(exactWeights(fit), data.certified)).toBeGreaterThan(14);
    expect(digits(toNumber(fit.residualSquares), data.residualSquares)).toBeGreaterThan(14);
  });

  it.each(nistDataSets)('$name to $digits digits', async (data) => {
    const names = namesOf(data);
    const schema = [...names, 'y'].map((name) => ({ name, type: 'DOUBLE' }));
    const table = await TrainingTable.open(schema);
    await table.update({ insert: rowsSql(data) });
    const definition = trainingSet();
    const bounds = trainingBoundsAt(definition, 0);
    const plan = planFeatures(ridgeModel(), definition, schema);
    const relation = { name: 'ts', eventTime: null };
    const options = { l2: 0, standardize: true };
    const given = fitGiven(data, await table.read(([s]) => s.rows('SELECT * FROM view."ts"')));
    const full = await table.read((s) => fitter.fitFull(s, plan, relation, bounds, options));
    const fromFull = fitter.solve(plan, full.state, options);

    // rows three times as large come and go
    const strangers = names.map((name, index) => `${name} * 3 + ${index} * x1`).join(', ');
    const first = table.version;
    await table.update({ insert: `SELECT ${strangers}, y * -5 + 0.123 FROM view."ts"` });
    await table.update({ remove: `rowid >= ${data.y.length}` });
    const from = { version: first, bounds };
    const sources = advanceSources(relation, from, { version: table.version, bounds });
    const moved = await table.read((snapshots) => fitter.advance(snapshots, plan, full.state, sources));
    expect(needsRebase(moved.state)).toBeNull();
    expect(holdsDigits(plan, moved.state, options)).toBe(true);
    const fromMoved = fitter.solve(plan, moved.state, options);
    await table.close();

    const exact = exactWeights(given);
    const [ofFull, ofMoved] = [
      leastDigits(weightsOf(fromFull), exact),
      leastDigits(weightsOf(fromMoved), exact),
    ];
    expect(ofFull).toBeGreaterThan(13);
    expect(ofMoved).toBeGreaterThan(13);
    const [limit, certified] = [exact, weightsOf(fromFull)].map((one) => leastDigits(one, data.certified));
    expect(certified).toBeGreaterThanOrEqual(data.digits);
    const deviation = Math.sqrt(fromFull.residualSquares / data.degreesOfFreedom);
    const ofDeviation = digits(deviation, data.residualDeviation);
    reached.push(
      [
        data.name.padEnd(8),
        ...[ofFull, ofMoved, limit, certified, ofDeviation].map((n) => n?.toFixed(1).padStart(5)),
      ].join(' '),
    );
    if (data.residualSquares > 0) {
      expect(ofDeviation).toBeGreaterThan(Math.min(13, data.digits));
      expect(digits(rSquared(data, fromFull), data.rSquared)).toBeGreaterThan(Math.min(13, data.digits));
    } else expect(fromFull.residualSquares).toBeLessThan(1e-9);
  });
});

/** About zero where NIST's model goes through the origin: there the mean of mirrored rows is zero. */
function rSquared({ y }: NistDataSet, fit: RidgeParameters): number {
  const total = y.reduce((sum, value) => sum + (value - fit.labelMean) ** 2, 0);
  return 1 - fit.residualSquares / total;
}
