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
