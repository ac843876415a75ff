import { join } from 'node:path';
import { EverviewError } from '../../index.ts';
import type { Schedule } from '../policy.ts';
import { type Cell, type CellOutcome, cellFailure, cellName } from './cell.ts';
import { cellOutcomeSchema, openCellCache, renamed } from './cell-cache.ts';
import { cellKey } from './cell-key.ts';
import type { CellProcesses } from './cell-processes.ts';
import { codeVersion } from './code-version.ts';
import { writeHistoryFile } from './history-file.ts';
import type { LoadedInputs } from './load-inputs.ts';
import { type CellJob, type ReplayWatch, replayInProcesses } from './replay-cells.ts';
import { replayCellInProcess } from './replay-in-process.ts';

/** Told how far a run has come. */
export type RunProgress = {
  /** Once the history is loaded: what is to be replayed, and what was replayed before. */
  readonly start?: (plan: {
    readonly cells: number;
    readonly cached: number;
    readonly steps: number;
  }) => void;
  /** Steps done since the last call, of all cells together. */
  readonly tick?: (steps: number) => void;
  /** Something that a person should know, and that stops nothing. */
  readonly note?: (text: string) => void;
};

export type CellsOptions = {
  readonly cacheFolder: string | null;
  readonly workers: number;
  readonly progress: RunProgress;
  readonly processes: CellProcesses;
  readonly signal: AbortSignal;
  /** Its owner takes it away. */
  readonly scratchFolder: string;
};

export type DoneCell = { readonly cell: Cell; readonly outcome: CellOutcome };

/** What cells come to, in their order: from the cache, or replayed now and kept there as each is done. */
export async function runCells(
  cells: readonly Cell[],
  inputs: LoadedInputs,
  options: CellsOptions,
): Promise<readonly DoneCell[]> {
  const { progress, signal } = options;
  const cache = openCellCache(options.cacheFolder);
  const version = await codeVersion();
  const keyOf = (cell: Cell): string => cellKey(cell, inputs.settingOf(cell.seed), version);
  const groups = alikeOf(cells, keyOf);
  const outcomes = new Map<Cell, CellOutcome>();
  const keep = (cell: Cell, outcome: CellOutcome): void => {
    for (const one of groups.get(keyOf(cell)) ?? []) outcomes.set(one, renamed(outcome, one));
  };
  const different = [...groups.values()].map(([first]) => first);
  for (const cell of different) {
    const cached = await cache.read(keyOf(cell), cell);
    if (cached.kind === 'found') keep(cell, cached.outcome);
    if (cached.kind === 'unreadable') {
      progress.note?.(
        `${cellName(cell)} is replayed again: "${cached.path}" is torn, or no cell of the laboratory`,
      );
    }
  }
  const missing = different.filter((cell) => !outcomes.has(cell)).sort(byExpectedWork);
  const stepsOf = (cell: Cell): number => inputs.historyOf(cell.seed).arrivals.length;
  progress.start?.({
    cells: different.length,
    cached: different.length - missing.length,
    steps: missing.reduce((sum, cell) => sum + stepsOf(cell), 0),
  });
  await replayAll(missing, inputs, options, {
    signal,
    progress: (steps) => progress.tick?.(steps),
    async finished(cell, outcome) {
      await cache.write(keyOf(cell), outcome);
      keep(cell, outcome);
    },
  });
  return cells.flatMap((cell) => {
    const outcome = outcomes.get(cell);
    return outcome === undefined ? [] : [{ cell, outcome }];
  });
}

/** Cells that differ in the name of their policy at most, and are replayed once. */
function alikeOf(
  cells: readonly Cell[],
  keyOf: (cell: Cell) => string,
): ReadonlyMap<string, readonly [Cell, ...Cell[]]> {
  const groups = new Map<string, readonly [Cell, ...Cell[]]>();
  for (const cell of cells) {
    const key = keyOf(cell);
    const [first, ...others] = groups.get(key) ?? [];
    groups.set(key, first === undefined ? [cell] : [first, ...others, cell]);
  }
  return groups;
}

async function replayAll(
  cells: readonly Cell[],
  inputs: LoadedInputs,
  options: CellsOptions,
  watch: ReplayWatch,
): Promise<void> {
  const workers = Math.min(options.workers, cells.length);
  if (workers <= 1) return replayHere(cells, inputs, watch);
  const jobs = await jobsOf(cells, inputs, options.scratchFolder);
  return replayInProcesses(jobs, options.processes, workers, watch);
}

async function replayHere(cells: readonly Cell[], inputs: LoadedInputs, watch: ReplayWatch): Promise<void> {
  for (const cell of cells) {
    watch.signal.throwIfAborted();
    const outcome = await replayCellInProcess(cell, inputs.settingOf(cell.seed), watch).catch(
      (failure: unknown) => {
        throw failure instanceof EverviewError ? cellFailure(cell, failure) : failure;
      },
    );
    // As what comes from a process or from the cache: −0 and the like are gone.
    await watch.finished(cell, cellOutcomeSchema.parse(JSON.parse(JSON.stringify(outcome))));
  }
}

async function jobsOf(
  cells: readonly Cell[],
  inputs: LoadedInputs,
  scratchFolder: string,
): Promise<readonly CellJob[]> {
  const files = new Map<string, string>();
  const jobs: CellJob[] = [];
  for (const cell of cells) {
    const { experiment, history, lossScale } = inputs.settingOf(cell.seed);
    const historyFile = files.get(history.hash) ?? join(scratchFolder, `history-${files.size}`);
    if (!files.has(history.hash)) await writeHistoryFile(historyFile, history);
    files.set(history.hash, historyFile);
    jobs.push({ cell, request: { cell, experiment, lossScale, historyFile, scratchFolder } });
  }
  return jobs;
}

/** What refreshes most goes first, so that no process is left with it at the end. */
function byExpectedWork(a: Cell, b: Cell): number {
  return expectedWork(b) - expectedWork(a);
}

function expectedWork({ policy, keepsMatrix }: Cell): number {
  const often: readonly Schedule['kind'][] = ['every-update', 'on-read', 'max-effect'];
  const refreshes = often.includes(policy.schedule.kind) ? 2 : policy.schedule.kind === 'never' ? 0 : 1;
  return keepsMatrix ? 3 : refreshes;
}
