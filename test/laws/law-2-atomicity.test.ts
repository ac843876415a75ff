import { describe, expect, it } from 'vitest';
import { runCrashes } from '../support/crash-run.ts';
import { depth, longer } from '../support/depth.ts';

/** One in every run: each starts a process. */
const kills = depth(longer(1, 2), 50);

/** Law 2: killed at any instant, the engine reopens at a version boundary with everything it acknowledged. */
describe('law 2, atomicity', () => {
  it(`keeps every acknowledged update through kills (${kills})`, async () => {
    const result = await runCrashes({ kills, seed: 7, lanes: Math.min(2, kills) });
    expect(result.problems).toEqual([]);
    expect(result.kills).toBe(kills);
    expect(result.acknowledged).toBeGreaterThanOrEqual(kills);
  }, 240_000);
});
