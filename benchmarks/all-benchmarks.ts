import type { Benchmark } from './benchmark.ts';
import { commitWithView } from './commit-with-view.ts';
import { decisionGrid } from './decision-grid.ts';
import { drill } from './drill.ts';
import { incrementalRefresh } from './incremental-refresh.ts';
import { modelFit } from './model-fit.ts';
import { modelPredict } from './model-predict.ts';
import { modelRefresh } from './model-refresh.ts';
import { modelRow } from './model-row.ts';
import { pgIvm } from './pg-ivm.ts';
import { predictionViews } from './prediction-views.ts';
import { readPlans } from './read-plans.ts';
import { refreshFlatness } from './refresh-flatness.ts';
import { ridgeRefresh } from './ridge-refresh.ts';
import { wideUpdates } from './wide-updates.ts';

/** In the order in which they are run and told. */
export const benchmarks: readonly Benchmark[] = [
  ridgeRefresh,
  incrementalRefresh,
  commitWithView,
  pgIvm,
  predictionViews,
  readPlans,
  decisionGrid,
  modelFit,
  modelRefresh,
  refreshFlatness,
  modelPredict,
  modelRow,
  drill,
  wideUpdates,
];
