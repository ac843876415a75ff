import { describe, expect, it } from 'vitest';
import {
  broadReport,
  keepBroadRegression,
  loadBroadRegressions,
  runBroadCampaign,
} from '../support/broad-campaign.ts';
import { runBroadHistory } from '../support/broad-run.ts';

/** Law 1 again, for all of SQL that a view may be: bare DuckDB says what its contents should be. */
describe('law 1, refresh, against bare DuckDB', async () => {
  const regressions = await loadBroadRegressions();

  it.each(regressions)(
    'replays $name',
    async ({ history }) => {
      const { divergence } = await runBroadHistory(history);
      expect(divergence === null ? null : broadReport(history, divergence)).toBeNull();
    },
    60_000,
  );

  // Disjoint seeds, so that each is a campaign of its own.
  it.each([1_000, 2_000, 3_000])(
    'holds for random histories from seed %i',
    async (seed) => {
      const { steps, failure } = await runBroadCampaign({ seed, steps: 1_000 });
      if (failure !== null) await keepBroadRegression(failure);
      expect(failure?.report ?? null).toBeNull();
      expect(steps).toBeGreaterThanOrEqual(1_000);
    },
    240_000,
  );
});
