/** Full ridge refresh on rows × features doubles, next to its parts: the scan alone, the products alone, both. */
import { planFeatures } from '../src/model/feature-plan.ts';
import { ModelFitter } from '../src/model/model-fitter.ts';
import { blockRows } from '../src/model/moment-block.ts';
import { gramOf } from '../src/model/moment-kernel.ts';
import { OnnxRuntime } from '../src/model/onnx-runtime.ts';
import { trainingBoundsAt } from '../src/model/training-window.ts';
import { ridgeModel, TrainingTable, trainingSet } from '../test/support/training-table.ts';

const rows = Number(process.argv[2] ?? 1_000_000);
const features = Number(process.argv[3] ?? 50);
const rounds = 7;

const names = Array.from({ length: features }, (_, index) => `x${index}`);
const schema = [...names, 'y'].map((name) => ({ name, type: 'DOUBLE' }));
const table = await TrainingTable.open(schema);
const runtime = new OnnxRuntime();
const fitter = new ModelFitter(runtime);
const definition = trainingSet();
const plan = planFeatures(ridgeModel(), definition, schema);
const values = names
  .map((name, index) => `(random() - 0.5) * ${index + 1} + ${index * 100} AS ${name}`)
  .join(', ');
await table.store.write((tx) =>
  tx.run(
    `INSERT INTO view."ts" SELECT *, x0 - x1 + random() AS y FROM (SELECT ${values} FROM range(${rows}))`,
  ),
);

async function measure(what: string, work: () => Promise<unknown>): Promise<void> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const from = performance.now();
    await work();
    times.push(performance.now() - from);
  }
  times.sort((a, b) => a - b);
  const shown = [times[0], times[Math.floor(rounds / 2)], times.at(-1)].map((ms) => Math.round(ms ?? 0));
  console.log(`${what.padEnd(32)} least ${shown[0]} ms, median ${shown[1]} ms, most ${shown[2]} ms`);
}

async function scan(streams: number): Promise<void> {
  await table.read(async (snapshots) => {
    await Promise.all(
      snapshots.map(async (session, stream) => {
        const from = Math.floor((rows * stream) / streams);
        const to = Math.floor((rows * (stream + 1)) / streams);
        const query = `SELECT * FROM view."ts" WHERE rowid >= ${from} AND rowid < ${to}`;
        for await (const batch of session.batches(query)) batch.columns.at(0);
      }),
    );
  }, streams);
}

async function products(): Promise<void> {
  const data = new Float64Array((features + 2) * blockRows).fill(0.5);
  const matrix = { data, shape: [features + 2, blockRows] };
  const pivot = { data: new Float64Array(features + 2), shape: [features + 2, 1] };
  for (let done = 0; done < rows; done += blockRows) await gramOf(runtime, 'plain', matrix, pivot);
}

await measure('scan, 1 stream', () => scan(1));
await measure('scan, 2 streams', () => scan(2));
await measure('products', products);
for (const streams of [1, 2]) {
  await measure(`full fit, ${streams} stream${streams > 1 ? 's' : ''}`, () =>
    table.read(
      (snapshots) =>
        fitter.fitFull(snapshots, plan, { name: 'ts', eventTime: null }, trainingBoundsAt(definition, 0)),
      streams,
    ),
  );
}
await table.close();
await runtime.close();
