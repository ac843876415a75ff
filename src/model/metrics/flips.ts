/** Rows whose answer changed sides: `negative` ones were right and are wrong now, `positive` ones the other way. */
export type Flips = {
  /** What counts as right: |y − p| of at most so much; null: the class. */
  readonly tolerance: number | null;
  readonly negative: number;
  readonly positive: number;
};

/** Negative flips: Yan et al. 2021, "Positive-congruent training" (arXiv:2011.09161), as counts. */
export class FlipCount {
  readonly #tolerance: number | null;
  #negative = 0;
  #positive = 0;

  constructor(tolerance: number | null) {
    this.#tolerance = tolerance;
  }

  add(candidateRight: boolean, currentRight: boolean): void {
    if (candidateRight === currentRight) return;
    if (candidateRight) this.#positive += 1;
    else this.#negative += 1;
  }

  result(): Flips {
    return { tolerance: this.#tolerance, negative: this.#negative, positive: this.#positive };
  }
}
