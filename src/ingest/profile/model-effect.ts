/** What one model that learns from a table made of the rows an update brings, before they are taken. */
export type ModelEffect = {
  readonly model: string;
  /** Name of the label. */
  readonly label: string;
  /** Hash of its definition: figures of another one are not compared with. */
  readonly definition: string;
  /** The version that answered. */
  readonly version: number;
  /** Rows with a label and a prediction. */
  readonly rows: number;
  /** Root mean square error; of classes, the mean logarithmic loss, or what stands for it without probabilities. */
  readonly loss: number;
  /** Mean absolute error; of classes, the share of wrong ones. */
  readonly error: number;
  /**
   * Fisher's z of how predictions go with labels: of their ranks; of classes, of the probabilities of all with what was.
   */
  readonly skill: number;
  /** Mean prediction; of classes, mean probability of the last one. */
  readonly center: number;
  /** Rows whose label is far from the prediction beside the others'; of classes, where another was ten times as likely. */
  readonly surprises: number;
  /** By feature, Fisher's z of its rank correlation with the label, or of the correlation ratio; NaN: none. */
  readonly relations: readonly (readonly [feature: string, z: number])[];
  /** The correlation of predictions with the labels of rows further on in time, by `shiftsLookedAt`; NaN: no time. */
  readonly shifted: readonly number[];
  /** How far predictions on recent rows move with the rows learned: on average, and at most; NaN: not computed. */
  readonly move: number;
  readonly largestMove: number;
};

/** Places by which labels may stand beside the rows they belong to. */
export const shiftsLookedAt = [-2, -1, 1, 2] as const;
