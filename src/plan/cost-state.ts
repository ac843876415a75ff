import { z } from 'zod';
import { type CostModel, type LearnedPath, newCostModel } from './cost-model.ts';
import { type ModelCost, unknownModelCost } from './model-refresh-decision.ts';
import type { RecentCost } from './recent-costs.ts';

/** Of the stored form. Another one is forgotten, and learning starts anew. */
const form = 3;

const number = z.number();

/** Place, terms, cost and weight of one recent cost. */
const recentSchema = z.tuple([number, number, number, number, number, number, number, number]);
const learnedSchema = z.object({
  factors: z.tuple([number, number, number]),
  covariance: z.tuple([number, number, number, number, number, number]),
  samples: number,
});
const pathSchema = learnedSchema.extend({
  recent: z.array(recentSchema),
  refreshesSince: number,
  spentSinceMs: number,
});
const rungSchema = z.enum(['algebraic', 'domain', 'full']).nullable();
const modelSchema = z.object({
  form: z.literal(form),
  paths: z.object({ adding: pathSchema, netting: pathSchema, domain: pathSchema, full: pathSchema }),
  fallbacks: z.object({ given: number, rows: number }),
  lastRungs: z.object({ adding: rungSchema, netting: rungSchema }),
  spentMs: number,
  probedMs: number,
});

const modelCostSchema = learnedSchema.extend({ gaveUp: z.boolean(), waitingRows: number });

/** What a model's refreshes have taught, as its cursor keeps it. */
export function writeModelCost(cost: ModelCost): string {
  return JSON.stringify(cost);
}

/** Of another form it is forgotten, and learning starts anew. */
export function readModelCost(stored: string | null): ModelCost {
  if (stored === null) return unknownModelCost;
  const read = modelCostSchema.safeParse(JSON.parse(stored));
  return read.success ? read.data : unknownModelCost;
}

/** A cost model as a view's cursor keeps it. */
export function writeCostModel({ paths, ...others }: CostModel): string {
  const { adding, netting, domain, full } = paths;
  const written = {
    adding: writtenPath(adding),
    netting: writtenPath(netting),
    domain: writtenPath(domain),
    full: writtenPath(full),
  };
  return JSON.stringify({ form, paths: written, ...others });
}

export function readCostModel(stored: string | null): CostModel {
  if (stored === null) return newCostModel;
  const read = modelSchema.safeParse(JSON.parse(stored));
  if (!read.success) return newCostModel;
  const { paths, fallbacks, lastRungs, spentMs, probedMs } = read.data;
  const { adding, netting, domain, full } = paths;
  return {
    paths: {
      adding: readPath(adding),
      netting: readPath(netting),
      domain: readPath(domain),
      full: readPath(full),
    },
    fallbacks,
    lastRungs,
    spentMs,
    probedMs,
  };
}

function writtenPath(path: LearnedPath): z.infer<typeof pathSchema> {
  return {
    ...path,
    factors: [...path.factors],
    covariance: [...path.covariance],
    recent: path.recent.map(({ place, terms, ms, weight }) => [
      ...place,
      terms.fixed,
      terms.standing,
      terms.moving,
      ms,
      weight,
    ]),
  };
}

function readPath(path: z.infer<typeof pathSchema>): LearnedPath {
  return {
    ...path,
    recent: path.recent.map(
      ([changed, sources, kind, fixed, standing, moving, ms, weight]): RecentCost => ({
        place: [changed, sources, kind],
        terms: { fixed, standing, moving },
        ms,
        weight,
      }),
    ),
  };
}
