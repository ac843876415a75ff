import { z } from 'zod';
import { type Metric, metrics, type PairedMetric, pairedMetrics } from '../core/metric.ts';

/** What must hold of a candidate before it may answer. `per`: of each value of that column; null: of all rows. */
export type GateCondition = ThresholdCondition | NotWorseCondition | FlipsCondition;

/** `rmse <= 40`, `rmse <= 1.02 * current`, `rmse PER origin <= 60`. */
export type ThresholdCondition = {
  readonly kind: 'threshold';
  readonly metric: Metric;
  readonly per: string | null;
  readonly operator: '<' | '<=' | '>' | '>=';
  readonly factor: number;
  /** True: the threshold is `factor` times the current model's score on the same rows. */
  readonly relative: boolean;
  /** As the user wrote it. */
  readonly text: string;
};

/** `not_worse(margin = 0.02)`, `not_worse(mae, margin = 0.05) PER origin`: the paired test with the current model. */
export type NotWorseCondition = {
  readonly kind: 'not-worse';
  /** Null: rmse of numbers, accuracy of classes. */
  readonly metric: PairedMetric | null;
  readonly per: string | null;
  /** A share of the current model's score; for accuracy, points of it. */
  readonly margin: number;
  readonly text: string;
};

/** `negative_flips <= 0.02`; for numbers `negative_flips(tolerance = 15) <= 0.02`. */
export type FlipsCondition = {
  readonly kind: 'negative-flips';
  /** Up to which error a number counts as right; null for classes. */
  readonly tolerance: number | null;
  readonly per: string | null;
  readonly operator: '<' | '<=';
  /** Share of the rows. */
  readonly budget: number;
  readonly text: string;
};

const per = z.string().nullable();
const text = z.string();

const threshold = z.strictObject({
  kind: z.literal('threshold'),
  metric: z.enum(metrics),
  per,
  operator: z.enum(['<', '<=', '>', '>=']),
  factor: z.number(),
  relative: z.boolean(),
  text,
});

const notWorse = z.strictObject({
  kind: z.literal('not-worse'),
  metric: z.enum(pairedMetrics).nullable(),
  per,
  margin: z.number().nonnegative('margin cannot be negative'),
  text,
});

const flips = z.strictObject({
  kind: z.literal('negative-flips'),
  tolerance: z.number().nonnegative('tolerance cannot be negative').nullable(),
  per,
  operator: z.enum(['<', '<=']),
  budget: z.number(),
  text,
});

/** Files of older releases know thresholds over all rows alone, and do not say so. */
function ofOlderRelease(value: unknown): unknown {
  return typeof value === 'object' && value !== null && !('kind' in value)
    ? { kind: 'threshold', per: null, ...value }
    : value;
}

export const gateConditionSchema: z.ZodType<GateCondition> = z.preprocess(
  ofOlderRelease,
  z.discriminatedUnion('kind', [threshold, notWorse, flips]),
);
