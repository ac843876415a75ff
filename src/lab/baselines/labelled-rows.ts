import { type Everview, formatName, type SqlValue } from '../../index.ts';
import type { Experiment } from '../experiment.ts';
import { type Declared, withDeclared } from '../history/declared.ts';
import { feedTables } from '../history/feed-tables.ts';
import type { History, TableRows } from '../history.ts';
import type { Task } from '../task-loss.ts';

/** Event times and labels of examples, by event time: all that a baseline sees. */
export type LabelledRows = {
  readonly task: Task;
  /** Milliseconds since the Unix epoch. */
  readonly eventMs: Float64Array;
  /** Numbers, or places in `classes`. */
  readonly labels: Float64Array;
  /** As texts; empty for numbers. */
  readonly classes: readonly string[];
};

/**
 * The examples of an experiment whose label is one (not NULL, NaN or infinite), with all of its history in. Of a database
 * they are those that are there in the end.
 * @throws EverviewError of the declarations and of the rows
 */
export function readLabelledRows(experiment: Experiment, history: History): Promise<LabelledRows> {
  return withDeclared(experiment, async (engine, declared, clock) => {
    clock.setTo(history.arrivals.at(-1)?.atMs ?? history.startMs);
    for (const tables of joined(history, declared)) await feedTables(engine, tables);
    return labelsOf(engine, declared);
  });
}

/** One update in place of many where nothing is replaced or goes. */
function joined({ initial, arrivals }: History, { tables }: Declared): readonly (readonly TableRows[])[] {
  const updates = [initial, ...arrivals.map((arrival) => arrival.tables)].filter(({ length }) => length > 0);
  if (updates.flat().some(({ replaces, deleted = [] }) => replaces === true || deleted.length > 0))
    return updates;
  return [
    tables.flatMap(({ name }) => {
      const rows = updates
        .flatMap((update) => update.filter(({ table }) => table === name))
        .flatMap((one) => one.rows);
      return rows.length === 0 ? [] : [{ table: name, rows }];
    }),
  ];
}

async function labelsOf(engine: Everview, { trainingSet, task }: Declared): Promise<LabelledRows> {
  const [time, label] = [formatName(trainingSet.eventTime), formatName(trainingSet.label)];
  // Rows of one moment come in the order of their labels, so that the order of an update says nothing.
  const stream = await engine.stream(
    `SELECT ${time} AS time, ${label} AS label FROM (${trainingSet.query})
     WHERE ${time} IS NOT NULL AND ${label} IS NOT NULL ORDER BY ${time}, ${label}`,
  );
  const [eventMs, labels]: [number[], number[]] = [[], []];
  const classes = new Map<string, number>();
  for await (const batch of stream.batches()) {
    for (const { time: at = null, label: said = null } of batch) {
      const atMs = at instanceof Date ? at.getTime() : Number.NaN;
      const value = task === 'number' ? Number(said) : placeOf(said, classes);
      if (!Number.isFinite(atMs) || !Number.isFinite(value)) continue;
      eventMs.push(atMs);
      labels.push(value);
    }
  }
  return {
    task,
    eventMs: new Float64Array(eventMs),
    labels: new Float64Array(labels),
    classes: [...classes.keys()],
  };
}

function placeOf(label: SqlValue, classes: Map<string, number>): number {
  const text = String(label);
  const place = classes.get(text) ?? classes.size;
  classes.set(text, place);
  return place;
}
