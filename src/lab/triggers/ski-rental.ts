import type { Observation, RefreshTrigger, TriggerDecision } from '../trigger.ts';

/**
 * Refreshes at the end of the step in which what staleness has cost since the last refresh reaches what a refresh costs
 * (ski rental; with costs that grow with what waits, the acknowledgement problem of Dooly, Goldman & Scott 1998, 2001).
 *
 * How good it is, with R the cost of a refresh: between two of its refreshes any schedule either refreshes, for R, or pays
 * for staleness at least what this one pays, S. So cost ≤ (S + R)/min(S, R) times the best in hindsight, where S = R + o
 * and o is by how much the last step jumped over: at most 2 + o/R. A step's cost is known only once its answers were given,
 * and any rule that must decide before them can be made to jump (or to refresh for answers that never come), so o
 * cannot be had away; it is small where there are many steps from one refresh to the next. Where labels and answers come
 * evenly the rule is the best there is: with κ·j the cost of the j-th step, R/T + κ(T + 1)/2 is least at the first T with
 * κT(T + 1)/2 ≥ R, which is where it refreshes. Therefore it counts all of a step's cost, the part too that no schedule
 * could avoid, since its labels became known within the step. Where R varies, 1 + most R/least R stands in the place of 2.
 *
 * The randomized rule with expected ratio e/(e − 1) ≈ 1.58 (Karlin et al. 1994; for acknowledgements Karlin, Kenyon & Randall
 * 2001) is not used: that is against an adversary who knows the rule and not the coin. On even streams, which histories
 * resemble more, drawing the limit z·R, z of density e^z/(e − 1), refreshes too soon as a rule, and costs
 * (1 + E z)/(2 E √z) ≈ 1.08 times as much; and two runs of one history would differ.
 */
export class SkiRental implements RefreshTrigger {
  #cost = 0;

  observe(seen: Observation): TriggerDecision {
    this.#cost += seen.stalenessCost;
    if (this.#cost <= 0 || seen.pendingLabels === 0 || this.#cost < seen.refreshCost)
      return { refresh: false };
    return {
      refresh: true,
      because: `staleness has cost ${this.#cost.toPrecision(3)} since the last refresh, which costs ${seen.refreshCost.toPrecision(3)}`,
    };
  }

  refreshed(): void {
    this.#cost = 0;
  }
}
