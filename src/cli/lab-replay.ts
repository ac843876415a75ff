import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { EverviewError } from '../index.ts';
import { type Experiment, type RunResult, readExperiment, runExperiment } from '../lab/laboratory.ts';
import { failureOf } from './failure.ts';
import { renderFailure } from './failure-report.ts';
import { type ExitStatus, exitStatus, type Terminal } from './terminal.ts';

/** How an experiment is replayed: what the commands of the laboratory take. */
export type ReplayOptions = {
  /** Null: the experiment's own folder. */
  readonly data: string | null;
  /** Null: nothing is kept. */
  readonly cache: string | null;
  /** Null: as many as there are cores. */
  readonly workers: number | null;
};

/** Reads an experiment and works with it; what is wrong with it is shown where it is in its file. */
export async function withExperiment(
  path: string,
  { stderr }: Pick<Terminal, 'stderr'>,
  work: (experiment: Experiment) => Promise<ExitStatus>,
): Promise<ExitStatus> {
  let experiment: Experiment;
  try {
    experiment = await readExperiment(path);
  } catch (error) {
    if (!(error instanceof EverviewError)) throw error;
    const text = error.at === undefined ? null : await readFile(path, 'utf8').catch(() => null);
    await stderr.write(renderFailure(failureOf(error), text, stderr.colors));
    return exitStatus.failed;
  }
  return work(experiment);
}

/** Replays an experiment, with a bar that says how far it is. */
export async function replayExperiment(
  experiment: Experiment,
  path: string,
  { data, cache, workers }: ReplayOptions,
  { progress, stderr, interrupted }: Pick<Terminal, 'progress' | 'stderr' | 'interrupted'>,
): Promise<RunResult> {
  const notes: string[] = [];
  if (data !== null) await assertFolder(data);
  if (cache !== null) await assertNoFile(cache, '--cache names the folder that replays are kept in');
  try {
    return await runExperiment(experiment, {
      dataFolder: resolve(data ?? dirname(path)),
      cacheFolder: cache,
      ...(workers === null ? {} : { workers }),
      signal: interrupted,
      progress: {
        start: ({ steps }) => progress.start(steps, 'replay'),
        tick: (steps) => progress.tick(steps),
        note: (text) => notes.push(text),
      },
    });
  } finally {
    progress.stop();
    for (const note of notes) await stderr.write(`${stderr.colors.yellow('note')}: ${note}\n`);
  }
}

async function assertFolder(path: string): Promise<void> {
  const found = await stat(path).catch(() => null);
  if (found?.isDirectory() === true) return;
  throw new EverviewError('file-error', `there is no folder "${path}"`, {
    hint: '--data names the folder that {data} in the experiment stands for',
  });
}

/** Of a folder that is made where it is not there yet. */
export async function assertNoFile(path: string, hint: string): Promise<void> {
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => error.code);
  if (found === 'ENOENT' || (typeof found === 'object' && found.isDirectory())) return;
  const why =
    found === undefined || typeof found === 'string' ? `it cannot be reached (${found})` : 'it is a file';
  throw new EverviewError('file-error', `"${path}" cannot be used as a folder: ${why}`, { hint });
}
