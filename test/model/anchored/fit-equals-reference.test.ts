import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { solveAnchored } from '../../../src/model/anchored/anchored-parameters.ts';
import { type AnchoredMethod, createLoss } from '../../../src/model/anchored/create-loss.ts';
import { OnnxRuntime } from '../../../src/model/onnx-runtime.ts';
import { AnchoredRows, planOf, scoresAt } from '../../support/anchored-rows.ts';
import { fitGlm, type GlmRow } from '../../support/glm-reference.ts';
import { Random } from '../../support/random.ts';

const runtime = new OnnxRuntime();
afterAll(() => runtime.close());

const methods: readonly (readonly [string, AnchoredMethod, number])[] = [
  ['logistic regression', { kind: 'logistic', classes: ['no', 'yes'] }, 2],
  ['multinomial regression', { kind: 'logistic', classes: ['a', 'b', 'c', 'd'] }, 4],
  ['Poisson regression', { kind: 'poisson' }, 0],
  ['gamma regression', { kind: 'gamma' }, 0],
  ['Huber regression', { kind: 'huber', delta: 0.4 }, 0],
];
const binary = [false, false, false, true, false];

/** Offsets, holes, a copy of a column, levels that hide in NULL: `hard` ones; else two plain columns. */
function makeRows(method: AnchoredMethod, classes: number, isHard: boolean): GlmRow[] {
  const random = new Random(classes + 17);
  return random.list(600, () => {
    const a = random.next() * 4 - 2;
    const b = random.next();
    const flag = random.chance(0.4) ? 1 : 0;
    const place = random.pick(['p', 'q', null, 's']);
    const signal = a - b + 0.5 * flag + (place === 'q' ? 1 : 0);
    const noise = random.next();
    const y = labelOf(method, classes, signal, noise, random);
    if (!isHard) return { numeric: [a, b], categories: [], y };
    const hole = random.chance(0.2) ? null : b * 1e-5;
    return {
      numeric: [a, 1e6 + b * 100, hole, flag, 3 * a + 1],
      categories: [place, random.pick(['u', 'v'])],
      y,
    };
  });
}

function labelOf(
  method: AnchoredMethod,
  classes: number,
  signal: number,
  noise: number,
  random: Random,
): number {
  switch (method.kind) {
    case 'logistic':
      if (classes === 2) return noise < 1 / (1 + Math.exp(-signal)) ? 1 : 0;
      return random.chance(0.4)
        ? random.int(0, classes - 1)
        : Math.max(0, Math.min(classes - 1, Math.round(signal)));
    case 'poisson':
      return Math.floor(Math.exp(signal / 2) * noise * 3);
    case 'gamma':
      return Math.exp(signal / 2) * (noise + 0.1);
    case 'huber':
      return signal + (noise - 0.5) * (random.chance(0.1) ? 30 : 1);
  }
}

async function largestError(
  method: AnchoredMethod,
  classes: number,
  isHard: boolean,
  options: { l2: number; standardize: boolean },
): Promise<number> {
  const rows = makeRows(method, classes, isHard);
  const plan = planOf(isHard ? 5 : 2, isHard ? 2 : 0, isHard ? binary : []);
  const fit = await new AnchoredRows(runtime, plan, createLoss(method), classes).fit(rows, options);
  expect(fit.isDone).toBe(true);
  const parameters = solveAnchored(plan, fit.state, method, options);
  // its floor is the bound on rounding, which collinear columns under a slight penalty magnify
  expect(parameters.certificate.worst).toBeLessThan(1e-6);
  const kind = method.kind;
  const delta = method.kind === 'huber' ? method.delta : 0;
  const reference = fitGlm(rows, {
    kind,
    classes,
    delta,
    ...options,
    binary: isHard ? binary : [false, false],
  });
  expect(reference.gradient).toBeLessThan(1e-13);
  const errors = rows.flatMap((row) => {
    const exact = reference.scores(row);
    return scoresAt(parameters, row).map((score, k) => Math.abs(score - (exact[k] ?? Number.NaN)));
  });
  return Math.max(...errors);
}

describe('a full fit is the optimum', () => {
  for (const [name, method, classes] of methods) {
    for (const [l2, standardize] of [
      [1, true],
      [1e-3, true],
      [30, false],
    ] as const) {
      it(`of ${name} with l2 = ${l2}, standardize = ${standardize}, over columns of all kinds`, async () => {
        expect(await largestError(method, classes, true, { l2, standardize })).toBeLessThan(1e-8);
      });
    }

    it(`of ${name} without a penalty`, async () => {
      expect(await largestError(method, classes, false, { l2: 0, standardize: true })).toBeLessThan(1e-8);
    });
  }
});

const sklearnCases = z.object({
  data: z.record(z.string(), z.array(z.array(z.number()))),
  cases: z.array(
    z.object({
      name: z.string(),
      kind: z.enum(['logistic', 'poisson', 'gamma']),
      l2: z.number(),
      classes: z.array(z.number()),
      data: z.string(),
      y: z.array(z.number()),
      intercept: z.array(z.number()),
      coef: z.array(z.array(z.number())),
    }),
  ),
});

describe('coefficients are those of scikit-learn 1.2.1', async () => {
  const path = join(import.meta.dirname, '../../support/sklearn/glm-reference.json');
  const { data: sets, cases } = sklearnCases.parse(JSON.parse(await readFile(path, 'utf8')));
  for (const { name, kind, l2, classes, data, y, intercept, coef } of cases) {
    const x = sets[data] ?? [];
    it(`of ${kind} on ${name}, l2 = ${l2}`, async () => {
      const method: AnchoredMethod = kind === 'logistic' ? { kind, classes: classes.map(String) } : { kind };
      const rows = x.map((numeric, i) => ({ numeric, categories: [], y: y[i] ?? 0 }));
      const plan = planOf(x[0]?.length ?? 0, 0);
      const options = { l2, standardize: false };
      const fit = await new AnchoredRows(runtime, plan, createLoss(method), classes.length).fit(
        rows,
        options,
      );
      const parameters = solveAnchored(plan, fit.state, method, options);
      coef.forEach((weights, k) => {
        weights.forEach((weight, j) => {
          expect(parameters.features[j]?.weights[k]).toBeCloseTo(weight, 7);
        });
        expect(parameters.scores[k]?.intercept).toBeCloseTo(intercept[k] ?? Number.NaN, 7);
      });
    });
  }
});
