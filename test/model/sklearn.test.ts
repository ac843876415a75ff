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
  /** Options of the model, from those of the reference. */
  readonly options: (given: Readonly<Record<string, number>>) => readonly string[];
  readonly compare: (parameters: unknown, expected: Reference) => void;
  /** Of the scores on the hold-out, relative. */
  readonly scoreDigits: number;
};

const families: Readonly<Record<string, Family>> = {
  ridge: { options: ({ l2 }) => [`l2 = ${l2}`], compare: linearTo(11), scoreDigits: 11 },
  linear: { options: () => [], compare: linearTo(10), scoreDigits: 10 },
  elastic_net: {
    options: ({ l1, l2 }) => [`l1 = ${l1}`, `l2 = ${l2}`],
    compare: linearTo(9),
    scoreDigits: 9,
  },
  pca: { options: () => ['components = 99'], compare: componentsTo(9), scoreDigits: 9 },
};

const oneScore = z.object({ intercept: z.number(), weights: z.array(z.number()) });
const components = z.object({
  components: z.array(z.array(z.number())),
  explained_variance: z.array(z.number()),
});

/** What every family keeps: src/model/scorer.ts. */
const scored = z.object({
  scorer: z.object({
    offsets: z.array(z.number()),
    features: z.array(
      z.object({
        name: z.string(),
        center: z.number(),
        deviation: z.number(),
        weights: z.array(z.number()),
        standardizedWeights: z.array(z.number()),
      }),
    ),
  }),
  details: z.record(z.string(), z.unknown()),
});

/** A linear model of one score: weights per deviation of the feature, to digits of the greatest of them. */
function linearTo(digits: number): Family['compare'] {
  return (parameters, expected) => {
    const { intercept, weights } = oneScore.parse(expected);
    const { scorer } = scored.parse(parameters);
    const features = new Map(scorer.features.map((feature) => [feature.name, feature]));
    const pairs = expected.features.map((name, index) => {
      const deviation = features.get(name)?.deviation ?? Number.NaN;
      const fitted = features.get(name)?.weights[0] ?? Number.NaN;
      return { name, fitted: fitted * deviation, wanted: (weights[index] ?? Number.NaN) * deviation };
    });
    const greatest = Math.max(...pairs.map(({ wanted }) => Math.abs(wanted)));
    for (const { name, fitted, wanted } of pairs)
      expect(Math.abs(fitted - wanted) / greatest, `weight of ${name}`).toBeLessThan(10 ** -digits);
    const atZero = scorer.features.reduce(
      (sum, { center, weights: [weight = 0] }) => sum - weight * center,
      scorer.offsets[0] ?? Number.NaN,
    );
    const scale = Math.max(Math.abs(scorer.offsets[0] ?? 0), Math.abs(intercept));
    expect(Math.abs(atZero - intercept) / scale, 'intercept').toBeLessThan(10 ** -(digits - 2));
  };
}

/** Unit vectors over the standardized features, up to their sign. */
function componentsTo(digits: number): Family['compare'] {
  return (parameters, expected) => {
    const wanted = components.parse(expected);
    const { scorer, details } = scored.parse(parameters);
    const features = new Map(scorer.features.map((feature) => [feature.name, feature.standardizedWeights]));
    const variances = z.array(z.number()).parse(details.explained_variance);
    wanted.components.forEach((component, k) => {
      const fitted = expected.features.map((name) => features.get(name)?.[k] ?? Number.NaN);
      const along = fitted.reduce((sum, value, index) => sum + value * (component[index] ?? 0), 0);
      expect(Math.abs(Math.abs(along) - 1), `component ${k + 1}`).toBeLessThan(10 ** -digits);
      const off = (variances[k] ?? Number.NaN) / (wanted.explained_variance[k] ?? Number.NaN) - 1;
      expect(Math.abs(off), `variance ${k + 1}`).toBeLessThan(10 ** -digits);
    });
  };
}

const versionMetrics = z.object({ holdout: z.looseObject({ rows: z.number() }).nullable() });

async function checkFit(db: Everview, expected: Reference, family: Family, rows: PublicRows): Promise<void> {
  const name = `${expected.family}_${expected.label}`;
  const options = [`method = '${expected.family}'`, 'refresh = manual', ...family.options(expected.options)];
  await db.execute(
    `CREATE MODEL ${name} WITH (${options.join(', ')})
     AS SELECT ${expected.features.map((feature) => `"${feature}"`).join(', ')} FROM examples_${expected.label}`,
  );
  await db.refresh(name);
  const { rows: versions } = await db.query(
    'SELECT parameters, metrics, rows FROM everview.model_versions WHERE model = $1',
    [name],
  );
  expect(Number(versions[0]?.rows)).toBe(rows.training);
  family.compare(JSON.parse(String(versions[0]?.parameters)), expected);
  const { holdout } = versionMetrics.parse(JSON.parse(String(versions[0]?.metrics)));
  if (Object.keys(expected.scores).length > 0) expect(holdout?.rows).toBe(rows.holdout);
  for (const [metric, value] of Object.entries(expected.scores)) {
    const off = Math.abs(Number(holdout?.[metric]) - value) / Math.max(1e-3, Math.abs(value));
    expect(off, `${metric}: ${String(holdout?.[metric])}, scikit-learn ${value}`).toBeLessThan(
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
