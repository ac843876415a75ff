import { z } from 'zod';
import { keepBroadRegression, runBroadCampaign } from './broad-campaign.ts';
import { coverageCounts } from './broad-coverage.ts';
import { keepRegression, runCampaign } from './campaign.ts';

/** A part of the campaign, played by one process: some steps from a seed on, against one of the two references. */
export const oracleTurn = z.strictObject({
  against: z.enum(['memory', 'DuckDB']),
  seed: z.int(),
  steps: z.int(),
});

export type OracleTurn = z.infer<typeof oracleTurn>;

export const oracleTurnResult = z.strictObject({
  steps: z.int(),
  /** The shortest history that fails, and where it is kept; null if none does. */
  failure: z.nullable(z.string()),
  /** What was met of all of SQL. */
  met: z.nullable(coverageCounts),
});

export type OracleTurnResult = z.infer<typeof oracleTurnResult>;

export async function playTurn({ against, seed, steps }: OracleTurn): Promise<OracleTurnResult> {
  if (against === 'memory') {
    const { steps: played, failure } = await runCampaign({ seed, steps });
    const report = failure && `${failure.report}\nkept as ${await keepRegression(failure)}`;
    return { steps: played, failure: report, met: null };
  }
  const { steps: played, failure, coverage } = await runBroadCampaign({ seed, steps });
  const report = failure && `${failure.report}\nkept as ${await keepBroadRegression(failure)}`;
  return { steps: played, failure: report, met: coverage.counts };
}
