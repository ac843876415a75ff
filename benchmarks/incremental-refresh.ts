import { join } from 'node:path';
import type { Everview } from '../src/index.ts';
import type { Benchmark, Section } from './benchmark.ts';
import { type Contender, measureRounds } from './measure.ts';
import { openWide, wideRows } from './wide-table.ts';

const bothFull = 'training set and model, full';
const bothIncremental = 'training set and model, 1 % change';
const setIncremental = 'training set alone, 1 % change';
const modelFull = 'model alone, full';
const modelIncremental = 'model alone, 1 % change';

/** The refresh of a ridge model after one row in a hundred has changed, next to the full refresh. */
export const incrementalRefresh: Benchmark = {
  async run({ directory, isQuick }) {
    const [rows, features, rounds] = isQuick ? [5_000, 4, 1] : [1_000_000, 50, 5];
    const path = join(directory, 'incremental-refresh.db');
    const everview = await openWide(path, rows, features);
    const changed = rows / 100;
    const inserted = () => everview.execute(`INSERT INTO wide ${wideRows(changed, features)}`);
    const replaced = () => replaceRows(everview, changed, features);
    await everview.refresh('m');
    const sections: Section[] = [];
    for (const [what, change] of [
      [`${changed.toLocaleString('en')} rows inserted`, inserted],
      [`${(changed / 2).toLocaleString('en')} rows inserted, as many deleted`, replaced],
    ] as const) {
      const measured = await measureRounds(contendersOf(everview, change), rounds);
      sections.push(sectionOf(`${rows.toLocaleString('en')} × ${features}`, what, measured));
    }
    await everview.close();
    return sections;
  },
};

/** One update: half of the rows go and half come; those with the least y go. */
async function replaceRows(everview: Everview, changed: number, features: number): Promise<void> {
  const { rows } = await everview.query<{ y: number }>(
    `SELECT max(y) AS y FROM (SELECT y FROM wide ORDER BY y LIMIT ${changed / 2})`,
  );
  const least = rows[0]?.y;
  await everview.transaction(async (update) => {
    await update.execute(`DELETE FROM wide WHERE y <= ${least}`);
    await update.execute(`INSERT INTO wide ${wideRows(changed / 2, features)}`);
  });
}

function contendersOf(everview: Everview, change: () => Promise<unknown>): Contender[] {
  // What a full fit leaves to the garbage collector is not the next refresh's: one that is not counted comes between.
  const changeAgain = async () => {
    await change();
    await everview.refresh('m', 'incremental');
    await change();
  };
  const afterChange = async () => {
    // The contender before left the model behind by the change it measured.
    await everview.refresh('m', 'incremental');
    await change();
    await everview.refresh('examples', 'incremental');
  };
  return [
    {
      name: bothFull,
      prepare: change,
      run: async () => {
        await everview.refresh('examples', 'full');
        await everview.refresh('m', 'full');
      },
    },
    { name: bothIncremental, prepare: changeAgain, run: () => everview.refresh('m', 'incremental') },
    {
      name: setIncremental,
      prepare: change,
      run: () => everview.refresh('examples', 'incremental'),
    },
    { name: modelIncremental, prepare: afterChange, run: () => everview.refresh('m', 'incremental') },
    { name: modelFull, run: () => everview.refresh('m', 'full') },
  ];
}

function sectionOf(size: string, change: string, rows: Section['rows']): Section {
  const aim = (contender: string, baseline: string, what: string) => ({
    text: `${what}: at least 30 × cheaper after a change of 1 % (${change}) than in full`,
    contender,
    baseline,
    limit: 1 / 30,
  });
  return {
    title: `Refresh after a change of 1 %: ${size}, ${change}`,
    text:
      'The change is committed before the clock starts. “Training set and model” is what REFRESH m does when both are ' +
      'behind: the training set takes the change from the log of the table into its own contents and log, then the ' +
      'model takes it into its sums, solves, judges and commits. A refresh that is not counted comes before, so that what ' +
      'a full one leaves to the garbage collector is not in it.',
    rows,
    baseline: modelFull,
    aims: [
      aim(modelIncremental, modelFull, 'the model'),
      aim(bothIncremental, bothFull, 'the training set and the model together'),
    ],
  };
}
