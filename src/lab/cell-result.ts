import { z } from 'zod';
import { policySchema } from './policy.ts';

const numbers = z.array(z.number());

/** What hindsight has to know of a refresh between two arrivals. */
const betweenSchema = z.strictObject({
  /** Labels known then, and those of them that it could have learned from, had none left its window. */
  known: z.number().int(),
  learnable: z.number().int(),
  /**
   * What its version loses in the step that it was done in, and in each step after; null: rows cannot be predicted one at
   * a time.
   */
  losses: numbers.nullable(),
});

export type BetweenRefresh = z.output<typeof betweenSchema>;

/** One refresh of the model in a replay. */
const refreshSchema = z.strictObject({
  atMs: z.number(),
  /** Index of the step in which it was done: after the arrival before, up to the end of its own; −1: in the warm-up. */
  step: z.number().int(),
  kind: z.enum(['incremental', 'full', 'none']),
  /** The engine's own, of its closed list. */
  reason: z.string(),
  /** What the engine says called for it, or what the trigger said. */
  because: z.string(),
  /** Labels that it added or took away since the refresh before. */
  changedRows: z.number().int(),
  /** Labels it learned from. */
  trainingRows: z.number().int(),
  /** Rows the engine read for it: of views, the training set and the model. */
  rowsScanned: z.number(),
  /** Whether its version came to answer. */
  promoted: z.boolean(),
  modelVersion: z.number().int().nullable(),
  /** From the moment the newest label it learned from was known until it answered. */
  dataToModelMs: z.number().nullable(),
  /** Rows of the step after it that the version before had right and this one has wrong; null where nothing is right or wrong. */
  negativeFlips: z.number().int().nullable(),
  /** Null: done when rows arrived, or nothing that arrived was answered by it. Older releases do not tell it. */
  between: betweenSchema.nullable().default(null),
});

/**
 * What one policy did under one seed. All but `measured` is the same in every run. Arrays over steps hold one value for
 * each arrival after the warm-up.
 */
export const cellResultSchema = z.strictObject({
  policy: policySchema,
  seed: z.number().int(),
  task: z.enum(['number', 'class']),
  loss: z.enum(['zero-one', 'log', 'absolute', 'squared']),
  atMs: numbers,
  /** Labelled rows that arrived and were predicted. */
  rows: numbers,
  /** Summed loss of these, each by the model that answered when it arrived. */
  lossSum: numbers,
  /** Predictions answered, those of the workload too. */
  answers: numbers,
  /**
   * The last step all of whose labels the answering model had learned; −1: those of the warm-up. That is the step itself
   * where the model was refreshed before it answered (at a read, at a deadline): its own rows' labels come later.
   */
  activeSince: numbers,
  /** Of the answering model, at the answers of the step, as the engine's provenance says. */
  staleVersions: numbers,
  staleRows: numbers,
  staleMs: numbers,
  /** Null: not known. */
  staleEffect: z.array(z.number().nullable()),
  /** Labels known at the answers of the step that the answering model had not learned. */
  pendingLabels: numbers,
  /** Answers beyond what the policy declares. */
  outsideBound: numbers,
  /**
   * Answers of the model before, for no version answered: its window held no row to learn from. They count as beyond the
   * bound. Results of older releases say nothing of it.
   */
  withoutModel: numbers.default([]),
  /** By value of the experiment's slice: rows and summed loss. */
  slices: z.array(z.strictObject({ value: z.string(), rows: z.number(), lossSum: z.number() })),
  refreshes: z.array(refreshSchema),
  /** Labels known at the end of the warm-up, and at the end of each step. */
  labelsAtStart: z.number().int(),
  labels: numbers,
  measured: z.strictObject({
    /** Of this process, after the warm-up. */
    cpuSeconds: z.number(),
    /** The part of it within refreshes, and within answers that refreshed first. */
    refreshCpuSeconds: z.number(),
    wallSeconds: z.number(),
  }),
});

export type CellResult = z.output<typeof cellResultSchema>;

export type RefreshMark = CellResult['refreshes'][number];

/** A prediction that needs no model: what an honest table has beside the policies. */
export const baselineSchema = z.strictObject({
  name: z.enum(['last value', 'last class', 'seasonal mean', 'mean so far', 'majority class']),
  lossSum: numbers,
  rows: numbers,
});

export type BaselineResult = z.output<typeof baselineSchema>;

/**
 * Losses of every model that could have answered. `losses[m][t]` is the summed loss on the rows of step t of the model
 * refreshed in step m − 1 (m = 0: in the warm-up), for t ≥ m − 1, and 0 for steps before. That of its own step is what it
 * would have said had it been refreshed before the answers, as it is where the engine keeps the schedule.
 */
export const lossMatrixSchema = z.strictObject({
  /** The policy whose window and maintenance it is of; its schedule is every-update. */
  policy: policySchema,
  seed: z.number().int(),
  losses: z.array(numbers),
  /** Labels that each of these models learned from. */
  trainingRows: numbers,
});

export type LossMatrix = z.output<typeof lossMatrixSchema>;

/** Everything a run came to: what reports, `suggest` and comparisons read. Written as JSON. */
export const runResultSchema = z.strictObject({
  format: z.literal(1),
  experiment: z.string(),
  /** Of the experiment as JSON and of its data: SHA-256. */
  hash: z.string(),
  /** With the model: what the statements that declare a policy are written against. */
  declarations: z.string(),
  model: z.string(),
  prices: z.strictObject({ cpuSecond: z.number(), loss: z.number() }),
  refreshCost: z.strictObject({ seconds: z.number(), secondsPerRow: z.number() }),
  /** From a refresh until its model answers. */
  deployDelayMs: z.number(),
  /** Loss of the trivial baseline a row, over the warm-up: the scale of what staleness is taken to cost. */
  lossScale: z.number(),
  cells: z.array(cellResultSchema),
  baselines: z.array(baselineSchema),
  matrices: z.array(lossMatrixSchema),
});

export type RunResult = z.output<typeof runResultSchema>;
