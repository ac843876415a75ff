import { EverviewError } from '../../index.ts';

/**
 * What a schedule of refreshes costs. Models by number, by the moment at which each is refreshed: 0 is the one of the
 * warm-up.
 */
export type ScheduleProblem = {
  readonly steps: number;
  /** By model, the first step whose answers it gives; never falls, and 0 for the first. */
  readonly firstAnswer: Int32Array;
  /** What the answers of a step cost when this model gives them; for steps from its first answer on. Not negative. */
  readonly stepCost: (model: number, step: number) => number;
  /** What it costs to refresh a model that was refreshed last as `from`; not negative. */
  readonly refreshCost: (from: number, to: number) => number;
};

/** Of sums of some thousand terms. */
const rounding = 1e-9;

export type HindsightSchedule = {
  readonly cost: number;
  /** Models that it refreshes, in order. */
  readonly refreshed: readonly number[];
};

/**
 * The cheapest of all 2^M schedules, by dynamic programming over the last refresh:
 *   C(0) = 0,  C(k) = min over j < k of C(j) + Σ stepCost(j, t) for first(j) ≤ t < first(k) + refreshCost(j, k)
 * and in the end the least C(j) + Σ stepCost(j, t) for t ≥ first(j). The sums run along with k, so that time is O(M² + MT)
 * and memory O(M); they stop where they come to more than the best schedule at equal distances. Of equals it is the
 * one that refreshes less.
 */
export function bestSchedule(problem: ScheduleProblem): HindsightSchedule {
  const { steps, firstAnswer, stepCost, refreshCost } = problem;
  const first = (model: number): number => firstAnswer[model] ?? steps;
  let candidates = firstAnswer.length;
  while (candidates > 1 && first(candidates - 1) >= steps) candidates--;
  const bound = leastEven(problem, candidates) * (1 + rounding);
  if (Number.isNaN(bound))
    throw new EverviewError('internal', 'what a step of the schedule costs is no number');
  const cost = new Float64Array(candidates).fill(Number.POSITIVE_INFINITY);
  const before = new Int32Array(candidates).fill(-1);
  cost[0] = 0;
  let total = Number.POSITIVE_INFINITY;
  let last = 0;
  for (let model = 0; model < candidates; model++) {
    let running = cost[model] ?? 0;
    let step = first(model);
    for (let next = model + 1; next < candidates && running <= bound; next++) {
      for (const end = first(next); step < end; step++) running += stepCost(model, step);
      const reached = running + refreshCost(model, next);
      if (reached < (cost[next] ?? 0)) {
        cost[next] = reached;
        before[next] = model;
      }
    }
    for (; step < steps && running <= bound; step++) running += stepCost(model, step);
    if (running < total) [total, last] = [running, model];
  }
  const refreshed: number[] = [];
  for (let model = last; model > 0; model = before[model] ?? 0) refreshed.push(model);
  return { cost: total, refreshed: refreshed.reverse() };
}

/** By step, the model that answers under a schedule. */
export function answeringModels(
  { steps, firstAnswer }: Pick<ScheduleProblem, 'steps' | 'firstAnswer'>,
  refreshed: readonly number[],
): Int32Array {
  let place = 0;
  let answering = 0;
  return Int32Array.from({ length: steps }, (_, step) => {
    for (let next = refreshed[place]; next !== undefined; next = refreshed[++place]) {
      if ((firstAnswer[next] ?? steps) > step) break;
      answering = next;
    }
    return answering;
  });
}

/** The least that a refresh at each 1st, 2nd, 4th, … moment costs, or none: more than the best, and soon known. */
function leastEven(
  { steps, firstAnswer, stepCost, refreshCost }: ScheduleProblem,
  candidates: number,
): number {
  let least = Number.POSITIVE_INFINITY;
  for (let gap = 1; gap < 2 * candidates; gap *= 2) {
    let total = 0;
    let model = 0;
    for (let step = 0; step < steps; ) {
      const next = model + gap;
      const end = next < candidates ? (firstAnswer[next] ?? steps) : steps;
      for (; step < end; step++) total += stepCost(model, step);
      if (next < candidates) total += refreshCost(model, next);
      model = next;
    }
    least = Math.min(least, total);
  }
  return least;
}

/** Whether something cost less than the least that is possible, by more than rounding. */
export function beatsHindsight(cost: number, hindsight: number): boolean {
  return cost < hindsight - rounding * Math.max(1, Math.abs(hindsight));
}
