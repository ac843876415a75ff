import { z } from 'zod';
import { EverviewError } from '../../index.ts';

const one = z.tuple([z.number()]).transform(([value]) => value);

/** The demo's model has one score, and its categories, hour and weekday, are whole numbers. */
const level = z
  .object({ level: z.string().regex(/^\d+$/), weights: one })
  .transform(({ level: text, weights }) => ({ level: text, weight: weights }));

const scorerShape = z.object({
  offsets: one,
  features: z.array(
    z
      .object({ name: z.string(), center: z.number(), weights: one })
      .transform(({ name, center, weights }) => ({ name, center, weight: weights })),
  ),
  categories: z.array(z.object({ name: z.string(), levels: z.array(level) })),
});

const parametersShape = z
  .object({ labelMean: z.number(), scorer: scorerShape })
  .transform(({ labelMean, scorer: { offsets, ...rest } }) => ({ labelMean, offset: offsets, ...rest }));

/** What a stored version of a ridge model predicts by, as `everview.model_versions.parameters` holds it. */
export type LinearParameters = z.infer<typeof parametersShape>;

export function readParameters(json: string): LinearParameters {
  const read = parametersShape.safeParse(JSON.parse(json));
  if (read.success) return read.data;
  throw new EverviewError(
    'internal',
    'the stored parameters of a model have another form than the demo knows',
  );
}

/**
 * The prediction as an SQL expression over the features' columns, none of which may be NULL, and of which those of
 * categories hold small whole numbers from 0 on:
 * offset + Σ weight·(x − center) + Σ level weights. So a version that does not answer can be held against data, too.
 */
export function linearSql({ offset, features, categories }: LinearParameters): string {
  const terms = [
    double(offset),
    ...features.map(({ name, center, weight }) => `${double(weight)} * ("${name}" - ${double(center)})`),
    ...categories.map(({ name, levels }) => {
      // One text and no CASE of every level: the statement is planned anew each night, for half as long as it runs.
      const weights = new Map(levels.map(({ level, weight }) => [Number(level), weight]));
      const count = Math.max(-1, ...weights.keys()) + 1;
      const listed = Array.from({ length: count }, (_, level) => weights.get(level) ?? 0);
      return `coalesce(list_extract(CAST('[${listed.join(', ')}]' AS DOUBLE[]), "${name}" + 1), 0e0)`;
    }),
  ];
  return `(${terms.map((term) => `(${term})`).join(' + ')})`;
}

/** With an exponent, as DuckDB would take it for a DECIMAL otherwise. */
export function double(value: number): string {
  return `(${value.toExponential()})`;
}
