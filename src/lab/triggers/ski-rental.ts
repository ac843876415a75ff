import type { Observation, RefreshTrigger, TriggerDecision } from '../trigger.ts';

/**
 * The engine's own rule (`staleness_price`) in the prices of the experiment, for triggers that go by it at first: refreshes
 * at the end of the step in which what staleness has cost since the last refresh reaches what a refresh costs. How good
 * that is: `isRefreshEarned` of the engine.
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
