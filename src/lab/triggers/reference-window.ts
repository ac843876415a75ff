/** The newest values, and those before them since the last reset: the oldest of these, up to a capacity. */
export class ReferenceWindow<T> {
  readonly reference: T[] = [];
  readonly #size: number;
  readonly #capacity: number;
  /** A ring; `#next` is the oldest once it is full. */
  readonly #newest: T[] = [];
  #next = 0;

  constructor(size: number, capacity: number) {
    this.#size = size;
    this.#capacity = capacity;
  }

  add(value: T): void {
    const leaving = this.#newest[this.#next];
    if (this.#newest.length === this.#size && leaving !== undefined && this.reference.length < this.#capacity)
      this.reference.push(leaving);
    this.#newest[this.#next] = value;
    this.#next = (this.#next + 1) % this.#size;
  }

  /** In no particular order. */
  get newest(): readonly T[] {
    return this.#newest;
  }
}
