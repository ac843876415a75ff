import { join } from 'node:path';
import type { Row } from '../src/index.ts';
import { BareOnnx } from './bare-onnx.ts';
import type { Benchmark } from './benchmark.ts';
import { type Contender, measureRounds } from './measure.ts';
import { families, ModelTable } from './model-table.ts';

const bare = 'a bare onnxruntime call';
const linear = ['ridge', 'linear', 'elastic_net'];

/** What predicting one row in process costs, by family. */
export const modelRow: Benchmark = {
  async run({ directory, isQuick }) {
    const [rows, features, rounds, calls] = isQuick ? [5_000, 4, 1, 100] : [50_000, 50, 9, 10_000];
    const table = await ModelTable.open(join(directory, 'model-row.db'), rows, features, families);
    const { rows: asked } = await table.engine.query<Row>('SELECT * FROM wide LIMIT 64');
    const onnx = await BareOnnx.open(features);
    const contenders: Contender[] = [{ name: bare, run: () => times(calls, () => onnx.call()) }];
    for (const model of Object.keys(families)) {
      await table.engine.refresh(model, 'full');
      const predict = await table.predictor(model);
      let next = 0;
      contenders.push({
        name: model,
        run: () =>
          times(calls, () => {
            predict(asked[next++ % asked.length] ?? {});
          }),
      });
    }
    const measured = await measureRounds(contenders, rounds);
    await onnx.close();
    await table.close();
    return [
      {
        title: `One row in process, ${features} features: milliseconds of ${calls.toLocaleString('en')} calls`,
        text:
          'From an object of values to the columns of the prediction, by `createRowPredictor`; of logistic, Poisson ' +
          'and Huber regression with the bound of their certificate. The baseline is x·w + b of one row through a ' +
          'session of onnxruntime whose tensors were made once.',
        rows: measured,
        baseline: bare,
        aims: Object.keys(families).map((model) => ({
          text: linear.includes(model)
            ? `one row of ${model} well under a bare onnxruntime call (half)`
            : `one row of ${model} under twice a bare onnxruntime call`,
          contender: model,
          baseline: bare,
          limit: linear.includes(model) ? 1 / 2 : 2,
        })),
      },
    ];
  },
};

async function times(calls: number, call: () => Promise<void> | void): Promise<void> {
  for (let index = 0; index < calls; index++) {
    const made = call();
    if (made !== undefined) await made;
  }
}
