import { z } from 'zod';
import { durationMs } from './duration-field.ts';

/** What a model learns from: all that is known, the newest part, or all with a half-life. */
export const windowSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('all') }),
  z.strictObject({ kind: z.literal('sliding'), length: durationMs }),
  z.strictObject({ kind: z.literal('decay'), halfLife: durationMs }),
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
  z.strictObject({ kind: z.literal('interval'), every: durationMs }),
  /** After each update; as a baseline of drift detectors it is called always-alarm. */
  z.strictObject({ kind: z.literal('every-update') }),
  /** Before each answer that would be stale. */
  z.strictObject({ kind: z.literal('on-read') }),
  /** `max_effect`: where a prediction could be further from the refreshed model's than this. */
  z.strictObject({ kind: z.literal('max-effect'), effect: positive }),
  /** Population stability index of a feature since the last refresh. */
  z.strictObject({ kind: z.literal('psi'), threshold: positive.default(0.2), rows: count.default(200) }),
  /** Two-sample Kolmogorov–Smirnov test of each feature, at a risk per test series. */
  z.strictObject({ kind: z.literal('ks'), falseAlarms: share.default(0.01), rows: count.default(200) }),
  z.strictObject({
    kind: z.literal('adwin'),
    delta: share.default(0.002),
    on: z.enum(['loss', 'features']).default('loss'),
  }),
  z.strictObject({
    kind: z.literal('kswin'),
    falseAlarms: share.default(0.005),
    window: count.default(100),
    recent: count.default(30),
    on: z.enum(['loss', 'features']).default('loss'),
  }),
  z.strictObject({
    kind: z.literal('page-hinkley'),
    delta: z.number().nonnegative().default(0.005),
    threshold: positive.default(50),
  }),
  /** The loss of the labels that came, beside that of the time after the last refresh, at a risk per test. */
  z.strictObject({
    kind: z.literal('live-loss'),
    falseAlarms: share.default(0.01),
    rows: count.default(200),
  }),
  /** Ski rental: refresh once what staleness has cost since the last refresh reaches what a refresh costs. */
  z.strictObject({ kind: z.literal('auto') }),
  /** Refresh where the loss it is expected to save until the next one exceeds what it costs. */
  z.strictObject({ kind: z.literal('forecast') }),
  /** At most so many refreshes in a period, spent where most is to be gained. */
  z.strictObject({ kind: z.literal('budget'), refreshes: count, per: durationMs }),
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
