import { stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { EverviewError } from '../index.ts';
import {
  compareRuns,
  type PolicySummary,
  policyTable,
  type RunResult,
  readRunFile,
  summarize,
  writeRunArrow,
  writeRunFiles,
  writeRunJson,
} from '../lab/laboratory.ts';
import { percent } from './figure-text.ts';
import { comparisonLines } from './lab-comparison.ts';
import { assertNoFile, type ReplayOptions, replayExperiment, withExperiment } from './lab-replay.ts';
import { tableLines } from './table.ts';
import { type ExitStatus, exitStatus, type Terminal } from './terminal.ts';

export type LabFormat = 'table' | 'json' | 'arrow';

export type LabRunOptions = {
  /** A file. */
  readonly experiment: string;
  readonly replay: ReplayOptions;
  readonly format: LabFormat;
  /** What to write, and an earlier result to compare with; null: nothing. */
  readonly out: string | null;
  readonly html: string | null;
  /** A folder. */
  readonly arrow: string | null;
  readonly compare: string | null;
};

/** Replays a history under every policy of an experiment, shows what each came to, and writes what is asked for. */
export async function runLabExperiment(options: LabRunOptions, terminal: Terminal): Promise<ExitStatus> {
  const { out, html, arrow, compare } = options;
  if (options.format === 'arrow') assertNoTerminal(terminal);
  // What would fail in the end fails before the work.
  for (const path of [out, html]) if (path !== null) await assertWritable(path);
  if (arrow !== null) await assertNoFile(arrow, '--arrow names the folder that the Arrow files are put into');
  const earlier = compare === null ? null : await readRunFile(compare);
  return withExperiment(options.experiment, terminal, async (experiment) => {
    const run = await replayExperiment(experiment, options.experiment, options.replay, terminal);
    await writeRunFiles(run, summarize(run), { json: out, html, arrow });
    await show(run, earlier, options.format, terminal);
    return exitStatus.done;
  });
}

async function show(
  run: RunResult,
  earlier: RunResult | null,
  format: LabFormat,
  { stdout, stderr }: Terminal,
): Promise<void> {
  const summaries = summarize(run);
  const compared = earlier === null ? null : compareRuns(earlier, run);
  switch (format) {
    case 'json':
      await stdout.write(writeRunJson(run, summaries));
      break;
    case 'arrow':
      await stdout.write(writeRunArrow(run, summaries).summaries);
      break;
    case 'table':
      await stdout.write(lines(tableLines(policyTable(run, summaries), stdout)));
  }
  await stderr.write(lines(emptyWindowLines(summaries)));
  if (compared === null) return;
  // Beside what programs read, for people.
  const output = format === 'table' ? stdout : stderr;
  await output.write(lines(['', ...comparisonLines(compared, output)]));
}

function emptyWindowLines(summaries: readonly PolicySummary[]): string[] {
  return summaries.flatMap(({ policy, withoutModel }) => {
    if (withoutModel === 0) return [];
    const share = percent(withoutModel);
    return [
      `${policy.name}: its window held no row to learn from for ${share} of the answers, which the model before gave`,
    ];
  });
}

function lines(of: Iterable<string>): string {
  return [...of].map((line) => `${line}\n`).join('');
}

async function assertWritable(path: string): Promise<void> {
  const folder = dirname(resolve(path));
  const [above, there] = await Promise.all([statOrNull(folder), statOrNull(path)]);
  if (above?.isDirectory() !== true) {
    throw new EverviewError(
      'file-error',
      `the file "${path}" cannot be written: there is no folder "${folder}"`,
      { hint: 'make the folder first, or name another' },
    );
  }
  if (there?.isDirectory() === true) {
    throw new EverviewError('file-error', `the file "${path}" cannot be written: it is a folder`, {
      hint: 'name a file in it',
    });
  }
}

const statOrNull = (path: string) => stat(path).catch(() => null);

function assertNoTerminal({ stdout }: Terminal): void {
  if (!stdout.isTerminal) return;
  throw new EverviewError('usage', 'the Arrow format is binary and is not written to a terminal', {
    hint: 'send it to a file: everview lab run --format arrow … > policies.arrow',
  });
}
