import { describe, expect, it } from 'vitest';
import { keepRegression, loadRegressions, reportOf, runCampaign } from '../support/campaign.ts';
import { runHistory } from '../support/oracle.ts';

/** Law 1: after any history and any refreshes, contents equal a recompute at the same version. */
describe('law 1, refresh', async () => {
  const regressions = await loadRegressions();

  it.each(regressions)(
    'replays $name',
    async ({ history }) => {
      const { divergence } = await runHistory(history);
      expect(divergence === null ? null : reportOf(history, divergence)).toBeNull();
    },
    60_000,
  );

  // Disjoint seeds, so that each is a campaign of its own.
  it.each([1_000, 2_000, 3_000, 4_000])(
    'holds for random histories from seed %i',
    async (seed) => {
      const { steps, failure } = await runCampaign({ seed, steps: 500 });
      if (failure !== null) await keepRegression(failure);
      expect(failure?.report ?? null).toBeNull();
      expect(steps).toBeGreaterThanOrEqual(500);
    },
    120_000,
  );
});
