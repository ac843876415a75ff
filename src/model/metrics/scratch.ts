/** Room for numbers of which nothing is kept from one use to the next. It grows to what is asked for. */
export class Scratch {
  #room = new Float64Array(8);

  /** At least so many, of any value. */
  of(count: number): Float64Array {
    if (this.#room.length < count) this.#room = new Float64Array(2 * count);
    return this.#room;
  }
}
