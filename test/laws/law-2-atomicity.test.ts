import { describe, expect, it } from 'vitest';
import { runCrashes } from '../support/crash-run.ts';

/** Law 2: killed at any instant, the engine reopens at a version boundary with everything it acknowledged. */
describe('law 2, atomicity', () => {
  it('keeps every acknowledged update through fifty kills', async () => {
    const { kills, acknowledged, problems } = await runCrashes({ kills: 50, seed: 7, lanes: 2 });
    expect(problems).toEqual([]);
    expect(kills).toBe(50);
    expect(acknowledged).toBeGreaterThanOrEqual(50);
  }, 240_000);
});
