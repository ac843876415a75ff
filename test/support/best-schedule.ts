import fc from 'fast-check';

/** A model under one schedule, in little: labels that come to be known in each step, and answers given in it. */
export type SmallHistory = {
  readonly labels: readonly number[];
  readonly answers: readonly number[];
  /** Of one answer, for each label that its model has not learned. */
  readonly priceOfWaiting: number;
  readonly refreshCost: number;
};

/** One label and one answer in every step. */
export function evenHistory(refreshCost: number): SmallHistory {
  return { labels: Array(240).fill(1), answers: Array(240).fill(1), priceOfWaiting: 1, refreshCost };
}

/** Few labels a step, and answers in about half of the steps. */
export const smallHistories: fc.Arbitrary<SmallHistory> = fc
  .tuple(
    fc.array(
      fc.tuple(fc.integer({ min: 0, max: 5 }), fc.oneof(fc.constant(0), fc.integer({ min: 0, max: 200 }))),
      { minLength: 1, maxLength: 60 },
    ),
    fc.integer({ min: 1, max: 5_000 }),
  )
  .map(([steps, refreshCost]) => ({
    labels: steps.map(([labels]) => labels),
    answers: steps.map(([, answers]) => answers),
    priceOfWaiting: 1,
    refreshCost,
  }));

/** What staleness costs in step `step` when the last refresh was at the end of step `since` (−1: before all). */
export function waitingCost(history: SmallHistory, since: number, step: number): number {
  const pending = history.labels.slice(since + 1, step + 1).reduce((sum, count) => sum + count, 0);
  return (history.answers[step] ?? 0) * pending * history.priceOfWaiting;
}

/** Least cost over all choices of steps to refresh after. */
export function bestScheduleCost(history: SmallHistory): number {
  const steps = history.labels.length;
  // least[s]: cost of all that comes after a refresh at the end of step s − 1.
  const least = new Float64Array(steps + 1);
  for (let start = steps - 1; start >= 0; start--) {
    let pending = 0;
    let waiting = 0;
    let best = Infinity;
    for (let step = start; step < steps; step++) {
      pending += history.labels[step] ?? 0;
      waiting += (history.answers[step] ?? 0) * pending * history.priceOfWaiting;
      const after = step === steps - 1 ? 0 : history.refreshCost + (least[step + 1] ?? 0);
      best = Math.min(best, waiting + after);
    }
    least[start] = best;
  }
  return least[0] ?? 0;
}
