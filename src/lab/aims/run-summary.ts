import type { RunResult } from '../cell-result.ts';
import type { PolicySummary } from '../policy-summary.ts';

/** One set of a benchmark: its run, and the lines of it. */
export type RunSummary = {
  readonly set: string;
  readonly run: RunResult;
  readonly lines: readonly PolicySummary[];
};
