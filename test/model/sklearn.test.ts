import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type Everview, SimulatedClock } from '../../src/index.ts';
import { firstOf } from '../support/depth.ts';
import { openEverview } from '../support/open-everview.ts';
import {
  type CompareFit,
  classScoresTo,
  componentsTo,
  linearTo,
  logProbabilitiesTo,
  normalsTo,
  type Reference,
  referenceShape,
  softmaxTo,
  whiteningTo,
} from '../support/sklearn/compare-fits.ts';
import {
  dataFolder,
  isPresent,
  loadPublicSet,
  type PublicSet,
  publicSets,
} from '../support/sklearn/public-sets.ts';

const references = z
  .object({
    sklearn: z.string(),
    sets: z.record(
      z.string(),
      z.object({ training: z.number(), holdout: z.number(), fits: z.array(referenceShape) }),
    ),
  })
  .parse(JSON.parse(readFileSync(new URL('../support/sklearn/references.json', import.meta.url), 'utf8')));

/** How a family is declared, and to how many digits it agrees. */
type Family = {
  /** Options of the model, from those of the reference. */
  readonly options: (given: Readonly<Record<string, number>>) => readonly string[];
  readonly compare: CompareFit;
  /** Of the scores on the hold-out, relative. Those of logistic hold scikit-learn's own digits, 8 or 9 of its weights. */
  readonly scoreDigits: number;
};

const families: Readonly<Record<string, Family>> = {
  ridge: { options: ({ l2 }) => [`l2 = ${l2}`], compare: linearTo(12), scoreDigits: 11 },
  linear: { options: () => [], compare: linearTo(12), scoreDigits: 11 },
  elastic_net: {
    options: ({ l1, l2 }) => [`l1 = ${l1}`, `l2 = ${l2}`],
    compare: linearTo(11),
    scoreDigits: 11,
  },
  logistic: { options: ({ l2 }) => [`l2 = ${l2}`], compare: softmaxTo(10), scoreDigits: 8 },
  poisson: { options: ({ l2 }) => [`l2 = ${l2}`], compare: linearTo(13), scoreDigits: 13 },
  gamma: { options: ({ l2 }) => [`l2 = ${l2}`], compare: linearTo(13), scoreDigits: 12 },
  huber: {
    options: ({ l2, delta }) => [`l2 = ${l2}`, `delta = ${delta}`],
    compare: linearTo(12),
    scoreDigits: 12,
  },
  gaussian_nb: {
    options: ({ var_smoothing }) => [`smoothing = ${var_smoothing}`],
    compare: normalsTo(11),
    scoreDigits: 9,
  },
  multinomial_nb: {
    options: ({ alpha }) => [`smoothing = ${alpha}`],
    compare: logProbabilitiesTo(13, 'counts'),
    scoreDigits: 13,
  },
  bernoulli_nb: {
    options: ({ alpha }) => [`smoothing = ${alpha}`],
    compare: logProbabilitiesTo(13, 'flags'),
    scoreDigits: 13,
  },
  lda: { options: () => [], compare: classScoresTo(12), scoreDigits: 12 },
  qda: { options: () => [], compare: whiteningTo(12), scoreDigits: 9 },
  pca: { options: () => ['components = 99'], compare: componentsTo(11), scoreDigits: 9 },
};

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

/** The smallest that have most families between them: the sets of every run. */
const first = ['bike_sharing', 'oulad'];
const sets = Object.entries(references.sets).toSorted(
  ([one], [other]) => Number(first.includes(other)) - Number(first.includes(one)),
);

describe(`scikit-learn ${references.sklearn} on public data`, () => {
  describe.each(firstOf(sets, first.length))('%s', (name, { fits, ...rows }) => {
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
