import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Everview, SimulatedClock } from '../../src/index.ts';
import { openEverview } from '../support/open-everview.ts';
import {
  dataFolder,
  isPresent,
  loadPublicSet,
  type PublicSet,
  publicSets,
} from '../support/sklearn/public-sets.ts';

const reference = z.looseObject({
  family: z.string(),
  features: z.array(z.string()),
  label: z.string(),
  options: z.record(z.string(), z.number()),
  scores: z.record(z.string(), z.number()),
});

type Reference = z.infer<typeof reference>;

const references = z
  .object({
    sklearn: z.string(),
    sets: z.record(
      z.string(),
      z.object({ training: z.number(), holdout: z.number(), fits: z.array(reference) }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../support/sklearn/references.json', import.meta.url), 'utf8')));

/** How a family is declared, and what of it is compared. One line each. */
type Family = {
  readonly method: string;
  /** Options of the model, from those of the reference. */
  readonly options: (given: Readonly<Record<string, number>>) => string;
  readonly compare: (parameters: unknown, expected: Reference) => void;
  /** Of the scores on the hold-out, relative. */
  readonly scoreDigits: number;
};

const families: Readonly<Record<string, Family>> = {
  ridge: {
    method: 'ridge',
    options: ({ l2 = 0 }) => `l2 = ${l2}`,
    compare: (parameters, expected) => expectLinear(parameters, expected, 11),
    scoreDigits: 11,
  },
};

const oneScore = z.object({ intercept: z.number(), weights: z.array(z.number()) });

const ridgeParameters = z.object({
  intercept: z.number(),
  features: z.array(z.object({ name: z.string(), weight: z.number(), deviation: z.number() })),
});

/** A linear model of one score: weights per deviation of the feature, to digits of the greatest of them. */
function expectLinear(parameters: unknown, expected: Reference, digits: number): void {
  const { intercept, weights } = oneScore.parse(expected);
  const fitted = ridgeParameters.parse(parameters);
  const features = new Map(fitted.features.map((feature) => [feature.name, feature]));
  const deviations = expected.features.map((name) => features.get(name)?.deviation ?? Number.NaN);
  const greatest = Math.max(...weights.map((weight, index) => Math.abs(weight) * (deviations[index] ?? 0)));
  expected.features.forEach((name, index) => {
    const off = Math.abs((features.get(name)?.weight ?? Number.NaN) - (weights[index] ?? 0));
    expect((off * (deviations[index] ?? 1)) / greatest, `weight of ${name}`).toBeLessThan(10 ** -digits);
  });
  expect(Math.abs(fitted.intercept / intercept - 1), 'intercept').toBeLessThan(10 ** -(digits - 2));
}

const versionMetrics = z.object({ holdout: z.looseObject({ rows: z.number() }) });

async function checkFit(db: Everview, expected: Reference, family: Family, rows: PublicRows): Promise<void> {
  const name = `${expected.family}_${expected.label}`;
  await db.execute(
    `CREATE MODEL ${name} WITH (method = '${family.method}', refresh = manual, ${family.options(expected.options)})
     AS SELECT ${expected.features.map((feature) => `"${feature}"`).join(', ')} FROM examples_${expected.label}`,
  );
  await db.refresh(name);
  const { rows: versions } = await db.query(
    'SELECT parameters, metrics, rows FROM everview.model_versions WHERE model = $1',
    [name],
  );
  const { holdout } = versionMetrics.parse(JSON.parse(String(versions[0]?.metrics)));
  expect([Number(versions[0]?.rows), holdout.rows]).toEqual([rows.training, rows.holdout]);
  family.compare(JSON.parse(String(versions[0]?.parameters)), expected);
  for (const [metric, value] of Object.entries(expected.scores)) {
    const off = Math.abs(Number(holdout[metric]) - value) / Math.max(1e-3, Math.abs(value));
    expect(off, `${metric}: ${String(holdout[metric])}, scikit-learn ${value}`).toBeLessThan(
      10 ** -family.scoreDigits,
    );
  }
}

type PublicRows = { readonly training: number; readonly holdout: number };

const dayMs = 86_400_000;

async function openSet(set: PublicSet, labels: readonly string[]): Promise<Everview> {
  const until = Date.parse(set.until);
  const { db } = await openEverview({ clock: new SimulatedClock(until) });
  await loadPublicSet(db, set);
  const days = (until - Date.parse(set.split)) / dayMs;
  for (const label of labels) {
    await db.execute(
      `CREATE TRAINING SET examples_${label} WITH (label = ${label}, event_time = moment, holdout = INTERVAL '${days} days') AS ${set.select}`,
    );
  }
  return db;
}

describe(`scikit-learn ${references.sklearn} on public data`, () => {
  describe.each(Object.entries(references.sets))('%s', (name, { fits, ...rows }) => {
    const set = publicSets[name];
    if (set === undefined) throw new Error(`references.json knows a set "${name}" that public-sets.ts lacks`);
    if (!isPresent(set)) {
      const files = set.files.map(({ path }) => path).join(', ');
      it.skip(
        `NOT RUN: ${dataFolder} lacks ${files}; it is from github.com/${set.source} (or set EVERVIEW_DATA)`,
      );
      return;
    }
    let db: Everview | undefined;
    beforeAll(async () => {
      db = await openSet(set, [...new Set(fits.map(({ label }) => label))]);
    });
    afterAll(() => db?.close());
    it('has the rows that were prepared', async () => {
      const counts = await db?.query(
        `SELECT count(*) FILTER (moment <= TIMESTAMP '${set.split}') AS training,
          count(*) FILTER (moment > TIMESTAMP '${set.split}') AS holdout FROM (${set.select})`,
      );
      const [counted] = counts?.rows ?? [];
      expect([Number(counted?.training), Number(counted?.holdout)]).toEqual([rows.training, rows.holdout]);
    });
    for (const fit of fits) {
      const family = families[fit.family];
      if (family === undefined) it.todo(`${fit.family} of ${fit.label}: not wired`);
      else
        it(`${fit.family} of ${fit.label}`, async () => {
          if (db !== undefined) await checkFit(db, fit, family, rows);
        });
    }
  });
});
