import { type Column, Everview, EverviewError, formatName, SimulatedClock } from '../../index.ts';
import type { Experiment } from '../experiment.ts';
import type { Task } from '../task-loss.ts';
import { failureInText } from './failure-in-text.ts';

export type DeclaredTable = {
  readonly name: string;
  readonly columns: readonly Column[];
  /** Columns of the primary key; empty: it has none. */
  readonly key: readonly string[];
  readonly eventTime: string | null;
};

export type DeclaredTrainingSet = {
  readonly name: string;
  /** Its SELECT. */
  readonly query: string;
  readonly columns: readonly Column[];
  readonly label: string;
  readonly eventTime: string;
};

/** What an experiment declares, as the engine understood it. */
export type Declared = {
  /** In the order of the declarations. */
  readonly tables: readonly DeclaredTable[];
  readonly trainingSet: DeclaredTrainingSet;
  /** What the model says. */
  readonly task: Task;
};

/** Methods whose label is a class. */
const classMethods: readonly string[] = [
  'logistic',
  'gaussian_nb',
  'multinomial_nb',
  'bernoulli_nb',
  'lda',
  'qda',
];

/** Methods without a label. */
const unlabelledMethods: readonly string[] = ['pca', 'kmeans'];

/**
 * Runs `work` on an engine of its own that has the experiment's declarations, and no rows; its clock begins at 1970.
 * @throws EverviewError of the declarations, with the place in them
 */
export async function withDeclared<T>(
  experiment: Experiment,
  work: (engine: Everview, declared: Declared, clock: SimulatedClock) => Promise<T>,
): Promise<T> {
  const clock = new SimulatedClock(0);
  await using engine = await Everview.open(':memory:', { clock, threads: 1 });
  const { declarations } = experiment;
  await engine.sql(declarations).catch((failure: unknown) => {
    throw failureInText(failure, 'the declarations', declarations);
  });
  return await work(engine, await readDeclared(engine, experiment.model), clock);
}

/**
 * @throws EverviewError `unknown-relation` of the model, `unsupported` where it has no label, `invalid-definition` where
 * its training set has no event time
 */
export async function readDeclared(engine: Everview, model: string): Promise<Declared> {
  const { rows } = await engine.query<{ readonly name: string; readonly event_time: string | null }>(
    'SELECT name, event_time FROM everview.tables',
  );
  const tables: DeclaredTable[] = [];
  for (const { name, event_time: eventTime } of rows) {
    const columns = await describe(engine, name);
    const key = columns.filter(({ roles }) => roles.includes('primary key')).map((column) => column.name);
    tables.push({ name, columns, key, eventTime });
  }
  return { tables, ...(await readTrainingSet(engine, model)) };
}

async function readTrainingSet(
  engine: Everview,
  model: string,
): Promise<Pick<Declared, 'trainingSet' | 'task'>> {
  const { rows } = await engine.query<Record<'name' | 'query' | 'method', string>>(
    `SELECT v.name, v.query, m.method FROM everview.models m JOIN everview.views v ON v.name = m.training_set
     WHERE lower(m.name) = lower($1)`,
    [model],
  );
  const [found] = rows;
  if (found === undefined) {
    throw new EverviewError('unknown-relation', `the declarations have no model "${model}"`, {
      hint: '`model` names the one that is tested',
    });
  }
  const { method, ...named } = found;
  if (unlabelledMethods.includes(method)) {
    throw new EverviewError('unsupported', `model "${model}" is a ${method}, which predicts no label`, {
      hint: 'a replay compares predictions with labels',
    });
  }
  const columns = await describe(engine, found.name);
  const label = columns.find(({ roles }) => roles.includes('label'));
  const eventTime = columns.find(({ roles }) => roles.includes('event time'));
  if (label === undefined || eventTime === undefined) {
    throw new EverviewError('invalid-definition', `training set "${found.name}" has no event time`, {
      hint: 'WITH (event_time = …) says when an example happened; a replay goes by it',
    });
  }
  const trainingSet = { ...named, columns, label: label.name, eventTime: eventTime.name };
  return { trainingSet, task: classMethods.includes(method) ? 'class' : 'number' };
}

type DescribedColumn = Column & { readonly roles: readonly string[] };

async function describe(engine: Everview, name: string): Promise<DescribedColumn[]> {
  const { rows } = await engine.execute(`DESCRIBE ${formatName(name)}`);
  return rows.map((row) => ({
    name: String(row.column_name),
    type: String(row.column_type),
    roles: String(row.role).split(', '),
  }));
}

/** Names are the same in any case, as in SQL. */
export function isNamed(name: string): (one: { readonly name: string }) => boolean {
  const wanted = name.toLowerCase();
  return (one) => one.name.toLowerCase() === wanted;
}
