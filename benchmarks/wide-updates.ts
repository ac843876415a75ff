import type { Session } from '../src/core/session.ts';
import { versionOf } from '../src/core/version.ts';
import { judgeBatch } from '../src/ingest/judge/judge-batch.ts';
import {
  emptyHistory,
  historyLength,
  type TableHistory,
  withUpdate,
} from '../src/ingest/judge/table-history.ts';
import { unknownUse } from '../src/ingest/judge/table-use.ts';
import { openDuckdbStore } from '../src/store/duckdb-store.ts';
import type { Benchmark, ToldSection } from './benchmark.ts';

/** Updates of thousands of columns, judged. */
export const wideUpdates: Benchmark = {
  run: async ({ isQuick }) => {
    const store = await openDuckdbStore(':memory:');
    const judged = await store.write((tx) => judgeWideUpdates(tx, isQuick ? 100 : 5_000, 1_000));
    await store.close();
    return [wideSection(judged)];
  },
};

/** How long the judgement of one update took: by the clock, and of the processor. */
type JudgedWide = {
  readonly columns: number;
  readonly rows: number;
  readonly history: number;
  readonly tests: number;
  readonly elapsedMs: readonly number[];
  readonly processorMs: readonly number[];
};

const dayMs = 86_400_000;
const timedUpdates = 9;

/** Updates of many columns, one in five of few values, judged by as many before as are looked back at. */
async function judgeWideUpdates(tx: Session, columns: number, rows: number): Promise<JudgedWide> {
  const list = Array.from({ length: columns }, (_, index) => {
    const value = index % 5 === 4 ? 'floor(random() * 5)::DOUBLE' : `random() + ${index}`;
    return `${value} AS c${index}`;
  });
  const relations = ['wide_even', 'wide_odd'];
  for (const relation of relations)
    await tx.run(`CREATE OR REPLACE TEMP TABLE ${relation} AS SELECT ${list.join(', ')} FROM range(${rows})`);
  const schema = await tx.describe(`SELECT * FROM ${relations[0]}`);
  let history: TableHistory = emptyHistory;
  const [elapsedMs, processorMs]: [number[], number[]] = [[], []];
  let tests = 0;
  for (let update = 0; update < historyLength + timedUpdates; update++) {
    const batch = {
      ...{ table: 'wide', schema, eventTime: null, version: versionOf(update + 1), nowMs: update * dayMs },
      relation: relations[update % 2] ?? '',
    };
    const models = { effects: async () => [], use: async () => unknownUse };
    const [from, used] = [performance.now(), process.cpuUsage()];
    const judgement = await judgeBatch(tx, batch, history, 1, models);
    const { user, system } = process.cpuUsage(used);
    if (judgement === null) break;
    tests = judgement.verdict.tests;
    if (update >= historyLength) {
      elapsedMs.push(performance.now() - from);
      processorMs.push((user + system) / 1_000);
    }
    history = withUpdate({ ...history, plan: judgement.plan }, judgement.unit, 'learned').history;
  }
  return { columns, rows, history: history.units.length, tests, elapsedMs, processorMs };
}

/** Of several runs the middle one: what else runs on the machine shows in single ones. */
function wideSection({ columns, rows, history, tests, elapsedMs, processorMs }: JudgedWide): ToldSection {
  const middle = (values: readonly number[]) =>
    values.toSorted((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(2)} s`;
  const cells = [columns, rows, history, tests, seconds(middle(elapsedMs)), seconds(Math.min(...elapsedMs))];
  return {
    title: 'A wide update judged',
    text: `An update is read out of its table, measured and compared with those before: ${elapsedMs.length} times, after as many as are looked back at.`,
    lines: [
      '| columns | rows | updates before | tests | elapsed, middle | least | processor |',
      '|--:|--:|--:|--:|--:|--:|--:|',
      `| ${[...cells, seconds(middle(processorMs))].join(' | ')} |`,
    ],
    judged: [
      {
        text: '5,000 columns with 1,000 rows an update are judged in under 2 seconds',
        measured: seconds(middle(elapsedMs)),
        holds: middle(elapsedMs) < 2_000,
      },
    ],
  };
}
