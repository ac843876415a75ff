import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { generateHistory } from './generate-history.ts';
import type { History } from './history.ts';
import { historyFromJson, historyToJson } from './history-json.ts';
import { type Divergence, runHistory } from './oracle.ts';
import { shrinkHistory } from './shrink-history.ts';
import { stepSql } from './step-sql.ts';

export const regressionsDirectory = join(import.meta.dirname, '..', 'regressions');

const stepsOfHistory = 40;

export type CampaignOptions = {
  readonly seed: number;
  /** Steps to play at least, over as many histories as it takes. */
  readonly steps: number;
};

/** A failure with its shortest history, ready to be shown and kept. */
export type Failure = { readonly history: History; readonly divergence: Divergence; readonly report: string };

export type CampaignResult = { readonly steps: number; readonly failure: Failure | null };

/** Plays seeded histories until one fails or enough steps are done. */
export async function runCampaign(options: CampaignOptions): Promise<CampaignResult> {
  let [steps, seed] = [0, options.seed];
  while (steps < options.steps) {
    const history = generateHistory(seed++, stepsOfHistory);
    const result = await runHistory(history);
    steps += result.steps;
    if (result.divergence === null) continue;
    return { steps, failure: await explain(history, result.divergence) };
  }
  return { steps, failure: null };
}

async function explain(history: History, first: Divergence): Promise<Failure> {
  const fails = async (candidate: History) => (await runHistory(candidate)).divergence !== null;
  const upTo: History = { ...history, steps: history.steps.slice(0, first.at + 1) };
  const shortest = await shrinkHistory(upTo, fails, { runs: 400 });
  const divergence = (await runHistory(shortest)).divergence ?? first;
  return { history: shortest, divergence, report: reportOf(shortest, divergence) };
}

export function reportOf(history: History, divergence: Divergence): string {
  const sql = history.steps.map((step) => `${stepSql(step)};`).join('\n');
  const way = history.forced === null ? '' : `, refresh: ${history.forced}`;
  const reads = history.reads === 'one' ? ', reading one of the views that may lag' : '';
  return `seed ${history.seed}${way}${reads}, step ${divergence.at + 1} of the shortest history: ${divergence.message}\n\n${sql}\n`;
}

/** Writes the failing history where the tests replay it first. @returns the file's path. */
export async function keepRegression({ history, divergence }: Failure): Promise<string> {
  await mkdir(regressionsDirectory, { recursive: true });
  const path = join(regressionsDirectory, `oracle-seed-${history.seed}.json`);
  await writeFile(path, historyToJson(history, divergence.message));
  return path;
}

export async function loadRegressions(): Promise<{ readonly name: string; readonly history: History }[]> {
  const names = (await readdir(regressionsDirectory)).filter(
    (name) => name.startsWith('oracle-') && name.endsWith('.json'),
  );
  return Promise.all(
    names.sort().map(async (name) => ({
      name,
      history: historyFromJson(await readFile(join(regressionsDirectory, name), 'utf8')),
    })),
  );
}
