/** One statistic of a batch compared with what history lets expect. */
export type TestResult = {
  readonly column: string;
  /** The model it is about, for what models make of the rows; null: the rows alone. */
  readonly model: string | null;
  /** The other columns, for a statistic of several. */
  readonly others: readonly string[];
  readonly statistic: string;
  /** The value a rate is the rate of, where it is that of one value. */
  readonly value: string | null;
  readonly kind: 'rate' | 'measure';
  readonly observed: number;
  readonly expected: number;
  /** Deviation usual between batches, about which a value is expected. */
  readonly scale: number;
  readonly pValue: number;
  /** Size of the change: of a rate, in its own units; of a measure, in units that its floor is of. */
  readonly effect: number;
  /** The effect is large enough to matter. */
  readonly isTelling: boolean;
  /** How many times the largest deviation of any accepted update. */
  readonly beyond: number;
  /** The effect is large, not only certain. */
  readonly isLarge: boolean;
  /** A sign of an error that no accepted update has shown, in as many rows as chance does not bring. */
  readonly isExact: boolean;
  /** Accepted updates that it rests on. */
  readonly updates: number;
};
