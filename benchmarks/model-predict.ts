import { join } from 'node:path';
import type { Benchmark, Section } from './benchmark.ts';
import { measureRounds } from './measure.ts';
import { families, ModelTable } from './model-table.ts';
import { featureNames } from './wide-table.ts';

const scan = 'scan of the features';
const batch = (model: string) => `PREDICT(${model}, …)`;

/** What predicting a whole table in SQL costs beside reading it. */
export const modelPredict: Benchmark = {
  async run({ directory, isQuick }) {
    const [rows, features, rounds] = isQuick ? [5_000, 4, 1] : [1_000_000, 50, 9];
    const { ridge = '', logistic = '' } = families;
    const models = { ridge, logistic };
    const table = await ModelTable.open(join(directory, 'model-predict.db'), rows, features, models);
    for (const model of Object.keys(models)) await table.engine.refresh(model, 'full');
    const section = await batches(table, rows, rounds);
    await table.close();
    return [section];
  },
};

async function batches(table: ModelTable, rows: number, rounds: number): Promise<Section> {
  const { engine, features } = table;
  const sums = featureNames(features).map((name) => `sum(${name})`);
  const measured = await measureRounds(
    [
      { name: scan, run: () => engine.query(`SELECT ${sums.join(', ')} FROM wide`) },
      ...['ridge', 'logistic'].map((model) => ({
        name: batch(model),
        run: () =>
          engine.query(
            `SELECT ${model === 'ridge' ? 'sum(prediction)' : 'sum(prediction), sum(probability)'} FROM PREDICT(${model}, wide)`,
          ),
      })),
    ],
    rounds,
  );
  return {
    title: `Predictions of a table: ${rows.toLocaleString('en')} rows, ${features} features`,
    text:
      'All rows are predicted inside DuckDB and the predictions summed, so that nothing but the prediction is measured ' +
      'beside the scan; the baseline sums every feature. The logistic model gives its class and its probability; the ' +
      'bound of its certificate is not asked for.',
    rows: measured,
    baseline: scan,
    aims: ['ridge', 'logistic'].map((model) => ({
      text: `a ${model} prediction of every row of a table within 1.5 × of the scan`,
      contender: batch(model),
      baseline: scan,
      limit: 1.5,
    })),
  };
}
