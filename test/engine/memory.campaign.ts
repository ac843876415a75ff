import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { describe, expect, it } from 'vitest';
import { soakSchema } from '../support/soak-result.ts';

const soak = fileURLToPath(new URL('../support/soak.ts', import.meta.url));
const steps = 300;
const settled = 100;

/** A leak shows in every run; which pages an allocator keeps differs between runs, by some hundredths of the whole. */
const runs = 3;

async function soaked() {
  const { stdout } = await promisify(execFile)(process.execPath, [
    ...['--expose-gc', '--import', 'tsx'],
    ...[soak, steps, settled].map(String),
  ]);
  return soakSchema.parse(JSON.parse(stdout));
}

describe('memory', () => {
  it(`stays where it is over ${steps} updates, each refreshing and promoting two models`, {
    timeout: 900_000,
  }, async () => {
    const ratios: number[] = [];
    while (ratios.length < runs && !ratios.some((ratio) => ratio < 1.05)) {
      const { versions, early, late, ratio, besideStore } = await soaked();
      console.info(JSON.stringify({ versions, ratio, besideStore }));
      ratios.push(ratio);
      expect(versions).toBe(2 * steps);
      // What could be hidden by how an allocator keeps pages shows here: counts of changes are some hundred bytes a step.
      const since = late.step - early.step;
      expect((late.heap - early.heap) / since).toBeLessThan(8_192);
      expect(late.outside - early.outside).toBeLessThan(262_144);
    }
    expect(Math.min(...ratios), `of ${ratios}`).toBeLessThan(1.05);
  });
});
