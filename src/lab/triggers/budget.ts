import type { Observation, RefreshTrigger, TriggerDecision } from '../trigger.ts';

/**
 * Never more than so many refreshes in any span of the given length, and these where most waits.
 *
 * What waits is counted as answers times the share of labels that the answering model had not learned. It refreshes when
 * as much has gathered since the last refresh as an equal share of what a span gathers (an exponentially weighted mean of
 * that length): of all schedules with so many refreshes the best ones divide it about equally. Where everything comes
 * evenly the refreshes are span/N apart, and from any other distance they get there: Δ′ = √(Δ·span/N).
 */
export class Budget implements RefreshTrigger {
  readonly #refreshes: number;
  readonly #spanMs: number;
  /** Moments of the refreshes of the last span. */
  #spent: number[] = [];
  #startMs: number | null = null;
  #atMs = 0;
  #inSpan = 0;
  #gathered = 0;

  constructor(refreshes: number, spanMs: number) {
    this.#refreshes = refreshes;
    this.#spanMs = spanMs;
  }

  observe(seen: Observation): TriggerDecision {
    this.#gather(seen);
    this.#spent = this.#spent.filter((atMs) => seen.atMs - atMs < this.#spanMs);
    const left = this.#refreshes - this.#spent.length;
    const share = this.#perSpan() / this.#refreshes;
    if (left <= 0 || this.#gathered <= 0 || seen.pendingLabels === 0 || this.#gathered < share)
      return { refresh: false };
    return {
      refresh: true,
      because: `${left} of ${this.#refreshes} refreshes are left, and enough waits for one`,
    };
  }

  refreshed(): void {
    this.#spent.push(this.#atMs);
    this.#gathered = 0;
  }

  #gather(seen: Observation): void {
    const passedMs = this.#startMs === null ? 0 : seen.atMs - this.#atMs;
    this.#startMs ??= seen.atMs;
    this.#atMs = seen.atMs;
    const waits = (seen.answers * seen.pendingLabels) / Math.max(1, seen.trainingRows);
    this.#gathered += waits;
    this.#inSpan = this.#inSpan * Math.exp(-passedMs / this.#spanMs) + waits;
  }

  /** What a span gathers; the mean begins with nothing before the first step, for which it is made up here. */
  #perSpan(): number {
    const seenMs = this.#atMs - (this.#startMs ?? this.#atMs);
    return this.#inSpan / Math.max(1e-12, 1 - Math.exp(-seenMs / this.#spanMs));
  }
}
