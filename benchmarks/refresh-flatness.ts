import { join } from 'node:path';
import type { Benchmark } from './benchmark.ts';
import { type Contender, measureRounds } from './measure.ts';
import { families, ModelTable } from './model-table.ts';

const changed = 10_000;
const nameOf = (rows: number) => `of ${rows.toLocaleString('en')} rows`;

/** The refresh of a ridge model after a change of fixed size, by the size of what it is a model of. */
export const refreshFlatness: Benchmark = {
  async run({ directory, isQuick }) {
    const [sizes, rounds] = isQuick ? [[20_000, 40_000], 1] : [[1_000_000, 3_000_000, 10_000_000], 9];
    const features = 10;
    const { ridge = '' } = families;
    const tables: ModelTable[] = [];
    const contenders: Contender[] = [];
    for (const rows of sizes) {
      const table = await ModelTable.open(join(directory, `flat-${rows}.db`), rows, features, { ridge });
      await table.engine.refresh('ridge');
      tables.push(table);
      contenders.push({
        name: nameOf(rows),
        prepare: async () => {
          await table.change(changed);
          await table.engine.refresh('examples', 'incremental');
        },
        run: () => table.engine.refresh('ridge', 'incremental'),
      });
    }
    const measured = await measureRounds(contenders, rounds);
    for (const table of tables) await table.close();
    const [least = 0, most = 0] = [Math.min(...sizes), Math.max(...sizes)];
    return [
      {
        title: `Refresh of a ridge model after a change of ${changed.toLocaleString('en')} rows, by the size of the base`,
        text: `${features} features. Half of the change is new rows, half the oldest rows deleted; the training set has taken it in before the clock starts.`,
        rows: measured,
        baseline: nameOf(least),
        aims: [
          {
            text: 'refresh cost flat in the size of the base, 1 to 10 million rows: at most 1.3 ×',
            contender: nameOf(most),
            baseline: nameOf(least),
            limit: 1.3,
          },
        ],
      },
    ];
  },
};
