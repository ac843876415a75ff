import type { RefreshTrigger } from '../trigger.ts';
import type { ProcessClock } from './process-clock.ts';

export type ReplayOptions = {
  /** Decides for the schedules that SQL cannot declare; null for the others. */
  readonly trigger: RefreshTrigger | null;
  /** Loss of the trivial baseline a row, over the warm-up. */
  readonly lossScale: number;
  readonly process: ProcessClock;
  /** Compute the losses of every version on every later step as well; of use with the schedule every-update. */
  readonly keepsMatrix?: boolean;
  /** Where the engine keeps its file; in memory by default. */
  readonly path?: string;
  /** Of DuckDB; 1 by default. */
  readonly threads?: number;
  /** Called after each step with how many are done. */
  readonly onStep?: (done: number) => void;
};
