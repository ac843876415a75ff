import { z } from 'zod';
import type { BatchProfile } from './batch-profile.ts';
import { measureNames } from './column-profile.ts';
import type { JointPlan } from './joint-plan.ts';
import type { ProfilePart } from './profile-part.ts';

/** JSON has no NaN: it is null there. */
const measure = z
  .number()
  .nullable()
  .transform((value) => value ?? Number.NaN);
const kind = z.enum(['number', 'text', 'time', 'day', 'boolean', 'other']);
const valueCounts = z.array(z.tuple([z.string(), z.number()]).readonly()).readonly();

const column = z.object({
  name: z.string(),
  kind,
  present: z.number(),
  nulls: z.number(),
  counts: z.array(z.number()).readonly(),
  measures: z.array(measure).readonly(),
  least: measure,
  greatest: measure,
  middle: measure,
  values: valueCounts.nullable(),
  top: valueCounts,
  patterns: valueCounts.nullable(),
  bag: z.number(),
  // Of an older release.
  sketch: z
    .object({ below: z.number(), hashes: z.array(z.number()).readonly() })
    .nullable()
    .default(null),
  novel: z.object({
    below: z.number(),
    above: z.number(),
    // Of an older release.
    far: z.number().default(0),
    belowMedian: measure,
    aboveMedian: measure,
    values: z.number(),
    newest: valueCounts,
    patterns: z.number(),
  }),
});

const effect = z.object({
  model: z.string(),
  label: z.string(),
  definition: z.string(),
  version: z.number(),
  rows: z.number(),
  loss: measure,
  error: measure,
  skill: measure,
  center: measure,
  surprises: z.number(),
  relations: z.array(z.tuple([z.string(), measure]).readonly()).readonly(),
  shifted: z.array(measure).readonly(),
  move: measure,
  largestMove: measure,
});

const rowCounts = z.array(z.tuple([z.number(), z.number()]).readonly()).readonly();

/** Of what is written; 1, which was not said: measures of numbers ended with one that is another now. */
const format = 2;

const profile = z.object({
  format: z.number().default(1),
  rows: z.number(),
  duplicates: z.number(),
  columns: z.array(column).readonly(),
  correlations: z.array(measure).readonly(),
  rules: rowCounts,
  // Of an older release.
  dependencies: rowCounts.default([]),
  // Of an older release.
  effects: z.array(effect).readonly().default([]),
});

const plan = z.object({
  // Of an older release.
  columns: z.array(z.string()).readonly().default([]),
  correlations: z.array(z.tuple([z.string(), z.string()]).readonly()).readonly(),
  rules: z
    .array(
      z.discriminatedUnion('kind', [
        z.object({ kind: z.enum(['order', 'equal']), a: z.string(), b: z.string() }),
        z.object({ kind: z.enum(['sum', 'product']), a: z.string(), b: z.string(), c: z.string() }),
      ]),
    )
    .readonly(),
  // Of an older release.
  dependencies: z
    .array(
      z.object({
        kind: z.literal('determines'),
        a: z.string(),
        b: z.string(),
        part: z.enum(['hour', 'weekday']).nullable(),
      }),
    )
    .readonly()
    .default([]),
});

const partColumns = z
  .array(
    z.object({
      name: z.string(),
      kind,
      present: z.number(),
      nulls: z.number(),
      counts: z.array(z.number()).readonly(),
    }),
  )
  .readonly();

/** What a recorded finding is about. */
const findings = z
  .array(z.object({ cause: z.string(), severity: z.string(), columns: z.array(z.string()).readonly() }))
  .readonly();

export function readFindings(json: string): z.infer<typeof findings> {
  return findings.parse(JSON.parse(json));
}

export function writeProfile(of: BatchProfile): string {
  return JSON.stringify({ format, ...of });
}

export function readProfile(json: string): BatchProfile {
  const { format: written, ...read } = profile.parse(JSON.parse(json));
  return written < 2 ? { ...read, columns: read.columns.map(withoutDisorder) } : read;
}

const disorderPlace = measureNames.number.indexOf('disorder');

/** Of an older release, whose steps between rows were measured in another unit: as if they had not been. */
function withoutDisorder(of: z.infer<typeof column>): z.infer<typeof column> {
  if (of.kind !== 'number') return of;
  return { ...of, measures: of.measures.map((one, place) => (place === disorderPlace ? Number.NaN : one)) };
}

export function readPlan(json: string): JointPlan {
  return plan.parse(JSON.parse(json));
}

export function readPartColumns(json: string): ProfilePart['columns'] {
  return partColumns.parse(JSON.parse(json));
}
