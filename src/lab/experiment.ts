import { z } from 'zod';
import { durationMs, positiveDurationMs } from './duration-field.ts';
import { maintenanceSchema, scheduleSchema, windowSchema } from './policy.ts';

/**
 * Rows of one base table. `select` is any SELECT over files that gives the table's columns
 * (`FROM read_csv('{data}/a.csv')`); `{data}` stands for the data folder. `eventTime` is by default the table's own;
 * tables without one are there from the start.
 */
const tableSourceSchema = z.strictObject({
  table: z.string().min(1),
  select: z.string().min(1),
  eventTime: z.string().min(1).nullable().default(null),
});

/**
 * Where the history comes from: files, in event-time order, or the change log of the declared base tables in an Everview
 * file, which is copied and not changed.
 */
const sourceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('files'), tables: z.array(tableSourceSchema).min(1) }),
  z.strictObject({ kind: z.literal('database'), path: z.string().min(1) }),
]);

/**
 * When rows come: those whose event time has passed (of a database: that were committed), as one update. Rows of one
 * moment come together; where none came, there is no update.
 */
const arrivalSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('interval'), every: positiveDurationMs }),
  z.strictObject({ kind: z.literal('rows'), rows: z.number().int().positive() }),
  /** Exponential gaps, drawn from the seed. */
  z.strictObject({ kind: z.literal('poisson'), mean: positiveDurationMs }),
  /** Of a database: each update when it was committed. */
  z.strictObject({ kind: z.literal('updates') }),
]);

/**
 * What is asked beside the one prediction of each row as it arrives. `rows` predictions a query, of rows that came
 * lately; with `skewed`, of keys drawn by Zipf's law with that exponent.
 */
const workloadSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('arrivals') }),
  z.strictObject({
    kind: z.literal('uniform'),
    every: positiveDurationMs,
    rows: z.number().int().positive().default(1),
  }),
  z.strictObject({
    kind: z.literal('bursty'),
    every: positiveDurationMs,
    queries: z.number().int().positive(),
    rows: z.number().int().positive().default(1),
  }),
  z.strictObject({
    kind: z.literal('skewed'),
    every: positiveDurationMs,
    key: z.string().min(1),
    exponent: z.number().positive().default(1.1),
    rows: z.number().int().positive().default(1),
  }),
]);

const policyEntrySchema = z.union([
  scheduleSchema,
  z.strictObject({
    name: z.string().min(1).optional(),
    schedule: scheduleSchema,
    window: windowSchema.optional(),
    maintenance: maintenanceSchema.optional(),
  }),
]);

export const lossNames = ['zero-one', 'log', 'absolute', 'squared'] as const;

export type LossName = (typeof lossNames)[number];

/** What `everview lab run` and `runExperiment` take, checked and with every default in its place. */
export const experimentSchema = z.strictObject({
  name: z.string().min(1),
  /** CREATE statements: tables, views, the training set and the model. */
  declarations: z.string().min(1),
  /** The model under test. */
  model: z.string().min(1),
  source: sourceSchema,
  /** The part of the history that is there before anything is measured: a share of its time, or a length. */
  warmUp: z
    .union([z.number().gt(0).lt(1), durationMs])
    // Nobody means so few milliseconds.
    .refine(
      (given) => given < 1 || given >= 1_000,
      'is a share below 1, or a length of time such as "60 days"',
    )
    .default(0.2),
  arrival: arrivalSchema,
  workload: workloadSchema.default({ kind: 'arrivals' }),
  /**
   * How long after its event time a label is known, in place of the training set's `label_delay`; null: the shortest at
   * which no label is known before the row is predicted.
   */
  labelDelay: durationMs.nullable().default(null),
  /** How long a refreshed model takes until it answers. */
  deployDelay: durationMs.default(0),
  /** Null: zero-one for classes, absolute for numbers. */
  loss: z.enum(lossNames).nullable().default(null),
  /** A column of the training set by whose values the loss is told too. */
  slice: z.string().min(1).nullable().default(null),
  /** Period of the seasonal baseline. */
  season: positiveDurationMs.nullable().default(null),
  policies: z.array(policyEntrySchema).min(1),
  /** Crossed with every policy that does not name its own. */
  windows: z
    .array(windowSchema)
    .min(1)
    .default([{ kind: 'all' }]),
  maintenance: z.array(maintenanceSchema).min(1).default(['auto']),
  seeds: z
    .array(z.number().int().nonnegative())
    .min(1)
    .refine((seeds) => new Set(seeds).size === seeds.length, 'must be different from each other')
    .default([1]),
  prices: z
    .strictObject({
      /** Of a second of processor time. */
      cpuSecond: z.number().nonnegative().default(1),
      /** Of one unit of loss: of one wrong class, of one unit of the label's error on one row. */
      loss: z.number().nonnegative().default(1),
    })
    .prefault({}),
  /**
   * What a refresh is taken to cost where costs must be the same in every run (hindsight, regret, ski rental): so many
   * seconds of processor time, and so many for each row that it reads.
   */
  refreshCost: z
    .strictObject({
      seconds: z.number().nonnegative().default(0.02),
      secondsPerRow: z.number().nonnegative().default(1e-6),
    })
    .prefault({}),
});

/** As a user writes it. */
export type ExperimentInput = z.input<typeof experimentSchema>;

/** Checked, lengths of time in milliseconds. Plain data: it goes to workers and into the cache's keys as JSON. */
export type Experiment = z.output<typeof experimentSchema>;
