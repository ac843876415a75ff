import { createHash } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import type { RunResult } from '../cell-result.ts';
import type { Experiment, ExperimentInput } from '../experiment.ts';
import { parseExperiment } from '../experiment-file/parse-experiment.ts';
import { learnsAlike } from '../hindsight/label-timeline.ts';
import type { Policy } from '../policy.ts';
import { assertDeclarable } from './assert-declarable.ts';
import { canonicalJson } from './canonical-json.ts';
import type { Cell } from './cell.ts';
import { type CellProcesses, forkCellProcesses } from './cell-processes.ts';
import { expandPolicies, matrixPolicies } from './expand-policies.ts';
import { type LoadedInputs, loadInputs } from './load-inputs.ts';
import { type DoneCell, type RunProgress, runCells } from './run-cells.ts';

export type RunOptions = {
  /** What `{data}` in the experiment stands for. */
  readonly dataFolder: string;
  /** Where cells are kept, and found again; null: nowhere. */
  readonly cacheFolder?: string | null;
  /** Processes; 0 or 1: all in this one. By default as many as there are cores. */
  readonly workers?: number;
  readonly progress?: RunProgress;
  /** When it is aborted, processes are ended, and its reason is thrown. */
  readonly signal?: AbortSignal;
  readonly processes?: CellProcesses;
};

/**
 * Replays a history under every policy, window, maintenance and seed of an experiment, and once more for each window and
 * maintenance to know what the best schedule would have been. Cells that were replayed before are taken from the cache;
 * cells that are done are in it at once, so that a run that was stopped goes on where it was. All but what is `measured`
 * is the same in each run, in however many processes.
 * @throws EverviewError `invalid-experiment`; any code of the engine, naming the cell; `worker-lost`.
 */
export async function runExperiment(input: ExperimentInput, options: RunOptions): Promise<RunResult> {
  const experiment = parseExperiment(input);
  const signal = options.signal ?? new AbortController().signal;
  const cells = cellsOf(experiment);
  await assertDeclarable(experiment, cells);
  const inputs = await loadInputs(experiment, { dataFolder: options.dataFolder, signal });
  // Only now: whoever is impatient while files are read leaves no folder behind.
  const scratchFolder = await mkdtemp(join(tmpdir(), 'everview-lab-'));
  try {
    const done = await runCells(cells, inputs, {
      cacheFolder: options.cacheFolder ?? null,
      workers: options.workers ?? availableParallelism(),
      progress: options.progress ?? {},
      processes: options.processes ?? forkCellProcesses(),
      signal,
      scratchFolder,
    });
    return resultOf(experiment, inputs, done);
  } finally {
    await rm(scratchFolder, { recursive: true, force: true });
  }
}

/**
 * Under every seed every policy; and for each window and maintenance a replay that refreshes at every update and keeps
 * all models: one of these policies, or else one more.
 */
function cellsOf(experiment: Experiment): readonly Cell[] {
  const policies = expandPolicies(experiment);
  const matrices = new Map(matrixPolicies(policies).map((policy) => [definitionOf(policy), policy]));
  const compared = new Set(policies.map(definitionOf));
  const others = [...matrices].filter(([definition]) => !compared.has(definition));
  return experiment.seeds.flatMap((seed) => [
    ...policies.map(
      (policy): Cell => ({ policy, seed, isCompared: true, keepsMatrix: matrices.has(definitionOf(policy)) }),
    ),
    ...others.map(([, policy]): Cell => ({ policy, seed, isCompared: false, keepsMatrix: true })),
  ]);
}

function definitionOf({ schedule, window, maintenance }: Policy): string {
  return canonicalJson({ schedule, window, maintenance });
}

function resultOf(experiment: Experiment, inputs: LoadedInputs, done: readonly DoneCell[]): RunResult {
  const { name, declarations, model, prices, refreshCost } = experiment;
  return {
    format: 1,
    experiment: name,
    hash: runHash(experiment, inputs),
    declarations,
    model,
    prices,
    refreshCost,
    deployDelayMs: experiment.deployDelay,
    lossScale: inputs.lossScale,
    cells: done.flatMap(({ cell, outcome }) => (cell.isCompared ? [outcome.result] : [])),
    baselines: [...inputs.baselines],
    matrices: done.flatMap(({ outcome: { matrix } }, place) => {
      const isAnother = done.slice(0, place).every(({ outcome: { matrix: before } }) => {
        return before === null || before.seed !== matrix?.seed || !learnsAlike(before.policy, matrix.policy);
      });
      return matrix !== null && isAnother ? [matrix] : [];
    }),
  };
}

function runHash(experiment: Experiment, inputs: LoadedInputs): string {
  const histories = experiment.seeds.map((seed) => inputs.historyOf(seed).hash);
  return createHash('sha256').update(canonicalJson({ experiment, histories })).digest('hex');
}
