/** Doubles that come one by one, for metrics that need them in order. 8 to 16 bytes each. */
export class NumberBag {
  #values = new Float64Array(64);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(value: number): void {
    if (this.#size === this.#values.length) {
      const grown = new Float64Array(2 * this.#size);
      grown.set(this.#values);
      this.#values = grown;
    }
    this.#values[this.#size++] = value;
  }

  /** In increasing order; a copy, so that what was added stays as it is. */
  sorted(): Float64Array {
    return this.#values.slice(0, this.#size).sort();
  }
}
