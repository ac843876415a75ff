import { readFileSync } from 'node:fs';
import { z } from 'zod';

const numbers = z.array(z.number());

const linear = z.object({
  fits: z.array(
    z.object({
      l1: z.number(),
      l2: z.number(),
      standardize: z.boolean(),
      labels: z.array(z.object({ weights: numbers, intercept: z.number() })),
    }),
  ),
  pca: z.array(
    z.object({
      standardize: z.boolean(),
      loadings: z.array(numbers),
      variances: numbers,
      ratios: numbers,
      firstScores: numbers,
    }),
  ),
});

/** What linear-references.py printed. */
export function linearReferences(): z.infer<typeof linear> {
  return linear.parse(JSON.parse(readFileSync(`${import.meta.dirname}/linear-references.json`, 'utf8')));
}

/** The rows of linear-references.py: eight features, the further label, the label. */
export function linearRows(): number[][] {
  return Array.from({ length: 200 }, (_, i) => {
    const x = Array.from({ length: 8 }, (_, j) => (((i * 37 + 11) * (j * 53 + 29)) % 1009) / 100);
    const at = (j: number) => x[j] ?? 0;
    x[5] = at(0) + at(1) + at(5) / 50;
    x[7] = at(7) * 1000;
    const noise = (row: number) => ((row * 7919) % 503) / 50;
    const y = 3 * at(0) - 2 * at(2) + 0.001 * at(7) + noise(i);
    return [...x, 2 * at(3) - y + noise(199 - i), y];
  });
}

const perRow = z.array(numbers);
const classes = z.object({
  gaussian: perRow,
  categorical: perRow,
  multinomial: perRow,
  bernoulli: perRow,
  linear: perRow,
  quadratic: perRow,
  regularized: perRow,
});

/** What class-references.py printed: logarithms of the probabilities of a, b and c, for the first rows. */
export function classReferences(): z.infer<typeof classes> {
  return classes.parse(JSON.parse(readFileSync(`${import.meta.dirname}/class-references.json`, 'utf8')));
}

export type ClassRow = {
  readonly label: string;
  readonly real: readonly number[];
  readonly counts: readonly number[];
  readonly binary: readonly number[];
  readonly levels: readonly string[];
};

/** The rows of class-references.py. */
export function classRows(): ClassRow[] {
  const four = [0, 1, 2, 3];
  return Array.from({ length: 150 }, (_, i) => {
    const place = (i * i + Math.floor(i / 7)) % 3;
    const shift = [0, 2, 5][place] ?? 0;
    const real = four.map((j) => (((i * (j * 31 + 17) * 37) % 1009) / 100) * (j + 1) + shift * (2 - j));
    real[3] = (real[3] ?? 0) * 1e-3 + 500;
    return {
      label: ['a', 'b', 'c'][place] ?? '',
      real,
      counts: four.map((j) => ((i * (j * 13 + 7)) % (5 + j)) + (j === 1 ? shift : 0)),
      binary: four.map((j) => ((i * (j * 13 + 7) + shift * j) % 5 < 2 ? 1 : 0)),
      levels: [`${(i * 7 + shift) % 4}`, `${(i * 11 + Math.floor(i / 9)) % 3}`],
    };
  });
}
