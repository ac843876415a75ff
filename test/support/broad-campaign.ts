import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BroadCoverage } from './broad-coverage.ts';
import { generateBroadHistory } from './broad-generate.ts';
import type { BroadHistory } from './broad-history.ts';
import { type BroadDivergence, runBroadHistory } from './broad-run.ts';
import { shrinkBroadHistory } from './broad-shrink.ts';
import { broadStepSql } from './broad-step-sql.ts';
import { regressionsDirectory } from './campaign.ts';

const stepsOfHistory = 50;

export type BroadFailure = {
  readonly history: BroadHistory;
  readonly divergence: BroadDivergence;
  readonly report: string;
};

export type BroadCampaignResult = {
  readonly steps: number;
  readonly failure: BroadFailure | null;
  readonly coverage: BroadCoverage;
};

export type BroadCampaignOptions = {
  readonly seed: number;
  /** Steps to play at least, over as many histories as it takes. */
  readonly steps: number;
};

/** Plays seeded histories against bare DuckDB until one fails or enough steps are done. */
export async function runBroadCampaign(options: BroadCampaignOptions): Promise<BroadCampaignResult> {
  const coverage = new BroadCoverage();
  let [steps, seed] = [0, options.seed];
  while (steps < options.steps) {
    const history = generateBroadHistory(seed++, stepsOfHistory);
    const result = await runBroadHistory(history);
    steps += result.steps;
    coverage.add(result);
    if (result.divergence === null) continue;
    return { steps, coverage, failure: await explainBroad(history, result.divergence) };
  }
  return { steps, coverage, failure: null };
}

/** The failure with its shortest history. */
export async function explainBroad(history: BroadHistory, first: BroadDivergence): Promise<BroadFailure> {
  const fails = async (candidate: BroadHistory) =>
    (await runBroadHistory(candidate)).divergence?.kind === first.kind;
  const upTo: BroadHistory = { ...history, steps: history.steps.slice(0, first.at + 1) };
  const shortest = await shrinkBroadHistory(upTo, fails, { runs: 500 });
  const divergence = (await runBroadHistory(shortest)).divergence ?? first;
  return { history: shortest, divergence, report: broadReport(shortest, divergence) };
}

export function broadReport(history: BroadHistory, divergence: BroadDivergence): string {
  const sql = history.steps.map((step) => `${broadStepSql(step)};`).join('\n');
  const forced = history.forced === null ? '' : `, refresh: ${history.forced}`;
  const kept = history.historyVersions === null ? '' : `, historyVersions: ${history.historyVersions}`;
  const place = `step ${divergence.at + 1} of the shortest history`;
  return `seed ${history.seed}${forced}${kept}, ${place}: ${divergence.message}\n\n${sql}\n`;
}

/** Writes the failing history where the tests replay it first. @returns the file's path. */
export async function keepBroadRegression({ history, divergence }: BroadFailure): Promise<string> {
  await mkdir(regressionsDirectory, { recursive: true });
  const path = join(regressionsDirectory, `broad-seed-${history.seed}.json`);
  const sql = history.steps.map(broadStepSql);
  await writeFile(path, `${JSON.stringify({ note: divergence.message, sql, history }, null, 2)}\n`);
  return path;
}

export async function loadBroadRegressions(): Promise<
  { readonly name: string; readonly history: BroadHistory }[]
> {
  const names = (await readdir(regressionsDirectory)).filter((name) => /^broad-.*\.json$/.test(name));
  return Promise.all(
    names.sort().map(async (name) => {
      const text = await readFile(join(regressionsDirectory, name), 'utf8');
      // Only what `keepBroadRegression` wrote.
      const parsed: { readonly history: BroadHistory } = JSON.parse(text);
      return { name, history: parsed.history };
    }),
  );
}
