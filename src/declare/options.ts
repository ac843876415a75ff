import { z } from 'zod';
import { methods } from './methods.ts';
import {
  boolean,
  choice,
  column,
  columns,
  duration,
  expansions,
  fallback,
  gate,
  halfLife,
  holdTerm,
  number,
  type OptionKind,
  orNull,
  rows,
  stalenessPrice,
  text,
} from './option-kind.ts';

/** One option of a WITH list. Parsing, ALTER, the hints of errors and the documentation's tables all come from here. */
export type OptionSpec<T> = {
  readonly kind: OptionKind<T>;
  /** As the documentation says it. */
  readonly default: string;
  readonly meaning: string;
};

/** The values given, by option name; an option not given is not there. */
export type OptionValues<T> = { readonly [K in keyof T]?: T[K] extends OptionSpec<infer V> ? V : never };

function option<T>(kind: OptionKind<T>, defaultText: string, meaning: string): OptionSpec<T> {
  return { kind, default: defaultText, meaning };
}

const nonNegative = z.number().nonnegative('cannot be negative');

const tolerance = option(
  number('1e-9', nonNegative),
  '1e-9',
  'relative error allowed in sums of floating-point numbers before a refresh is full',
);

const audit = option(
  number('0.01', nonNegative.max(1, 'is a share, at most 1')),
  '0',
  'the share of its keys that is computed again in idle time after each refresh; a difference is an incident, and the view is rebuilt',
);

const predictionTolerance = option(
  number('0.01', nonNegative),
  '0',
  'how far a kept prediction may be from that of the model that answers, in units of the prediction: when another version is promoted, only rows beyond it are predicted anew',
);

const tableOptions = {
  event_time: option(orNull(column), 'NULL', 'the column that says when a row happened'),
  on_violation: option(
    choice(['reject', 'quarantine', 'warn']),
    'reject',
    'what becomes of rows that break a constraint: refuse the update, set the rows aside, or take them and say so',
  ),
  heartbeat: option(
    orNull(duration),
    'NULL',
    'rows are expected to come at least this often; where `source` is given, from every source',
  ),
  source: option(
    orNull(column),
    'NULL',
    'the column that says which source a row came from: heartbeat, event_time_order and allowed_lateness are then of each source',
  ),
  event_time_order: option(
    choice(['none', 'ascending', 'strict']),
    'none',
    'whether rows must come in the order of their event time: none before (ascending), or each after (strict) those that came before it',
  ),
  allowed_lateness: option(
    orNull(duration),
    'NULL',
    'how far the event time of a new row may be behind the newest that the table holds',
  ),
  max_future: option(
    orNull(duration),
    'NULL',
    "how far an event time may be ahead of the engine's clock (TIMESTAMP is taken as UTC)",
  ),
  on_replay: option(
    choice(['accept', 'warn', 'quarantine', 'reject']),
    'accept',
    'what becomes of the very rows of an earlier insert that come again as another: take them, take them and say so, set them aside, or refuse the update',
  ),
  profile: option(
    choice(['on', 'off']),
    'off',
    'whether updates are measured and judged by what accepted ones were like: after 8 of its kind (until then of the loads) something may be said of one, and after 20 it may be blocked; costs a scan of each update',
  ),
  on_finding: option(
    choice(['warn', 'quarantine', 'ask', 'hold_refresh', 'reject']),
    'warn',
    'what becomes of an update that the judgement blocks: take it and say so, set aside the rows (all of them where it is not known which), set all of them aside until APPROVE UPDATE or REJECT UPDATE, take them while what is made of the table stays as it was before, or refuse it',
  ),
  hold: option(
    holdTerm,
    "INTERVAL '1 day' THEN reject; with hold_refresh THEN accept_marked",
    'how long `on_finding = ask` or `hold_refresh` waits, and what then: the rows are given up (of ask alone), or taken and marked in every answer that rests on them',
  ),
  false_alarms: option(
    orNull(number('1', z.number().positive('must be above 0'))),
    'NULL, its share of those of the database',
    'how many false alarms a month may be expected of the judgement of this table alone; tables that say nothing share `falseAlarms` of Everview.open, 1, equally',
  ),
};

const policyOptions = {
  max_staleness: option(
    orNull(duration),
    'fresh at every read (0); NULL, no bound, when refresh = manual or another bound or a price is given',
    'how old an answer may be',
  ),
  max_rows: option(orNull(rows), 'NULL', 'how many rows of base change an answer may be behind'),
  staleness_price: option(
    orNull(stalenessPrice),
    'NULL: staleness within the bounds costs nothing, and a refresh waits for its bound',
    'what each row of an answer costs for being stale, in seconds of refreshing: for each second (PER SECOND) or row of base change (PER ROW) it is behind, or (PER SHARE) for as much change as what it was made of is large. Once that has come to what a refresh is predicted to cost, it is refreshed, within every bound; of refresh = auto, incremental and full',
  ),
  refresh: option(
    choice(['immediate', 'auto', 'on_read', 'manual', 'incremental', 'full']),
    'auto',
    'when and how it is refreshed; auto chooses by cost within the bounds, incremental and full fix the way',
  ),
  on_stale_read: option(
    choice(['refresh', 'serve', 'fail'], ['compensate']),
    'refresh',
    'what a read does that finds it staler than declared: refresh first, answer and say so, or refuse',
  ),
};

const staleViewOption = option(
  choice(['refresh', 'compensate', 'serve', 'fail']),
  'refresh',
  'what a read does that finds it staler than declared: refresh first, read the pending change along with the contents (or by definition, where that is cheaper) and write nothing, answer and say so, or refuse',
);

const queryOptions = {
  max_staleness: option(
    orNull(duration),
    'as declared; NULL, no bound, when max_rows is given',
    'how old the answer may be, in place of every bound that is declared',
  ),
  max_rows: option(
    orNull(rows),
    'as declared; NULL, no bound, when max_staleness is given',
    'how many rows of base change the answer may be behind, in place of every bound that is declared',
  ),
  on_stale_read: option(
    choice(['refresh', 'compensate', 'serve', 'fail']),
    'as declared',
    'what to do about what is staler; a model, which nothing can compensate, is refreshed under `compensate`',
  ),
};

const viewOptions = {
  ...policyOptions,
  on_stale_read: staleViewOption,
  tolerance,
  prediction_tolerance: predictionTolerance,
  audit,
};

const trainingSetOptions = {
  label: option(column, 'required', 'the column to be predicted'),
  event_time: option(orNull(column), 'NULL', 'the column that says when an example happened'),
  label_delay: option(duration, '0', 'an example counts once this long has passed since its event time'),
  window: option(
    orNull(duration),
    'NULL, all examples',
    'only the examples of the last so long are learned from',
  ),
  holdout: option(duration, '0', 'the newest so long of the window is kept from training, for the gate'),
  tolerance,
};

const modelOptions = {
  method: option(choice(methods, ['trees', 'external', 'onnx']), 'required', 'how the model is fitted'),
  l2: option(number('1.0', nonNegative), '1.0', 'the penalty on the squared weights; the intercept has none'),
  l1: option(number('1.0', nonNegative), '1.0', 'the penalty on the absolute weights'),
  standardize: option(
    boolean,
    'true',
    'number columns are brought to mean 0 and deviation 1 before the penalty applies; levels and booleans count as 0 and 1',
  ),
  labels: option(columns, '()', 'further number columns to be predicted, as `prediction_<column>`'),
  weight: option(
    orNull(column),
    'NULL',
    'the column that says how much each example counts, a number above 0',
  ),
  decay: option(
    orNull(halfLife),
    'NULL',
    'a half-life: an example counts half as much as one that is newer by this; ages are those of the last refresh, and time alone calls for none',
  ),
  components: option(
    number('3', z.number().int('must be a whole number').min(1, 'is 1 or more')),
    '2',
    'how many principal components',
  ),
  clusters: option(
    number(
      '8',
      z.number().int('must be a whole number').min(1, 'is 1 or more').max(1_000, 'is 1000 at most'),
    ),
    '8',
    'how many clusters',
  ),
  smoothing: option(
    orNull(number('10', nonNegative)),
    'by method: 0 of group means, 1 of counts, 1e-9 of variances',
    'what is added so that little data does not say too much; what of, says the method',
  ),
  delta: option(
    number('1.5', z.number().positive('must be above 0')),
    '1.0',
    'the residual, in units of the label, from which Huber loss grows linearly',
  ),
  regularization: option(
    number('0.1', nonNegative.max(1, 'is a share, at most 1')),
    '0',
    'how far the covariance of each class is drawn towards the identity',
  ),
  categorical: option(columns, '()', 'number columns taken as categories'),
  expand: option(
    expansions,
    '()',
    'features made of columns: hour(t), weekday(t), day(t), week(t), month(t), quarter(t), year(t) and season(t, weekday, hour) as categories, ' +
      "cycle(t, 'day'), elapsed(t), spline(x, knots …), cubic_spline(x, knots …), interaction(a, b), hash(text, buckets)",
  ),
  rare: option(rows, '0', 'levels of a category with fewer training rows than this count as one'),
  missing: option(
    choice(['impute', 'drop']),
    'impute',
    'a missing feature takes the mean, beside a 0/1 column that says so; or the example is left out',
  ),
  ...policyOptions,
  max_effect: option(
    orNull(number('0.5', nonNegative)),
    'NULL',
    'how far a prediction may be from that of a refreshed model: in units of the label, of a probability, or as a share of a mean under a logarithmic link',
  ),
  gate: option(gate, '()', 'what must hold on the hold-out before a fitted model may answer'),
  slices: option(
    columns,
    '()',
    'columns of the training set: every condition of the gate must hold for each of their values too',
  ),
  windows: option(
    number('3', nonNegative.int('must be a whole number')),
    '3, or as many as the training window has room for',
    'earlier windows as long as the hold-out; a candidate that is proven worse in one than what answers now does not pass the gate',
  ),
  hold_on: option(
    choice(['block', 'notice', 'never']),
    'block',
    'from which severity on an open incident about rows that were taken into a table it learns from keeps a candidate from answering',
  ),
  pause_on: option(
    choice(['block', 'notice', 'never']),
    'never',
    'from which severity on an open incident of a table it learns from, or of how it does, pauses its predictions: queries that read them are refused until somebody has seen to it',
  ),
  fallback: option(
    orNull(fallback),
    'NULL',
    'what answers PREDICT in place of a refusal while pause_on holds: `previous` (the newest version that has not learned from rows under the incident), a value, or another model; needs pause_on',
  ),
  log_predictions: option(
    columns,
    '(), none are logged',
    'the columns of the training set that say which example a row is: predictions of rows that have them are logged, and held against the label when it comes',
  ),
  prediction_retention: option(
    orNull(duration),
    "INTERVAL '90 days'",
    'how long a logged prediction is kept, and so how late its label may come; NULL: for ever',
  ),
  on_failure: option(
    choice(['keep_current']),
    'keep_current',
    'what answers when a candidate fails its gate',
  ),
};

const updateOptions = {
  idempotency_key: option(
    text(z.string().min(1, 'cannot be empty')),
    'none',
    'the same key again changes nothing and says so',
  ),
};

const copyOptions = {
  ...updateOptions,
  format: option(
    choice(['csv', 'parquet', 'json', 'jsonl', 'arrow']),
    "the path's ending",
    'the format of the file',
  ),
  header: option(boolean, 'true', 'whether the first line of a CSV file names its columns'),
  delimiter: option(text(), '`,` (a tab for .tsv)', 'what separates the fields of a CSV file'),
  quote: option(text(), '`"`', 'what encloses the fields of a CSV file'),
  escape: option(text(), 'the quote', 'what makes a quote inside a field of a CSV file plain'),
  null: option(text(), "''", 'the text that means NULL in a CSV file'),
  dateformat: option(text(), 'ISO 8601', 'how a CSV file writes its dates, as strftime does'),
  timestampformat: option(text(), 'ISO 8601', 'how a CSV file writes its timestamps, as strftime does'),
  encoding: option(text(), "'utf-8'", "the encoding of a CSV file: 'utf-8', 'latin-1' or 'utf-16'"),
};

export const optionTables = {
  table: tableOptions,
  view: {},
  'materialized-view': viewOptions,
  'training-set': trainingSetOptions,
  model: modelOptions,
  update: updateOptions,
  copy: copyOptions,
  query: queryOptions,
};

export type OptionTables = typeof optionTables;

/** What options belong to: the kinds of objects, and the statements that take some. */
export type OptionOwner = keyof OptionTables;

/** A row of the documentation's tables of options. */
export type OptionDoc = {
  readonly owner: OptionOwner;
  readonly name: string;
  readonly takes: string;
  readonly default: string;
  readonly meaning: string;
};

/** Every option there is, for the documentation. */
export function listOptions(): readonly OptionDoc[] {
  return owners.flatMap((owner) => {
    const table: Readonly<Record<string, OptionSpec<never> | OptionSpec<unknown>>> = optionTables[owner];
    return Object.entries(table).map(([name, spec]) => ({
      owner,
      name,
      takes: spec.kind.wants,
      default: spec.default,
      meaning: spec.meaning,
    }));
  });
}

const owners = ['table', 'materialized-view', 'training-set', 'model', 'update', 'copy', 'query'] as const;
