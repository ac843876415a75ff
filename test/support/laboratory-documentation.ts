import type { Experiment } from '../../src/lab/experiment.ts';
import type { Schedule } from '../../src/lab/policy.ts';

type Row = readonly [written: string, fallback: string, meaning: string];

/** By the schema: a part of an experiment that is not told of does not compile. */
const parts = {
  name: ["`name: 'demand'`", 'required', 'what it is called in reports'],
  declarations: ['SQL', 'required', 'CREATE statements: tables, views, the training set and the model'],
  model: ['`model: demand`', 'required', 'the model under test'],
  source: [
    '`{ kind: files, tables: [{ table, select, eventTime }] }` or `{ kind: database, path }`',
    'required',
    'the history: a SELECT over files for each table, `{data}` standing for the data folder, or the change log of an Everview file',
  ],
  warmUp: ['a share below 1, or `60 days`', '0.2', 'the part that is there before anything is measured'],
  arrival: [
    '`{ kind: interval, every: 1 day }`, `{ kind: rows, rows: 500 }`, `{ kind: poisson, mean: 1 hour }` or, of a database, `{ kind: updates }`',
    'required',
    'how rows whose event time has passed come together, as one update; of `interval` at its end',
  ],
  workload: [
    '`{ kind: arrivals }`, or `uniform`, `bursty`, `skewed` with `every`',
    '`{ kind: arrivals }`',
    'what is asked beside the one prediction of each row as it comes',
  ],
  labelDelay: [
    'a length of time',
    'the shortest at which no label is known before its row is predicted: of `interval` arrivals at least `every`',
    'how long after its event time a label is known, in place of `label_delay`',
  ],
  deployDelay: ['a length of time', '0', 'how long a refreshed model takes until it answers'],
  loss: [
    '`zero-one`, `log`, `absolute` or `squared`',
    '`zero-one` of classes, `absolute` of numbers',
    'of one row',
  ],
  slice: ['a column of the training set', 'none', 'the loss is told by its values, too'],
  season: ['a length of time', 'none', 'period of the seasonal baseline'],
  policies: [
    'a list of `{ kind: … }`, or of `{ name, schedule, window, maintenance }`',
    'required',
    'what is compared; kinds below',
  ],
  windows: [
    'a list of `{ kind: all }`, `{ kind: sliding, length }`, `{ kind: decay, halfLife }`',
    '`all`',
    'what the model learns from, for each policy that does not say so itself',
  ],
  maintenance: ['a list of `auto`, `incremental`, `full`', '`auto`', 'how it is refreshed'],
  seeds: ['a list of whole numbers', '1', 'one replay for each; of what is drawn'],
  prices: [
    '`{ cpuSecond, loss }`',
    '1 and 1',
    'of a second of processor time, and of one unit of loss on one row',
  ],
  refreshCost: [
    '`{ seconds, secondsPerRow }`',
    '0.02 and 0.000001',
    'what a refresh is taken to cost where that must be the same in every run: `cost`, `× best`, `auto`',
  ],
} as const satisfies Record<keyof Experiment, Row>;

const schedules = {
  never: ['', 'not after the warm-up'],
  rows: ['`rows`', 'at most so many rows of change behind (`max_rows`)'],
  interval: [
    '`every`',
    'at most so long behind (`max_staleness`); at the deadline, before what comes at that moment',
  ],
  'every-update': ['', 'after each update'],
  'on-read': ['', 'before each answer that would be stale'],
  'max-effect': [
    '`effect`',
    'where a prediction could be further from that of the refreshed model (`max_effect`)',
  ],
  psi: ['`threshold`, `rows`, `falseAlarms`', 'population stability index of a feature'],
  ks: ['`falseAlarms`, `rows`', 'a test of each feature, Kolmogorov–Smirnov or chi-squared'],
  adwin: ['`delta`, `on: loss` or `features`', 'adaptive window over the loss or the features'],
  kswin: [
    '`falseAlarms`, `window`, `recent`, `on`',
    'Kolmogorov–Smirnov test of the recent rows in a window',
  ],
  'page-hinkley': ['`delta`, `threshold`', 'cumulated rise of the loss'],
  'live-loss': ['`falseAlarms`, `rows`', 'the newest losses are higher than those after the last refresh'],
  auto: ['', 'once staleness has cost as much as a refresh (`staleness_price`)'],
  forecast: ['', 'where the loss it is expected to save exceeds what it costs'],
  budget: ['`refreshes`, `per`', 'at most so many in a period, where most is to be gained'],
} as const satisfies Record<Schedule['kind'], readonly [takes: string, meaning: string]>;

/** What an experiment of the laboratory is made of: of each part its name, how it is written, its default, what it means. */
export const experimentRows = Object.entries(parts).map(([name, row]) => [`\`${name}\``, ...row]);

/** When a policy refreshes: the kind, what it takes, and when. */
export const scheduleRows = Object.entries(schedules).map(([kind, row]) => [`\`${kind}\``, ...row]);
