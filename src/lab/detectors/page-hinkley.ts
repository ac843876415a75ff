/** Values from which mean and deviation are taken before anything is summed; deviations that one value counts at most. */
const leastValues = 30;
const mostDeviations = 5;

/**
 * Page–Hinkley test for a rise (Page 1954; Hinkley 1971): S ← max(0, S + z − δ), alarm where S > λ, z being how many
 * running standard deviations a value is above the running mean. δ and λ are so in units of the deviation, whatever the
 * unit of the values is. One value counts five deviations at most: a change is many values, not one outlier.
 *
 * A rise of s deviations is found after about λ/(s − δ) values.
 */
export class PageHinkley {
  readonly #delta: number;
  readonly #threshold: number;
  #count = 0;
  #mean = 0;
  #deviations = 0;
  #sum = 0;

  constructor(delta: number, threshold: number) {
    this.#delta = delta;
    this.#threshold = threshold;
  }

  /** Takes the next value; true: the sum is above the threshold. */
  add(value: number): boolean {
    this.#count++;
    const gap = value - this.#mean;
    this.#mean += gap / this.#count;
    this.#deviations += gap * (value - this.#mean);
    if (this.#count < leastValues || this.#deviations === 0) return false;
    const above = (value - this.#mean) / Math.sqrt(this.#deviations / (this.#count - 1));
    this.#sum = Math.max(0, this.#sum + Math.min(above, mostDeviations) - this.#delta);
    return this.#sum > this.#threshold;
  }
}
