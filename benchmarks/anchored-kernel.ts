/** tsx benchmarks/anchored-kernel.ts [rows] [features]: passes, solve and advance of a logistic model, by processor time. */
import type { FitOptions } from '../src/declare/definition.ts';
import { AnchoredFitter } from '../src/model/anchored/anchored-fitter.ts';
import { planFeatures } from '../src/model/feature-plan.ts';
import { OnnxRuntime } from '../src/model/onnx-runtime.ts';
import { advanceSources } from '../src/model/row-source.ts';
import { trainingBoundsAt } from '../src/model/training-window.ts';
import { ridgeModel, TrainingTable, trainingSet } from '../test/support/training-table.ts';
import { measureRounds, ratioOf, spreadOf } from './measure.ts';
import { ScanAndGemm } from './scan-and-gemm.ts';
import { wideRows } from './wide-table.ts';

const rows = Number(process.argv[2] ?? 200_000);
const features = Number(process.argv[3] ?? 50);
const alone = 'scan and Gemm alone';

const names = Array.from({ length: features }, (_, index) => `x${index}`);
const schema = [...names.map((name) => ({ name, type: 'DOUBLE' })), { name: 'y', type: 'BOOLEAN' }];
const table = await TrainingTable.open(schema);
const runtime = new OnnxRuntime();
const fitter = new AnchoredFitter(runtime);
const definition = trainingSet();
const options: FitOptions = ridgeModel().options;
const plan = planFeatures({ ...ridgeModel(), method: 'logistic' }, definition, schema);
const choice = { kind: 'logistic' } as const;
const relation = { name: 'ts', eventTime: null };
const bounds = trainingBoundsAt(definition, 0);

function made(count: number): string {
  const values = names.map((name, index) => `(random() - 0.5) * ${index + 1} + ${index * 100} AS ${name}`);
  return `SELECT *, x0 - x1 + 100 + 2 * random() > 1 FROM (SELECT ${values.join(', ')} FROM range(${count}))`;
}

await table.store.write((tx) => tx.run(`INSERT INTO view."ts" ${made(rows)}`));
const baseline = await ScanAndGemm.open(':memory:', `CREATE TABLE t AS ${wideRows(rows, features)}`);
const fitFull = () =>
  table.read((snapshots) => fitter.fitFull(snapshots, plan, relation, bounds, choice, options), 2);
const fit = await fitFull();
const from = { version: table.version, bounds };
const to = { version: await table.update({ insert: made(10_000) }), bounds };
const sources = advanceSources(relation, from, to);
const measured = await measureRounds(
  [
    { name: alone, run: () => baseline.sum(rows, features + 1) },
    { name: `full fit, ${fit.scans} passes and a sample`, run: fitFull },
    {
      name: 'advance by 10,000 rows',
      run: () =>
        table.read((snapshots) => fitter.advance(snapshots, plan, fit.state, fit.method, sources), 2),
    },
    { name: 'solve', run: async () => fitter.solve(plan, fit.state, fit.method, options) },
  ],
  9,
);
for (const row of measured) {
  const cpu = spreadOf(row.cpuMs);
  const [base] = measured;
  const ratio = base === undefined ? 0 : ratioOf(row, base, 'cpuMs');
  const least = Math.min(...row.cpuMs);
  console.log(
    `${row.name.padEnd(36)} processor ms: least ${least.toFixed(1)}, median ${cpu.median.toFixed(1)}; ` +
      `${ratio.toFixed(3)} × ${alone}`,
  );
}
await baseline.close();
await table.close();
await runtime.close();
