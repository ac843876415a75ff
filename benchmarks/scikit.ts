import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import type { Measured } from './measure.ts';

const script = fileURLToPath(new URL('sklearn-fit.py', import.meta.url));

const answerSchema = z.object({
  version: z.string(),
  fits: z.array(z.object({ name: z.string(), wallMs: z.array(z.number()), cpuMs: z.array(z.number()) })),
});

/** scikit-learn's fits to a matrix of doubles already in memory, and a sentence that tells whether there is one here. */
export function scikitRows(
  rows: number,
  features: number,
  rounds: number,
): { readonly rows: readonly Measured[]; readonly text: string } {
  for (const python of ['python3', '/usr/bin/python3']) {
    const run = spawnSync(python, [script, rows, features, rounds].map(String), { encoding: 'utf8' });
    if (run.status !== 0) continue;
    const { version, fits } = answerSchema.parse(JSON.parse(run.stdout));
    const text =
      `scikit-learn ${version} fits a matrix of the same size that is in memory already, in rounds of its own after ` +
      'the others (benchmarks/sklearn-fit.py).';
    return { rows: fits, text };
  }
  return { rows: [], text: 'scikit-learn was not measured: no python3 here has it.' };
}
