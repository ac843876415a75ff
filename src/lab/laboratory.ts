export type { CellResult, LossMatrix, RefreshMark, RunResult } from './cell-result.ts';
export type { Experiment, ExperimentInput } from './experiment.ts';
export type { LearningWindow, Maintenance, Policy, Schedule } from './policy.ts';
export type { PolicySummary, Quantiles } from './policy-summary.ts';
