import { EverviewError, seededRandom } from '../../index.ts';
import type { Experiment } from '../experiment.ts';
import type { Arrival, History, TableRows } from '../history.ts';
import { historyHash } from './canonical.ts';
import { type Batch, cutArrivals, type UpdateBatch, warmUpEnd } from './cut-arrivals.ts';
import { readDatabase } from './database-source.ts';
import { type Declared, withDeclared } from './declared.ts';
import { drawWorkload, keysByFrequency } from './draw-workload.ts';
import { feedTables } from './feed-tables.ts';
import { readFiles } from './file-source.ts';
import { labelDelayOf } from './label-delay.ts';
import { NetChanges } from './net-changes.ts';
import { eventMsOf, type Moment, type Timeline } from './timeline.ts';

export type HistoryOptions = {
  /** What `{data}` in the experiment stands for. */
  readonly dataFolder: string;
  /** When it is aborted, its reason is thrown. */
  readonly signal?: AbortSignal;
};

/** So that arrivals and questions are drawn independently of each other. */
const workloadSeed = 0x9e3779b9;

/**
 * What a replay of the experiment is fed: the same for the same experiment, data and seed.
 * @throws EverviewError of the declarations and of the source; `not-enough-rows`, `invalid-option`, `unknown-column`
 */
export function loadHistory(experiment: Experiment, seed: number, options: HistoryOptions): Promise<History> {
  return withDeclared(experiment, async (engine, declared, clock) => {
    const timeline = await readSource(experiment, declared, options);
    const startMs = warmUpEnd(timeline.moments, experiment.warmUp);
    const split = timeline.moments.findIndex(({ atMs }) => atMs > startMs);
    const later = timeline.moments.slice(split);
    const cut = cutArrivals(later, startMs, experiment.arrival, seededRandom(seed));
    const { initial, batches } = netted(timeline, cut, split, declared);
    const arrivals = batches.map((batch, place) => arrivalOf(batch, batches[place - 1]?.atMs ?? startMs));
    const { workload } = experiment;
    let keys: Awaited<ReturnType<typeof keysByFrequency>> = [];
    if (workload.kind === 'skewed') {
      clock.setTo(startMs);
      await feedTables(engine, initial);
      keys = await keysByFrequency(engine, declared.trainingSet, workload.key);
    }
    const span = { startMs, endMs: batches.at(-1)?.atMs ?? startMs };
    const history = {
      startMs,
      initial,
      arrivals,
      queries: drawWorkload(workload, span, keys, seededRandom(seed ^ workloadSeed)),
      labelDelayMs: labelDelayOf(batches, startMs, eventsAhead(timeline, split, startMs), experiment),
    };
    return { ...history, hash: historyHash(history) };
  });
}

function readSource(
  { source, arrival }: Experiment,
  declared: Declared,
  { dataFolder, signal = new AbortController().signal }: HistoryOptions,
): Promise<Timeline> {
  switch (source.kind) {
    case 'files':
      assertCut(arrival);
      return readFiles(source, declared, dataFolder, signal);
    case 'database':
      return readDatabase(
        source.path.replaceAll('{data}', () => dataFolder),
        declared,
        signal,
      );
  }
}

/** @throws EverviewError `invalid-option` */
function assertCut({ kind }: Experiment['arrival']): void {
  if (kind !== 'updates') return;
  throw new EverviewError('invalid-option', 'rows of files did not come in updates', {
    hint: 'arrival is { kind: interval, every }, { kind: rows, rows } or { kind: poisson, mean }',
  });
}

/** Event times after the end of the warm-up of rows that are there by then. */
function eventsAhead({ initial, moments }: Timeline, split: number, startMs: number): number[] {
  const there = initial.flatMap(({ table, rows }) => rows.map((row) => eventMsOf(row, table)));
  const came = moments.slice(0, split).map(({ eventMs, weight }) => (weight > 0 ? eventMs : null));
  return [...there, ...came].flatMap((eventMs) => (eventMs !== null && eventMs > startMs ? [eventMs] : []));
}

function arrivalOf({ atMs, moments, tables }: UpdateBatch, beforeMs: number): Arrival {
  const revises = moments.some(
    ({ weight, eventMs }) => weight < 0 || eventMs === null || eventMs <= beforeMs,
  );
  return revises ? { atMs, tables, revises } : { atMs, tables };
}

/** What is there at the end of the warm-up, and what each batch does to the tables; those that do nothing are left out. */
function netted(
  { initial, moments }: Timeline,
  batches: readonly Batch[],
  split: number,
  { tables }: Declared,
): { readonly initial: TableRows[]; readonly batches: readonly UpdateBatch[] } {
  const net = new NetChanges(tables, moments);
  const there = initial.flatMap(({ table, rows }) =>
    rows.map((row): Moment => ({ atMs: 0, table, row, eventMs: null, weight: 1 })),
  );
  const start = net.of([...there, ...moments.slice(0, split)]).map(({ table, rows }) => ({ table, rows }));
  const updates = batches
    .map((batch) => ({ ...batch, tables: net.of(batch.moments) }))
    .filter(({ tables: changed }) => changed.length > 0);
  return { initial: start, batches: updates };
}
