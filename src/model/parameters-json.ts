import { z } from 'zod';
import { cyclePeriods, timestampParts } from '../declare/expansion.ts';
import { type ModelParameters, parametersForm } from './scorer.ts';

const number = z.number();
const numbers = z.array(number).readonly();
const text = z.string();

const basis = z.discriminatedUnion('shape', [
  z.object({ shape: z.literal('linear'), knot: number }),
  z.object({ shape: z.literal('cubic'), knots: numbers, term: number }),
]);

const source = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('column'), column: text }),
  z.object({ kind: z.literal('part'), column: text, part: z.enum(timestampParts) }),
  z.object({ kind: z.literal('season'), column: text, parts: z.array(z.enum(timestampParts)).readonly() }),
  z.object({
    kind: z.literal('cycle'),
    column: text,
    period: z.enum(cyclePeriods),
    wave: z.enum(['sin', 'cos']),
  }),
  z.object({ kind: z.literal('elapsed'), column: text }),
  z.object({ kind: z.literal('spline'), column: text, basis }),
  z.object({ kind: z.literal('product'), columns: z.array(text).readonly() }),
  z.object({ kind: z.literal('pair'), columns: z.array(text).readonly() }),
  z.object({ kind: z.literal('bucket'), column: text, bucket: number, buckets: number }),
]);

const feature = z.object({
  name: text,
  source,
  kind: z.enum(['numeric', 'boolean']),
  center: number,
  deviation: number,
  weights: numbers,
  standardizedWeights: numbers,
  missingWeights: numbers,
  missingRows: number,
});

const category = z.object({
  name: text,
  source,
  type: text,
  levels: z.array(z.object({ level: text.nullable(), weights: numbers, rows: number })).readonly(),
  unseen: numbers,
});

const form = z.object({ constants: numbers, rows: z.array(numbers).readonly() });

const head = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('identity'), columns: z.array(text).readonly() }),
  z.object({ kind: z.literal('exponential') }),
  z.object({ kind: z.literal('logistic'), type: text, classes: z.tuple([text, text]).readonly() }),
  z.object({ kind: z.literal('softmax'), type: text, classes: z.array(text).readonly() }),
  z.object({ kind: z.literal('nearest') }),
]);

const parametersSchema: z.ZodType<ModelParameters> = z.object({
  form: z.literal(parametersForm),
  scorer: z.object({
    missing: z.enum(['impute', 'drop']),
    features: z.array(feature).readonly(),
    categories: z.array(category).readonly(),
    offsets: numbers,
    quadratic: z.array(form).readonly().nullable(),
    head,
    bound: z.object({ radius: number, form, certificate: text }).nullable(),
  }),
  rows: number,
  labelMean: number.nullable(),
  details: z.record(text, z.union([number, text, z.boolean(), numbers, z.null()])),
});

/** Parameters as `everview.model_versions` keeps them; null: of another release, so they cannot answer. */
export function readParameters(json: string): ModelParameters | null {
  const read = parametersSchema.safeParse(JSON.parse(json));
  return read.success ? read.data : null;
}
