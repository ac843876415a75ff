import { beforeAll, describe, expect, it } from 'vitest';
import {
  type BroadCampaignResult,
  keepBroadRegression,
  runBroadCampaign,
} from '../support/broad-campaign.ts';

const steps = 3_000;

/** Law 1 for all of SQL, long enough to have met every operator, and every pair and situation of note. */
describe(`law 1, refresh, against bare DuckDB, over ${steps} steps`, () => {
  let result: BroadCampaignResult;
  beforeAll(async () => {
    // From here on every operator, pair and situation of note comes in two histories at least.
    result = await runBroadCampaign({ seed: 12_219, steps });
  }, 600_000);

  it('holds for random histories', async () => {
    if (result.failure !== null) await keepBroadRegression(result.failure);
    expect(result.failure?.report ?? null).toBeNull();
    expect(result.steps).toBeGreaterThanOrEqual(steps);
  });

  it('exercises every operator, the pairs and the situations of note', () => {
    const { coverage } = result;
    expect(coverage.missing).toEqual([]);
    expect(coverage.undefinedBy).toEqual([]);
  });
});
