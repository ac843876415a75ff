import { kolmogorovSmirnov, sortedSample } from './kolmogorov-smirnov.ts';

/**
 * KSWIN (Raab, Heusinger & Schleif 2020, "Reactive soft prototype computing for concept drift streams"): a window whose
 * newest values are held against the others by the Kolmogorov–Smirnov test.
 *
 * Two things are not as in the paper, for the sake of fewer false alarms and of the same decisions each time: all of the
 * older values are taken and not a random sample of them, and there is one test for every `recent` new values and not one
 * for every value. So `risk` is the chance of a false alarm per `recent` values.
 */
export class Kswin {
  readonly #risk: number;
  readonly #size: number;
  readonly #recent: number;
  #window: number[] = [];
  #sinceTest = 0;

  /** @param recent fewer than `size` */
  constructor(risk: number, size: number, recent: number) {
    this.#risk = risk;
    this.#size = size;
    this.#recent = recent;
  }

  /**
   * Takes the next value; NaN counts as below every number.
   * @returns how much higher the mean of the newest values is where they are of another distribution, and the older
   * ones are forgotten (NaN where they hold one); null where nothing is seen
   */
  add(value: number): number | null {
    this.#window.push(value);
    if (this.#window.length > this.#size) this.#window.shift();
    this.#sinceTest++;
    if (this.#window.length < this.#size || this.#sinceTest < this.#recent) return null;
    this.#sinceTest = 0;
    const newest = this.#window.slice(-this.#recent);
    const older = this.#window.slice(0, -this.#recent);
    const { pValue } = kolmogorovSmirnov(sortedSample(older), sortedSample(newest));
    if (pValue > this.#risk) return null;
    this.#window = newest;
    return meanOf(newest) - meanOf(older);
  }
}

function meanOf(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
