import { EverviewError } from '../../index.ts';
import { type Cell, type CellOutcome, cellFailure, cellName } from './cell.ts';
import type { CellProcess, CellProcesses } from './cell-processes.ts';
import type { CellRequest } from './worker-messages.ts';

export type CellJob = { readonly cell: Cell; readonly request: CellRequest };

export type ReplayWatch = {
  readonly signal: AbortSignal;
  readonly progress: (steps: number) => void;
  /** Awaited before the process goes on: what is kept of a run is kept by then. */
  readonly finished: (cell: Cell, outcome: CellOutcome) => Promise<void>;
};

/**
 * Replays cells in so many processes, which are gone when it returns or throws.
 * @throws EverviewError of the first cell that failed, or whose process ended; the signal's reason when it is aborted.
 */
export async function replayInProcesses(
  jobs: readonly CellJob[],
  processes: CellProcesses,
  workers: number,
  watch: ReplayWatch,
): Promise<void> {
  watch.signal.throwIfAborted();
  const waiting = [...jobs];
  const started = Array.from({ length: Math.min(workers, jobs.length) }, () => processes.start());
  const serve = async (worker: CellProcess): Promise<void> => {
    for (let job = waiting.shift(); job !== undefined; job = waiting.shift()) {
      await watch.finished(job.cell, await outcomeOf(worker, job, watch.progress));
    }
  };
  const stopped = abortOf(watch.signal);
  try {
    await Promise.race([Promise.all(started.map(serve)), stopped.promise]);
  } finally {
    stopped.forget();
    for (const worker of started) worker.kill();
    await Promise.all(started.map(({ ended }) => ended));
  }
}

function outcomeOf(
  worker: CellProcess,
  { cell, request }: CellJob,
  progress: (steps: number) => void,
): Promise<CellOutcome> {
  return new Promise((resolve, reject) => {
    const forget = worker.onAnswer((answer) => {
      switch (answer.kind) {
        case 'progress':
          return progress(answer.steps);
        case 'done':
          forget();
          return resolve(answer.outcome);
        case 'failed':
          forget();
          return reject(cellFailure(cell, { ...answer, hint: answer.hint ?? undefined }));
      }
    });
    worker.ended.then((how) => reject(cellLost(cell, how)));
    worker.ask(request);
  });
}

function cellLost(cell: Cell, how: string): EverviewError {
  return new EverviewError('worker-lost', `the process that replayed ${cellName(cell)} is gone: ${how}`, {
    hint: 'cells that were finished are kept; run it again, with fewer workers if memory was short',
  });
}

function abortOf(signal: AbortSignal): { readonly promise: Promise<never>; forget(): void } {
  let forget = (): void => undefined;
  const promise = new Promise<never>((_resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    forget = () => signal.removeEventListener('abort', stop);
  });
  return { promise, forget: () => forget() };
}
