import { z } from 'zod';
import { positiveDurationMs } from './duration-field.ts';

/** What a model learns from: all that is known, the newest part, or all with a half-life. */
export const windowSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all') }),
  z.strictObject({ kind: z.literal('sliding'), length: positiveDurationMs }),
  z.strictObject({ kind: z.literal('decay'), halfLife: positiveDurationMs }),
]);

export type LearningWindow = z.output<typeof windowSchema>;

const share = z.number().gt(0, 'must be above 0').lt(1, 'must be below 1');
const count = z.number().int('must be a whole number').positive('must be above 0');
const positive = z.number().positive('must be above 0');

/** When a model is refreshed. Those that SQL can declare are kept by the engine itself; the others by a trigger. */
export const scheduleSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('never') }),
  /** `max_rows`: at most so many rows of change behind. */
  z.strictObject({ kind: z.literal('rows'), rows: count }),
  /** `max_staleness`: at most so long behind. */
  z.strictObject({ kind: z.literal('interval'), every: positiveDurationMs }),
  /** After each update; as a baseline of drift detectors it is called always-alarm. */
  z.strictObject({ kind: z.literal('every-update') }),
  /** Before each answer that would be stale. */
  z.strictObject({ kind: z.literal('on-read') }),
  /** `max_effect`: where a prediction could be further from the refreshed model's than this. */
  z.strictObject({ kind: z.literal('max-effect'), effect: positive }),
  /**
   * Population stability index of a feature, above what chance alone gives, and significant.
   * `falseAlarms`: as for ks.
   */
  z.strictObject({
    kind: z.literal('psi'),
    threshold: positive.default(0.2),
    rows: count.default(200),
    falseAlarms: share.default(0.01),
  }),
  /**
   * Two-sample Kolmogorov–Smirnov test of each numeric feature, chi-squared test of each categorical one: the newest
   * `rows` beside those after the last refresh. `falseAlarms`: chance that there is any alarm from one refresh to the
   * next, however long that takes, all features and looks together, where rows are independent and nothing changes.
   */
  z.strictObject({ kind: z.literal('ks'), falseAlarms: share.default(0.01), rows: count.default(200) }),
  /**
   * Adaptive window over the loss, or over each feature. `delta`: as in the paper, chance of a false alarm at each of its
   * checks (one every 32 rows), all features together. It hears of means alone: not of a share of missing values, and
   * little of losses with very heavy tails.
   */
  z.strictObject({
    kind: z.literal('adwin'),
    delta: share.default(0.002),
    on: z.enum(['loss', 'features']).default('loss'),
  }),
  /**
   * Kolmogorov–Smirnov test of the `recent` rows beside the others of the `window`. `falseAlarms`: chance of a false
   * alarm at each of its tests (one every `recent` rows), all features together. The paper's window of 100 with 30
   * recent ones finds a shift by one standard deviation in two of three cases only.
   * Right-or-wrong losses are one tie, under which the test finds little: adwin and page-hinkley are for these.
   */
  z
    .strictObject({
      kind: z.literal('kswin'),
      falseAlarms: share.default(0.005),
      window: count.default(300),
      recent: count.default(100),
      on: z.enum(['loss', 'features']).default('loss'),
    })
    .refine(({ window, recent }) => recent < window, {
      message: 'must be below the window',
      path: ['recent'],
    }),
  /**
   * Cumulated rise of the loss. Both in standard deviations of the loss, so that they mean the same for any loss: `delta`
   * is the rise of its mean that is let pass, `threshold` the sum beyond it that alarms. Independent losses that do not
   * change alarm about once in (e^{2δλ} − 1 − 2δλ)/(2δ²) rows: a million at 0.1 and 50.
   */
  z.strictObject({
    kind: z.literal('page-hinkley'),
    delta: z.number().nonnegative().default(0.1),
    threshold: positive.default(50),
  }),
  /**
   * The loss of the newest `rows` labels beside that of the labels after the last refresh: whether it is higher, by
   * ranks. `falseAlarms`: chance that there is any alarm from one refresh to the next, where losses do not change.
   */
  z.strictObject({
    kind: z.literal('live-loss'),
    falseAlarms: share.default(0.01),
    rows: count.default(200),
  }),
  /** `staleness_price`: refresh once what staleness has cost since the last refresh reaches what a refresh costs. */
  z.strictObject({ kind: z.literal('auto') }),
  /** Refresh where the loss it is expected to save until the next one exceeds what it costs. */
  z.strictObject({ kind: z.literal('forecast') }),
  /** At most so many refreshes in a period, spent where most is to be gained. */
  z.strictObject({ kind: z.literal('budget'), refreshes: count, per: positiveDurationMs }),
]);

export type Schedule = z.output<typeof scheduleSchema>;

export const maintenanceSchema = z.enum(['auto', 'incremental', 'full']);

export type Maintenance = z.output<typeof maintenanceSchema>;

/** One column of the table that is compared: when, what from, and how. */
export const policySchema = z.strictObject({
  /** Unique within a run; people read it. */
  name: z.string().min(1),
  schedule: scheduleSchema,
  window: windowSchema,
  maintenance: maintenanceSchema,
});

export type Policy = z.output<typeof policySchema>;
