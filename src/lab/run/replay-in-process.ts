import { replayCell } from '../replay/replay-cell.ts';
import { createTrigger } from '../triggers/create-trigger.ts';
import type { CellOutcome, ReplayCell } from './cell.ts';

/** The real engine, in memory. */
export const replayCellInProcess: ReplayCell = async (
  { policy, seed, keepsMatrix },
  { experiment, history, lossScale },
  { signal, progress },
): Promise<CellOutcome> => {
  let told = 0;
  const { cell, matrix } = await replayCell(experiment, policy, seed, history, {
    trigger: createTrigger(policy.schedule, { lossPrice: experiment.prices.loss }),
    lossScale,
    process: {
      cpuSeconds: () => {
        const { user, system } = process.cpuUsage();
        return (user + system) / 1e6;
      },
      wallSeconds: () => performance.now() / 1e3,
    },
    keepsMatrix,
    onStep(done) {
      signal.throwIfAborted();
      progress(done - told);
      told = done;
    },
  });
  return { result: cell, matrix };
};
