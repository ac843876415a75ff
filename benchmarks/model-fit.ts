import { join } from 'node:path';
import type { Benchmark } from './benchmark.ts';
import { measureRounds } from './measure.ts';
import { families, ModelTable } from './model-table.ts';
import { ScanAndGemm } from './scan-and-gemm.ts';
import { scikitRows } from './scikit.ts';
import { wideRows } from './wide-table.ts';

const alone = 'scan and Gemm alone';
const fitOf = (model: string) => `REFRESH ${model} FULL`;

/** The full refresh of a model of every family, next to the least that reading and multiplying can take. */
export const modelFit: Benchmark = {
  async run({ directory, isQuick }) {
    const [rows, features, rounds] = isQuick ? [5_000, 4, 1] : [1_000_000, 50, 3];
    const table = await ModelTable.open(join(directory, 'model-fit.db'), rows, features, families);
    const baseline = await ScanAndGemm.open(
      join(directory, 'scan-and-gemm.db'),
      `CREATE TABLE t AS ${wideRows(rows, features)}`,
    );
    const measured = await measureRounds(
      [
        { name: alone, run: () => baseline.sum(rows, features + 1) },
        ...Object.keys(families).map((model) => ({
          name: fitOf(model),
          run: () => table.engine.refresh(model, 'full'),
        })),
      ],
      rounds,
    );
    await baseline.close();
    await table.close();
    const scikit = scikitRows(rows, features, rounds);
    return [
      {
        title: `Full fit by family, ${rows.toLocaleString('en')} × ${features}`,
        text:
          'A table of doubles in a file, a training set over all of it, one label of 0 or 1 for all families. Each ' +
          'refresh scans the kept training set, solves, and commits the new model version; the training set is up to ' +
          'date already. Logistic, Poisson and Huber regression take several passes until their certificate says ' +
          `that no score is further than 1e-9 from the optimum’s. ${scikit.text}`,
        rows: [...measured, ...scikit.rows],
        baseline: alone,
        aims: [
          {
            text: 'the full fit of ridge within 1.3 × of scan and Gemm alone',
            contender: fitOf('ridge'),
            baseline: alone,
            limit: 1.3,
          },
          ...scikit.rows
            .filter(({ name }) => name.includes('Ridge'))
            .map(({ name }) => ({
              text: 'the full fit of ridge from the table no slower than scikit-learn’s on a matrix in memory',
              contender: fitOf('ridge'),
              baseline: name,
              limit: 1,
            })),
        ],
      },
    ];
  },
};
