import { join } from 'node:path';
import { Everview } from '../src/index.ts';
import type { Benchmark, Section } from './benchmark.ts';
import { type Contender, measureRounds } from './measure.ts';

const features = 10;
const featureNames: readonly string[] = Array.from({ length: features }, (_, index) => `x${index}`);
const featuresFull = 'features changed, full';
const featuresIncremental = 'features changed, incremental';
const modelFull = 'model promoted, full';
const modelAlgebraic = 'model promoted, by rule';
const modelWithin = 'model promoted, within a tolerance';
const readFull = 'model promoted, full, read by another view';
const readWithin = 'model promoted, within a tolerance, read by another view';

/** Kept predictions after a change of features, and after the promotion of a model that is a little different. */
export const predictionViews: Benchmark = {
  async run({ directory, isQuick }) {
    const [rows, rounds] = isQuick ? [5_000, 1] : [1_000_000, 3];
    const everview = await openItems(join(directory, 'prediction-views.db'), rows);
    const measured = await measureRounds(contendersOf(everview, rows), rounds);
    await everview.close();
    return [sectionOf(rows, measured)];
  },
};

/** Columns x0 … of an item. `like`: a number that differs from item to item. */
function columnList(like: string): string {
  return featureNames.map((name, index) => `hash(${like}, ${index}) % 1000 / 100.0 AS ${name}`).join(', ');
}

async function openItems(path: string, rows: number): Promise<Everview> {
  const everview = await Everview.open(path, { scheduler: 'manual' });
  const columns = featureNames.map((name) => `${name} DOUBLE`).join(', ');
  const predicted = `SELECT id, prediction FROM PREDICT(m, (SELECT id, ${featureNames.join(', ')} FROM items))`;
  await everview.sql(`
    CREATE TABLE items (id BIGINT, ${columns});
    INSERT INTO items SELECT i, ${columnList('i')} FROM range(${rows}) r(i);
    CREATE TABLE lessons (${columns}, y DOUBLE);
    CREATE TRAINING SET examples WITH (label = y) AS SELECT * FROM lessons;
    CREATE MODEL m WITH (method = 'ridge', max_staleness = NULL, refresh = manual) AS SELECT * FROM examples;
  `);
  await learn(everview, 20_000, 0);
  const manual = 'refresh = manual, max_staleness = NULL';
  await everview.sql(`
    CREATE MATERIALIZED VIEW exact WITH (${manual}) AS ${predicted};
    CREATE MATERIALIZED VIEW near WITH (${manual}, prediction_tolerance = 0.05) AS ${predicted};
    CREATE MATERIALIZED VIEW exact_read WITH (${manual}) AS ${predicted};
    CREATE MATERIALIZED VIEW near_read WITH (${manual}, prediction_tolerance = 0.05) AS ${predicted};
    CREATE MATERIALIZED VIEW exact_reader WITH (${manual}) AS SELECT sum(prediction) AS total FROM exact_read;
    CREATE MATERIALIZED VIEW near_reader WITH (${manual}) AS SELECT sum(prediction) AS total FROM near_read;
  `);
  return everview;
}

/** Some more examples, and the model that learned from them too. */
async function learn(everview: Everview, rows: number, seed: number): Promise<void> {
  await everview.execute(
    `INSERT INTO lessons SELECT ${featureNames.join(', ')}, x0 + 2 * x1 - x2 + hash(i, ${seed}) % 100 / 50.0 AS y
     FROM (SELECT i, ${columnList(`i + ${seed}`)} FROM range(${rows}) r(i))`,
  );
  await everview.refresh('m');
}

function contendersOf(everview: Everview, rows: number): Contender[] {
  let seed = 1;
  const changed = async () => {
    seed += 1;
    await everview.execute(`UPDATE items SET x0 = x0 + 0.01 WHERE id % 100 = ${seed % 100} AND id < ${rows}`);
  };
  const promoted = async () => {
    seed += 1;
    await learn(everview, 200, seed * 100_000);
  };
  const contender = (
    name: string,
    view: string,
    how: 'full' | 'algebraic' | 'domain',
    change: () => Promise<void>,
  ): Contender => ({
    name,
    // What the contenders before left behind is not this one's.
    prepare: () => everview.refresh(view).then(change),
    run: () => everview.refresh(view, how),
  });
  return [
    contender(featuresFull, 'exact', 'full', changed),
    contender(featuresIncremental, 'exact', 'algebraic', changed),
    contender(modelFull, 'exact', 'full', promoted),
    contender(modelAlgebraic, 'exact', 'algebraic', promoted),
    contender(modelWithin, 'near', 'domain', promoted),
    contender(readFull, 'exact_read', 'full', promoted),
    contender(readWithin, 'near_read', 'domain', promoted),
  ];
}

function sectionOf(rows: number, measured: Section['rows']): Section {
  return {
    title: `Kept predictions: ${rows.toLocaleString('en')} rows of ${features} features`,
    text:
      'The change is committed, and the model promoted, before the clock starts. “Features changed”: 1 % of the rows, ' +
      'by UPDATE. “Model promoted”: 1 % more examples moved its weights a little; with prediction_tolerance = 0.05 (the ' +
      'label spreads over tens) nearly all kept predictions stay, and one scan finds those that do not. “Read by another view”: the change of the ' +
      'predictions is logged for it, so that a full refresh has to find what differs.',
    rows: measured,
    baseline: modelFull,
    aims: [
      {
        text: 'features changed by 1 %: cheaper than all predictions anew',
        contender: featuresIncremental,
        baseline: featuresFull,
        limit: 1,
      },
      {
        text: 'a small change of the model within a tolerance: cheaper than all predictions anew',
        contender: modelWithin,
        baseline: modelFull,
        limit: 1,
      },
      {
        text: 'the same where another view reads the predictions, and so their change is written: at least 4 × cheaper',
        contender: readWithin,
        baseline: readFull,
        limit: 1 / 4,
      },
    ],
  };
}
