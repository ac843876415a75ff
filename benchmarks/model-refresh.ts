import { join } from 'node:path';
import type { AnySection, Benchmark, Section } from './benchmark.ts';
import { type Contender, measureRounds } from './measure.ts';
import { families, ModelTable } from './model-table.ts';

const changed = (model: string) => `REFRESH ${model}, what changed`;
const whole = (model: string) => `REFRESH ${model} FULL`;

/** The refresh of an exact and of a certified model after some of the rows changed, next to the full one. */
export const modelRefresh: Benchmark = {
  async run({ directory, isQuick }) {
    const [rows, features, rounds] = isQuick ? [5_000, 4, 1] : [1_000_000, 50, 5];
    const { ridge = '', logistic = '' } = families;
    const models = { ridge, logistic };
    const table = await ModelTable.open(join(directory, 'model-refresh.db'), rows, features, models);
    for (const model of Object.keys(models)) await table.engine.refresh(model);
    const sections: AnySection[] = [];
    for (const share of [0.001, 0.01, 0.1]) {
      for (const model of Object.keys(models)) {
        const contenders = contendersOf(table, model, Math.ceil(rows * share));
        const measured = await measureRounds(contenders, share === 0.01 ? rounds : Math.min(rounds, 3));
        sections.push(sectionOf(`${rows.toLocaleString('en')} × ${features}`, model, share, measured));
      }
    }
    await table.close();
    return sections;
  },
};

function contendersOf(table: ModelTable, model: string, count: number): Contender[] {
  const { engine } = table;
  const takeIn = async () => {
    await table.change(count);
    await engine.refresh('examples', 'incremental');
  };
  return [
    {
      name: changed(model),
      prepare: async () => {
        await takeIn();
        // Pays for what a full fit leaves to the garbage collector.
        await engine.refresh(model, 'incremental');
        await takeIn();
      },
      run: () => engine.refresh(model, 'incremental'),
    },
    { name: whole(model), run: () => engine.refresh(model, 'full') },
  ];
}

function sectionOf(size: string, model: string, share: number, rows: Section['rows']): Section {
  const percent = `${share * 100} %`;
  return {
    title: `Refresh of a ${model} model after a change of ${percent}: ${size}`,
    text:
      'Half of the change is new rows, half the oldest rows deleted. The training set has taken it in before the clock ' +
      'starts; the refresh takes it from the log of the training set into the sums, solves and commits. The refresh before ' +
      'it, which is not counted, was one of the same kind.',
    rows,
    baseline: whole(model),
    aims:
      share === 0.01
        ? [
            {
              text: `the ${model} model: at least 50 × cheaper after a change of 1 % than in full`,
              contender: changed(model),
              baseline: whole(model),
              limit: 1 / 50,
            },
          ]
        : [],
  };
}
