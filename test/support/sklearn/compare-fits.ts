import { expect } from 'vitest';
import { z } from 'zod';

/** One fit of references.json; what else it holds is the family's own. */
export const referenceShape = z.looseObject({
  family: z.string(),
  features: z.array(z.string()),
  label: z.string(),
  options: z.record(z.string(), z.number()),
  scores: z.record(z.string(), z.number()),
});

export type Reference = z.infer<typeof referenceShape>;

/** Holds the parameters of a model version against a reference. */
export type CompareFit = (parameters: unknown, expected: Reference) => void;

const numbers = z.array(z.number());
const matrix = z.array(numbers);

/** What every family keeps: src/model/scorer.ts. */
const scored = z.object({
  scorer: z.object({
    offsets: numbers,
    features: z.array(
      z.object({
        name: z.string(),
        center: z.number(),
        deviation: z.number(),
        weights: numbers,
        standardizedWeights: numbers,
      }),
    ),
    quadratic: z.array(z.object({ constants: numbers, rows: matrix })).nullable(),
  }),
  details: z.record(z.string(), z.unknown()),
});

type Scored = z.infer<typeof scored>;

/** Linear functions of the features as they are, one per score: weights in the reference's order, values at x = 0. */
type LinearScores = { readonly weights: readonly (readonly number[])[]; readonly atZero: readonly number[] };

function featuresOf({ scorer }: Scored, names: readonly string[]) {
  return names.map((name) => {
    const feature = scorer.features.find((one) => one.name === name);
    if (feature === undefined) throw new Error(`the model has no feature "${name}"`);
    return feature;
  });
}

function linearScores(fitted: Scored, names: readonly string[]): LinearScores {
  const features = featuresOf(fitted, names);
  return {
    weights: fitted.scorer.offsets.map((_, k) => features.map(({ weights }) => weights[k] ?? Number.NaN)),
    atZero: fitted.scorer.offsets.map((offset, k) =>
      features.reduce((sum, { center, weights }) => sum - (weights[k] ?? Number.NaN) * center, offset),
    ),
  };
}

const written = z.object({
  weights: z.union([matrix, numbers.transform((weights) => [weights])]),
  intercept: z.union([numbers, z.number().transform((intercept) => [intercept])]),
});

function writtenScores(given: unknown): LinearScores {
  const { weights, intercept } = written.parse(given);
  return { weights, atZero: intercept };
}

/** Weights per deviation of their feature and values at the centres, to digits of the greatest of them. */
function expectSameScores(
  fitted: Scored,
  names: readonly string[],
  own: LinearScores,
  wanted: LinearScores,
  digits: number,
): void {
  const features = featuresOf(fitted, names);
  expect(own.weights.length).toBe(wanted.weights.length);
  const perDeviation = ({ weights }: LinearScores) =>
    weights.map((line) => line.map((weight, j) => weight * (features[j]?.deviation ?? Number.NaN)));
  const expected = perDeviation(wanted);
  const greatest = Math.max(...expected.flat().map(Math.abs));
  perDeviation(own).forEach((line, k) => {
    line.forEach((weight, j) => {
      const off = Math.abs(weight - (expected[k]?.[j] ?? Number.NaN)) / greatest;
      expect(off, `weight of ${names[j]} in score ${k}`).toBeLessThan(10 ** -digits);
    });
  });
  const scale = Math.max(
    greatest,
    ...[...fitted.scorer.offsets, ...wanted.atZero].map((value) => Math.abs(value)),
  );
  own.atZero.forEach((value, k) => {
    const off = Math.abs(value - (wanted.atZero[k] ?? Number.NaN)) / scale;
    expect(off, `intercept of score ${k}`).toBeLessThan(10 ** -(digits - 2));
  });
}

/** Linear scores as the reference writes them: a score, or one per class. */
export function linearTo(digits: number, pick: (expected: Reference) => unknown = (all) => all): CompareFit {
  return (parameters, expected) => {
    const fitted = scored.parse(parameters);
    const own = linearScores(fitted, expected.features);
    expectSameScores(fitted, expected.features, own, writtenScores(pick(expected)), digits);
  };
}

/** Of two classes the references write the second's score less the first's; of several, one each. */
export function classScoresTo(digits: number): CompareFit {
  return (parameters, expected) => {
    const fitted = scored.parse(parameters);
    const own = linearScores(fitted, expected.features);
    const wanted = writtenScores(expected);
    const told = wanted.weights.length === 1 ? difference(own) : own;
    expectSameScores(fitted, expected.features, told, wanted, digits);
  };
}

function difference({ weights: [first = [], second = []], atZero: [a = 0, b = 0] }: LinearScores) {
  return { weights: [second.map((weight, j) => weight - (first[j] ?? 0))], atZero: [b - a] };
}

/** The softmax sees scores but for a common term: intercepts are brought to the sum 0. */
export function softmaxTo(digits: number): CompareFit {
  return (parameters, expected) => {
    const fitted = scored.parse(parameters);
    const own = linearScores(fitted, expected.features);
    const wanted = writtenScores(z.looseObject({ newton: z.unknown() }).parse(expected).newton);
    const centred = ({ weights, atZero }: LinearScores): LinearScores => {
      const common = atZero.length === 1 ? 0 : atZero.reduce((sum, one) => sum + one, 0) / atZero.length;
      return { weights, atZero: atZero.map((value) => value - common) };
    };
    expectSameScores(fitted, expected.features, centred(own), centred(wanted), digits);
  };
}

const counted = z.object({ log_priors: numbers, log_probabilities: matrix });

/** Multinomial: ln π + Σ x·ln p. Bernoulli: ln π + Σ [x·ln p + (1 − x)·ln(1 − p)]. */
export function logProbabilitiesTo(digits: number, kind: 'counts' | 'flags'): CompareFit {
  return (parameters, expected) => {
    const fitted = scored.parse(parameters);
    const { log_priors: priors, log_probabilities: logs } = counted.parse(expected);
    const own = linearScores(fitted, expected.features);
    const nots = logs.map((line) => line.map((log) => (kind === 'counts' ? 0 : Math.log(-Math.expm1(log)))));
    priors.forEach((prior, k) => {
      const atZero = nots[k]?.reduce((sum, not) => sum + not, prior) ?? Number.NaN;
      expect(relative(own.atZero[k], atZero), `score ${k} at 0`).toBeLessThan(10 ** -digits);
      expected.features.forEach((name, j) => {
        const weight = (logs[k]?.[j] ?? Number.NaN) - (nots[k]?.[j] ?? 0);
        expect(relative(own.weights[k]?.[j], weight), `${name} in score ${k}`).toBeLessThan(10 ** -digits);
      });
    });
  };
}

function relative(own: number | undefined, wanted: number): number {
  return Math.abs((own ?? Number.NaN) - wanted) / Math.max(1, Math.abs(wanted));
}

const normals = z.object({ priors: numbers, means: matrix, variances: matrix });

/** A normal distribution per class and feature: means in deviations, variances relative. */
export function normalsTo(digits: number): CompareFit {
  return (parameters, expected) => {
    const fitted = scored.parse(parameters);
    const { priors, means, variances } = normals.parse(expected);
    const features = featuresOf(fitted, expected.features);
    priors.forEach((prior, k) => {
      const form = fitted.scorer.quadratic?.[k];
      let offset = Math.log(prior);
      features.forEach(({ name, center }, j) => {
        const deviation = 1 / (form?.rows[j]?.[j] ?? Number.NaN);
        const mean = center - (form?.constants[j] ?? Number.NaN) * deviation;
        const [wantedMean, variance] = [means[k]?.[j] ?? Number.NaN, variances[k]?.[j] ?? Number.NaN];
        offset -= Math.log(2 * Math.PI * variance) / 2;
        const [meanOff, varianceOff] = [(mean - wantedMean) / deviation, deviation ** 2 / variance - 1];
        expect(Math.abs(meanOff), `mean of ${name} in class ${k}`).toBeLessThan(10 ** -digits);
        expect(Math.abs(varianceOff), `variance of ${name} in class ${k}`).toBeLessThan(10 ** -digits);
      });
      expect(relative(fitted.scorer.offsets[k], offset), `offset of class ${k}`).toBeLessThan(10 ** -digits);
    });
  };
}

const spreads = z.object({ priors: numbers, means: matrix, covariances: z.array(matrix) });

/** The form of a class, ‖c + R(x − centre)‖²: R whitens the reference's covariance, and is 0 at its mean. */
export function whiteningTo(digits: number): CompareFit {
  return (parameters, expected) => {
    const fitted = scored.parse(parameters);
    const { priors, means, covariances } = spreads.parse(expected);
    const features = featuresOf(fitted, expected.features);
    priors.forEach((prior, k) => {
      const { constants, rows } = fitted.scorer.quadratic?.[k] ?? { constants: [], rows: [] };
      expect(rows.length).toBe(features.length);
      let offset = Math.log(prior);
      rows.forEach((row, r) => {
        offset += Math.log(row[r] ?? Number.NaN);
        const atMean = features.reduce(
          (sum, { center }, j) => sum + (row[j] ?? 0) * ((means[k]?.[j] ?? Number.NaN) - center),
          constants[r] ?? Number.NaN,
        );
        expect(Math.abs(atMean), `mean of class ${k}, direction ${r}`).toBeLessThan(10 ** -digits);
        rows.slice(0, r + 1).forEach((other, s) => {
          const product = bilinear(row, covariances[k] ?? [], other);
          const off = Math.abs(product - (r === s ? 1 : 0));
          expect(off, `spread of class ${k}, directions ${r} and ${s}`).toBeLessThan(10 ** -digits);
        });
      });
      expect(relative(fitted.scorer.offsets[k], offset), `offset of class ${k}`).toBeLessThan(10 ** -digits);
    });
  };
}

function bilinear(a: readonly number[], middle: readonly (readonly number[])[], b: readonly number[]) {
  let total = 0;
  middle.forEach((line, i) => {
    line.forEach((value, j) => {
      total += (a[i] ?? 0) * value * (b[j] ?? 0);
    });
  });
  return total;
}

const components = z.object({ components: matrix, explained_variance: numbers });

/** Unit vectors over the standardized features, up to their sign. */
export function componentsTo(digits: number): CompareFit {
  return (parameters, expected) => {
    const wanted = components.parse(expected);
    const fitted = scored.parse(parameters);
    const features = featuresOf(fitted, expected.features);
    const variances = numbers.parse(fitted.details.explained_variance);
    wanted.components.forEach((component, k) => {
      const along = features.reduce(
        (sum, { standardizedWeights }, j) =>
          sum + (standardizedWeights[k] ?? Number.NaN) * (component[j] ?? Number.NaN),
        0,
      );
      expect(Math.abs(Math.abs(along) - 1), `component ${k + 1}`).toBeLessThan(10 ** -digits);
      const off = (variances[k] ?? Number.NaN) / (wanted.explained_variance[k] ?? Number.NaN) - 1;
      expect(Math.abs(off), `variance ${k + 1}`).toBeLessThan(10 ** -digits);
    });
  };
}
