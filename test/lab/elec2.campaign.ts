import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { beforeAll, describe, expect, it } from 'vitest';
import { publishedElec2 } from '../../benchmarks/policies/published.ts';
import elec2 from '../../benchmarks/policies/sets/elec2.ts';
import { SimulatedClock } from '../../src/index.ts';
import { type LabelledRows, readLabelledRows } from '../../src/lab/baselines/labelled-rows.ts';
import { runBaselines } from '../../src/lab/baselines/run-baselines.ts';
import { experimentSchema } from '../../src/lab/experiment.ts';
import { type Declared, withDeclared } from '../../src/lab/history/declared.ts';
import { feedTables } from '../../src/lab/history/feed-tables.ts';
import { loadHistory } from '../../src/lab/history/load-history.ts';
import type { History } from '../../src/lab/history.ts';
import { openEverview } from '../support/open-everview.ts';
import { dataFolder } from '../support/sklearn/public-sets.ts';

const file = join(dataFolder, 'elec2/elec.csv.gz');
const rowCount = 45_312;

/** A logistic regression that is fitted anew every eight weeks, on all labels known by then. */
const rarely = experimentSchema.parse({
  ...elec2,
  warmUp: '56 days',
  arrival: { kind: 'interval', every: '56 days' },
  declarations: elec2.declarations.replace(
    'label = class,',
    "label = class, label_delay = INTERVAL '56 days',",
  ),
});

const asTimestamp = (ms: number) =>
  `TIMESTAMP '${new Date(ms).toISOString().slice(0, -1).replace('T', ' ')}'`;

/** Each row predicted as it arrives, by the model fitted before: how many of them right. */
async function prequentialAccuracy(history: History, { trainingSet }: Declared) {
  const clock = new SimulatedClock(history.startMs);
  const { db } = await openEverview({ clock });
  await db.sql(rarely.declarations);
  await feedTables(db, history.initial);
  const counts = { right: 0, rows: 0 };
  let before = history.startMs;
  for (const { atMs, tables } of history.arrivals) {
    clock.setTo(atMs);
    await db.refresh(rarely.model);
    await feedTables(db, tables);
    const arrived = `moment > ${asTimestamp(before)} AND moment <= ${asTimestamp(atMs)}`;
    const { rows } = await db.query<{ readonly rows: number; readonly hits: number }>(
      `SELECT count(*)::INT AS rows, count(*) FILTER (class = prediction)::INT AS hits
       FROM PREDICT(${rarely.model}, (SELECT * FROM (${trainingSet.query}) WHERE ${arrived})) WITH (on_stale_read = serve)`,
    );
    counts.rows += rows[0]?.rows ?? 0;
    counts.right += rows[0]?.hits ?? 0;
    before = atMs;
  }
  await db.close();
  return counts;
}

describe('Elec2', () => {
  if (!existsSync(file)) {
    it.skip(
      `NOT RUN: ${file} is not there; it is from github.com/scikit-multiflow/streaming-datasets@f1eb9f068c (or set EVERVIEW_DATA)`,
    );
    return;
  }
  let history: History;
  let rows: LabelledRows;
  beforeAll(async () => {
    history = await loadHistory(rarely, 1, { dataFolder });
    rows = await readLabelledRows(rarely, history);
  });

  it('has the rows of the file, in its order', () => {
    const lines = gunzipSync(readFileSync(file)).toString().trim().split('\n').slice(1);
    const classes = lines.map((line) => (line.trim().endsWith(',1') ? 'UP' : 'DOWN'));
    expect(rows.labels).toHaveLength(rowCount);
    expect([...rows.labels].map((place) => rows.classes[place])).toEqual(classes);
  });

  it('has the accuracies that were published for predictions without a model', () => {
    const setting = {
      startMs: -1,
      atMs: [Infinity],
      labelDelayMs: 0,
      loss: 'zero-one',
      seasonMs: null,
    } as const;
    const [last] = runBaselines(rows, setting);
    const accuracy = 1 - (last?.lossSum[0] ?? 0) / (last?.rows[0] ?? 0);
    expect(last?.rows).toEqual([rowCount - 1]);
    expect(last?.lossSum).toEqual([rowCount - 1 - 38_664]);
    expect(accuracy.toFixed(6)).toBe(String(publishedElec2.noChange.accuracy));
    expect(accuracy.toFixed(3)).toBe(String(publishedElec2.movingAverageOfOne.accuracy));
    const down = [...rows.labels].filter((place) => rows.classes[place] === 'DOWN').length;
    expect((down / rowCount).toFixed(2)).toBe(String(publishedElec2.prior.accuracy));
  });

  it('is predicted by a logistic regression as well as by those that were published', async () => {
    const { right, rows: predicted } = await withDeclared(rarely, (_, declared) =>
      prequentialAccuracy(history, declared),
    );
    expect(predicted).toBe(rowCount - 56 * 48 - 1);
    expect(right / predicted).toBeGreaterThan(publishedElec2.logisticVowpalWabbit.accuracy);
    expect(right / predicted).toBeLessThan(publishedElec2.logistic.accuracy);
    // Far from what always says DOWN.
    expect(right / predicted).toBeGreaterThan(0.72);
  });
});
