import { beforeAll, describe, expect, it } from 'vitest';
import {
  type BroadCampaignResult,
  broadReport,
  keepBroadRegression,
  loadBroadRegressions,
  runBroadCampaign,
} from '../support/broad-campaign.ts';
import { operators, requiredPairs } from '../support/broad-operator.ts';
import { runBroadHistory } from '../support/broad-run.ts';

const steps = 3_000;

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

  describe(`over ${steps} steps`, () => {
    let result: BroadCampaignResult;
    beforeAll(async () => {
      result = await runBroadCampaign({ seed: 1_000, steps });
    }, 600_000);

    it('holds for random histories', async () => {
      if (result.failure !== null) await keepBroadRegression(result.failure);
      expect(result.failure?.report ?? null).toBeNull();
      expect(result.steps).toBeGreaterThanOrEqual(steps);
    });

    it('exercises every operator, and the pairs of note', () => {
      const { coverage } = result;
      expect(operators.filter((operator) => coverage.viewsWith(operator) === 0)).toEqual([]);
      expect(requiredPairs.filter((pair) => coverage.viewsWithPair(pair) === 0)).toEqual([]);
      expect(coverage.undefinedBy).toEqual([]);
    });
  });
});
