import type { PolicySummary } from '../policy-summary.ts';

/** One set of a benchmark: the lines of its run. */
export type RunSummary = { readonly set: string; readonly lines: readonly PolicySummary[] };
