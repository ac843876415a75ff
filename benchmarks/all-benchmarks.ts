import type { Benchmark } from './benchmark.ts';

/** By name, in the order in which they are run and told; each is loaded by the process that runs it. */
export const benchmarks: ReadonlyMap<string, () => Promise<Benchmark>> = new Map([
  ['ridge-refresh', async () => (await import('./ridge-refresh.ts')).ridgeRefresh],
  ['incremental-refresh', async () => (await import('./incremental-refresh.ts')).incrementalRefresh],
  ['commit-with-view', async () => (await import('./commit-with-view.ts')).commitWithView],
  ['pg-ivm', async () => (await import('./pg-ivm.ts')).pgIvm],
  ['prediction-views', async () => (await import('./prediction-views.ts')).predictionViews],
  ['reads', async () => (await import('./read-plans.ts')).readPlans],
  ['decision', async () => (await import('./decision-grid.ts')).decisionGrid],
  ['model-fit', async () => (await import('./model-fit.ts')).modelFit],
  ['model-refresh', async () => (await import('./model-refresh.ts')).modelRefresh],
  ['refresh-flatness', async () => (await import('./refresh-flatness.ts')).refreshFlatness],
  ['model-predict', async () => (await import('./model-predict.ts')).modelPredict],
  ['model-row', async () => (await import('./model-row.ts')).modelRow],
  ['drill', async () => (await import('./drill.ts')).drill],
  ['wide-updates', async () => (await import('./wide-updates.ts')).wideUpdates],
]);
