/**
 * Rows of a batch by a group that each is in, in a counting sort (Seward 1954; Knuth, TAOCP 3, section 5.2): so that
 * what is added up of a group is added up in one go.
 */
export class RowGroups {
  /** By group, where its rows begin; and where the last one ends. */
  readonly #starts: Uint32Array;
  #sorted = new Uint32Array();

  /** @param count of the groups */
  constructor(count: number) {
    this.#starts = new Uint32Array(count + 1);
  }

  /**
   * Calls `visit` with each group that has rows, and with these, in the order of the batch; they are valid until it
   * returns.
   *
   * @param groups by row, negative for one in no group
   */
  visit(groups: Int32Array, visit: (group: number, rows: Uint32Array) => void): void {
    const starts = this.#starts.fill(0);
    if (this.#sorted.length < groups.length) this.#sorted = new Uint32Array(groups.length);
    const sorted = this.#sorted;
    for (let row = 0; row < groups.length; row++) {
      const group = groups[row] ?? -1;
      if (group >= 0) starts[group] = (starts[group] ?? 0) + 1;
    }
    let end = 0;
    for (let group = 0; group < starts.length; group++) {
      end += starts[group] ?? 0;
      starts[group] = end;
    }
    // from the last row on, each takes the last place of its group that is left
    for (let row = groups.length - 1; row >= 0; row--) {
      const group = groups[row] ?? -1;
      if (group < 0) continue;
      const place = (starts[group] ?? 0) - 1;
      starts[group] = place;
      sorted[place] = row;
    }
    for (let group = 0; group + 1 < starts.length; group++) {
      const [from, to] = [starts[group] ?? 0, starts[group + 1] ?? 0];
      if (to > from) visit(group, sorted.subarray(from, to));
    }
  }
}
