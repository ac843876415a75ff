import { ExponentialHistogram } from './exponential-histogram.ts';

/** Rows from one check to the next; rows below which a part of the window is not judged. */
const clock = 32;
const leastPart = 5;

/**
 * ADWIN2 (Bifet & Gavaldà 2007, "Learning from time-changing data with adaptive windowing"): a window that drops its
 * oldest values while two of its parts have means further apart than
 * ε = √(2/m · σ² · ln(2/δ′)) + 2/(3m) · ln(2/δ′), with 1/m = 1/n₀ + 1/n₁ and δ′ = δ/ln n.
 *
 * The bound is for values in [0, 1]; here the second term is in units of the range seen since the last reset, so that
 * it means the same for a loss of any unit. Memory: an exponential histogram, logarithmic in the window.
 */
export class Adwin {
  readonly #delta: number;
  readonly #window = new ExponentialHistogram();
  #least = Infinity;
  #most = -Infinity;
  #sinceCheck = 0;

  constructor(delta: number) {
    this.#delta = delta;
  }

  /** Values in the window. */
  get width(): number {
    return this.#window.count;
  }

  /**
   * Takes the next value, and checks at every 32nd. NaN is passed over.
   * @returns how much higher the mean of the newer part was where the window was cut; null where it was not
   */
  add(value: number): number | null {
    if (Number.isNaN(value)) return null;
    this.#window.add(value);
    this.#least = Math.min(this.#least, value);
    this.#most = Math.max(this.#most, value);
    this.#sinceCheck++;
    if (this.#sinceCheck < clock) return null;
    this.#sinceCheck = 0;
    const found = this.#findCut();
    for (let cut = found; cut !== null; cut = this.#findCut()) this.#window.dropOldest();
    return found;
  }

  #findCut(): number | null {
    const { count, mean, deviations } = this.#window.moments();
    const variance = deviations / count;
    const range = this.#most - this.#least;
    const logRisk = Math.log((2 * Math.log(count)) / this.#delta);
    let older = 0;
    let olderSum = 0;
    for (const bucket of this.#window.fromOldest()) {
      older += bucket.count;
      olderSum += bucket.count * bucket.mean;
      const newer = count - older;
      if (newer < leastPart) return null;
      if (older < leastPart) continue;
      const rise = (count * mean - olderSum) / newer - olderSum / older;
      const inverse = 1 / older + 1 / newer;
      const cut = Math.sqrt(2 * inverse * variance * logRisk) + (2 / 3) * inverse * logRisk * range;
      if (Math.abs(rise) > cut) return rise;
    }
    return null;
  }
}
