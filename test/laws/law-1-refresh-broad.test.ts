import { describe, expect, it } from 'vitest';
import {
  broadReport,
  keepBroadRegression,
  loadBroadRegressions,
  runBroadCampaign,
} from '../support/broad-campaign.ts';
import { BroadCoverage, coverageCounts } from '../support/broad-coverage.ts';
import { runBroadHistory } from '../support/broad-run.ts';
import { longer } from '../support/depth.ts';

/** Fewer in every run; `law-1-refresh-broad.campaign.ts` takes many more. */
const steps = longer(20, 60);

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

  it(`holds for random histories of ${steps} steps`, async () => {
    const result = await runBroadCampaign({ seed: 5_000_000, steps });
    if (result.failure !== null) await keepBroadRegression(result.failure);
    expect(result.failure?.report ?? null).toBeNull();
    expect(result.steps).toBeGreaterThanOrEqual(steps);
    const { coverage } = result;
    const told = new BroadCoverage();
    told.merge(coverageCounts.parse(structuredClone(coverage.counts)));
    expect(told.table()).toBe(coverage.table());
  }, 300_000);
});
