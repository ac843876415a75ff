/** Says a label from the labels before it, without a model. Labels are numbers, or places in a list of classes. */
export interface Forecaster {
  learn(label: number, eventMs: number): void;
  /** Null: it has learned nothing yet. */
  forecast(eventMs: number): Forecast | null;
}

export type Forecast = {
  /** The number, or the place of the class. */
  readonly label: number;
  /** The probability it gives to a class; of numbers there is none. */
  probability(label: number): number;
};

const certain = (label: number): Forecast => ({ label, probability: (one) => (one === label ? 1 : 0) });

/**
 * The label of the last moment, which of classes is called no-change, too; of several rows of one moment their mean, or
 * their most frequent class.
 */
export class LastLabel implements Forecaster {
  readonly #ofMoment: () => Forecaster;
  #last: Forecaster | null = null;
  #lastMs = Number.NaN;

  /** @param ofMoment makes what speaks for the rows of one moment */
  constructor(ofMoment: () => Forecaster) {
    this.#ofMoment = ofMoment;
  }

  learn(label: number, eventMs: number): void {
    if (this.#last === null || eventMs !== this.#lastMs) this.#last = this.#ofMoment();
    this.#lastMs = eventMs;
    this.#last.learn(label, eventMs);
  }

  forecast(eventMs: number): Forecast | null {
    return this.#last?.forecast(eventMs) ?? null;
  }
}

/** The mean of all labels so far. */
export class MeanSoFar implements Forecaster {
  #count = 0;
  #mean = 0;

  learn(label: number): void {
    this.#count++;
    this.#mean += (label - this.#mean) / this.#count;
  }

  forecast(): Forecast | null {
    return this.#count === 0 ? null : certain(this.#mean);
  }
}

/** Parts of a period that count as one phase: an hour of a week. */
const phases = 168;

/** The mean of the labels so far at the same phase of a period; where none was, of all. */
export class SeasonalMean implements Forecaster {
  readonly #periodMs: number;
  readonly #fromMs: number;
  readonly #all = new MeanSoFar();
  readonly #byPhase = new Map<number, MeanSoFar>();

  /** @param fromMs where a period begins; times before it count as well */
  constructor(periodMs: number, fromMs: number) {
    this.#periodMs = periodMs;
    this.#fromMs = fromMs;
  }

  learn(label: number, eventMs: number): void {
    const phase = this.#phaseOf(eventMs);
    const mean = this.#byPhase.get(phase) ?? new MeanSoFar();
    this.#byPhase.set(phase, mean);
    mean.learn(label);
    this.#all.learn(label);
  }

  forecast(eventMs: number): Forecast | null {
    return this.#byPhase.get(this.#phaseOf(eventMs))?.forecast() ?? this.#all.forecast();
  }

  #phaseOf(eventMs: number): number {
    const into = (eventMs - this.#fromMs) % this.#periodMs;
    // Whole numbers up to the division, so that the first moment of a phase is never counted to the one before.
    return Math.floor(((into < 0 ? into + this.#periodMs : into) * phases) / this.#periodMs);
  }
}

/** The class that came most often so far, the first of equals; its probabilities are the shares so far. */
export class MajorityClass implements Forecaster {
  readonly #counts = new Map<number, number>();
  #total = 0;
  #most: number | null = null;

  learn(label: number): void {
    const count = (this.#counts.get(label) ?? 0) + 1;
    this.#counts.set(label, count);
    this.#total++;
    if (this.#most === null || count > (this.#counts.get(this.#most) ?? 0)) this.#most = label;
  }

  forecast(): Forecast | null {
    if (this.#most === null) return null;
    const total = this.#total;
    return { label: this.#most, probability: (label) => (this.#counts.get(label) ?? 0) / total };
  }
}
