import { z } from 'zod';
import { EverviewError } from '../core/errors.ts';
import { noArrivalRules } from './arrival-rules.ts';
import { deepFreeze } from './deep-freeze.ts';
import { usualRetentionMs } from './define-model.ts';
import type { Definition } from './definition.ts';
import { methods } from './methods.ts';
import { expansions, fallback, gate, holdTerm, stalenessPrice } from './option-kind.ts';

const names = z.array(z.string()).readonly();
const milliseconds = z.number().int().nonnegative();

const constraint = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('not-null'), name: z.string(), column: z.string() }),
  z.strictObject({ kind: z.literal('check'), name: z.string(), expression: z.string() }),
  z.strictObject({ kind: z.enum(['unique', 'primary-key']), name: z.string(), columns: names }),
  z.strictObject({
    kind: z.literal('references'),
    name: z.string(),
    columns: names,
    table: z.string(),
    targetColumns: names,
    matchRate: z.number().gt(0).max(1).optional(),
  }),
]);

const arrival = z.strictObject({
  source: z.string().nullable(),
  eventTimeOrder: z.enum(['none', 'ascending', 'strict']),
  allowedLatenessMs: milliseconds.nullable(),
  maxFutureMs: milliseconds.nullable(),
  onReplay: z.enum(['accept', 'warn', 'quarantine', 'reject']),
});

const table = z.strictObject({
  kind: z.literal('table'),
  name: z.string(),
  columns: z
    .array(z.strictObject({ name: z.string(), type: z.string(), default: z.string().nullable() }))
    .readonly(),
  constraints: z.array(constraint).readonly(),
  eventTime: z.string().nullable(),
  onViolation: z.enum(['reject', 'quarantine', 'warn']),
  heartbeatMs: milliseconds.nullable(),
  // Files of older releases have none of these.
  arrival: arrival.default(noArrivalRules),
  isProfiled: z.boolean().default(false),
  falseAlarms: z.number().positive().nullable().default(null),
  onFinding: z.enum(['warn', 'quarantine', 'ask', 'hold_refresh', 'reject']).default('warn'),
  hold: holdTerm.schema.default({ forMs: 86_400_000, onDeadline: 'reject' }),
});

const policy = z.strictObject({
  refresh: z.enum(['immediate', 'auto', 'on_read', 'manual', 'incremental', 'full']),
  maxStalenessMs: milliseconds.nullable(),
  maxRows: z.number().int().nonnegative().nullable(),
  // Files of older releases have none.
  stalenessPrice: stalenessPrice.schema.nullable().default(null),
  onStaleRead: z.enum(['refresh', 'compensate', 'serve', 'fail']),
});

const view = z.strictObject({
  kind: z.literal('view'),
  name: z.string(),
  materialized: z.boolean(),
  query: z.string(),
  policy,
  tolerance: z.number().nonnegative(),
  // Files of older releases have neither.
  predictionTolerance: z.number().nonnegative().default(0),
  audit: z.number().min(0).max(1).default(0),
});

const trainingSet = z.strictObject({
  kind: z.literal('training-set'),
  name: z.string(),
  query: z.string(),
  label: z.string(),
  eventTime: z.string().nullable(),
  labelDelayMs: milliseconds,
  windowMs: milliseconds.nullable(),
  holdoutMs: milliseconds,
  tolerance: z.number().nonnegative(),
});

const model = z.strictObject({
  kind: z.literal('model'),
  name: z.string(),
  trainingSet: z.string(),
  features: z.discriminatedUnion('kind', [
    z.strictObject({ kind: z.literal('all'), except: names }),
    z.strictObject({ kind: z.literal('columns'), columns: names }),
  ]),
  method: z.enum(methods),
  options: z.strictObject({
    l2: z.number().nonnegative(),
    l1: z.number().nonnegative(),
    standardize: z.boolean(),
    labels: names,
    components: z.number().int().positive(),
    clusters: z.number().int().positive().default(8),
    smoothing: z.number().nonnegative().nullable(),
    regularization: z.number().min(0).max(1),
    delta: z.number().positive(),
    weight: z.string().nullable(),
    decayMs: milliseconds.nullable(),
    categorical: names,
    expand: expansions.schema,
    rareRows: z.number().int().nonnegative(),
    missing: z.enum(['impute', 'drop']),
  }),
  policy,
  maxEffect: z.number().nonnegative().nullable(),
  gate: gate.schema,
  // Files of older releases have neither.
  slices: names.default([]),
  windows: z.number().int().nonnegative().default(3),
  holdOn: z.enum(['block', 'notice', 'never']).default('block'),
  pauseOn: z.enum(['block', 'notice', 'never']).default('never'),
  fallback: fallback.schema.nullable().default(null),
  logPredictions: names.default([]),
  predictionRetentionMs: milliseconds.nullable().default(usualRetentionMs),
  onFailure: z.literal('keep_current'),
});

const definitionSchema: z.ZodType<Definition> = z.discriminatedUnion('kind', [
  table,
  view,
  trainingSet,
  model,
]);

/**
 * A definition as the catalog keeps it.
 * @throws EverviewError `not-a-database` when the text is none, or from a release that knows more.
 */
export function readDefinitionJson(text: string): Definition {
  try {
    return deepFreeze(definitionSchema.parse(JSON.parse(text)));
  } catch (cause) {
    throw new EverviewError('not-a-database', 'the catalog holds a definition that cannot be read', {
      hint: 'the file may be from a newer release',
      cause,
    });
  }
}

/** What a caller without types gives for a definition, with what a release before this one knew not; null: it is none. */
export function tryDefinition(given: unknown): Definition | null {
  return definitionSchema.safeParse(given).data ?? null;
}
