import type { Observation } from '../trigger.ts';

/** Looks for a change since the last refresh. */
export interface ChangeWatch {
  /**
   * @param losses those of the observation that the model made which answers since the last promotion
   * @returns what has changed; null: nothing is seen to have
   */
  look(seen: Observation, losses: Float64Array): string | null;
  /** Forgets all; what comes from now on is what the next change is from. */
  reset(): void;
}
