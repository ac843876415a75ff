import { extname } from 'node:path';
import {
  type CostDifference,
  type RunResult,
  readRunFile,
  type Suggestion,
  suggestPolicy,
} from '../lab/laboratory.ts';
import { counted } from './demo/page.ts';
import { digits, percent } from './figure-text.ts';
import { type ReplayOptions, replayExperiment, withExperiment } from './lab-replay.ts';
import { type ExitStatus, exitStatus, type Terminal } from './terminal.ts';

export type LabSuggestOptions = {
  /** A result, or an experiment. */
  readonly file: string;
  /** Null: that of the experiment. */
  readonly cpuPrice: number | null;
  readonly lossPrice: number | null;
  /** Seconds as refreshes are billed, and not as they were measured. */
  readonly billed: boolean;
  readonly replay: ReplayOptions;
  readonly format: 'table' | 'json';
};

/** The cheapest policy at given prices, as the statements that declare it. */
export async function runLabSuggest(options: LabSuggestOptions, terminal: Terminal): Promise<ExitStatus> {
  if (extname(options.file) === '.json') return tell(await readRunFile(options.file), options, terminal);
  return withExperiment(options.file, terminal, async (experiment) =>
    tell(await replayExperiment(experiment, options.file, options.replay, terminal), options, terminal),
  );
}

async function tell(
  run: RunResult,
  { cpuPrice, lossPrice, billed, format }: LabSuggestOptions,
  { stdout }: Terminal,
): Promise<ExitStatus> {
  const suggestion = suggestPolicy(run, {
    prices: { cpuSecond: cpuPrice ?? run.prices.cpuSecond, loss: lossPrice ?? run.prices.loss },
    basis: billed ? 'billed' : 'measured',
  });
  const text = format === 'json' ? JSON.stringify(suggestion) : suggestionText(suggestion).join('\n');
  await stdout.write(`${text}\n`);
  return exitStatus.done;
}

/** The statements are all that is no SQL comment: the whole can be run. */
function suggestionText({
  suggested,
  runnerUp,
  undeclared,
  prices,
  basis,
  confidence,
  evidence,
}: Suggestion): string[] {
  if (suggested === null)
    return ['-- no policy of this run can be declared in SQL; add one, such as auto or an interval'];
  const { policy, cost, seconds, loss, probability, parts, statements } = suggested;
  return [
    `-- ${policy.name}: costs ${digits(cost)}, for ${digits(seconds)} s of refreshes (${basis}) and a loss of ${digits(loss)}`,
    `-- at ${prices.cpuSecond} a second and ${prices.loss} a unit of loss the cheapest that SQL can declare`,
    `-- in ${percent(probability)} of histories such as this (${counted(evidence.seeds, 'seed')}, ${counted(evidence.steps, 'step')}), and in ${parts.cheapest} of ${parts.of} parts of it`,
    ...(runnerUp === null ? [] : [`-- next: ${differenceText(runnerUp, confidence)}`]),
    ...(undeclared === null
      ? []
      : [
          `-- cheaper still is one that SQL cannot declare (the laboratory decides when it refreshes, not the engine): ${differenceText(undeclared, confidence)}`,
        ]),
    ...(statements.length === 0
      ? ['-- it is declared so already']
      : statements.map((statement) => `${statement};`)),
  ];
}

function differenceText({ policy, more, interval }: CostDifference, confidence: number): string {
  const size = `${digits(Math.abs(more))} ${more < 0 ? 'less' : 'more'}`;
  return `${policy.name}, ${size} (${digits(interval.lower)} to ${digits(interval.upper)} more in ${percent(confidence)})`;
}
