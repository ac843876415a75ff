/** What a model predicts: a number, or one of the classes of its label. */
export type OutputKind = 'number' | 'class';

type MetricFacts = {
  readonly better: 'lower' | 'higher';
  /** The kind of prediction it is defined for. */
  readonly of: OutputKind;
  /** A mean of something that each row has by itself, so that two models can be compared row by row. */
  readonly pairable: boolean;
  /** The least and the greatest value it can have. */
  readonly range: readonly [number, number];
  /** Formula, convention for several classes, and when it is undefined (NULL). */
  readonly meaning: string;
};

/** The closed list of metrics. The documentation's table is generated from here. */
export const metricTable = {
  rmse: {
    better: 'lower',
    of: 'number',
    pairable: true,
    range: [0, Number.POSITIVE_INFINITY],
    meaning: '√mean (y − p)²',
  },
  mae: {
    better: 'lower',
    of: 'number',
    pairable: true,
    range: [0, Number.POSITIVE_INFINITY],
    meaning: 'mean |y − p|',
  },
  mape: {
    better: 'lower',
    of: 'number',
    pairable: true,
    range: [0, Number.POSITIVE_INFINITY],
    meaning: 'mean |y − p| / |y|, a share; undefined where a label is 0',
  },
  r2: {
    better: 'higher',
    of: 'number',
    pairable: false,
    range: [Number.NEGATIVE_INFINITY, 1],
    meaning: '1 − Σ(y − p)² / Σ(y − ȳ)²; undefined where all labels are alike',
  },
  accuracy: {
    better: 'higher',
    of: 'class',
    pairable: true,
    range: [0, 1],
    meaning: 'share of rows whose class is right',
  },
  log_loss: {
    better: 'lower',
    of: 'class',
    pairable: true,
    range: [0, Number.POSITIVE_INFINITY],
    meaning: 'mean −ln of the probability given to the class that came, which counts as at least 2⁻⁵²',
  },
  brier: {
    better: 'lower',
    of: 'class',
    pairable: true,
    range: [0, 2],
    meaning:
      'two classes: mean (p − [positive came])², 0 to 1; several: mean Σ (p of the class − [class came])², 0 to 2',
  },
  auc: {
    better: 'higher',
    of: 'class',
    pairable: false,
    range: [0, 1],
    meaning:
      'share of pairs of a positive and another row in which the positive has the greater probability, equal ones ½; several classes: mean over the classes that came, each against the rest; undefined where one class came',
  },
  average_precision: {
    better: 'higher',
    of: 'class',
    pairable: false,
    range: [0, 1],
    meaning:
      'Σ (recall − recall before) · precision over the distinct probabilities, the greatest first; several classes: mean over the classes that came, each against the rest; undefined where no positive came',
  },
  f1: {
    better: 'higher',
    of: 'class',
    pairable: false,
    range: [0, 1],
    meaning:
      '2·tp / (2·tp + fp + fn) of the positive class; several: mean over the classes that came or were predicted; undefined where the positive class was neither',
  },
  mcc: {
    better: 'higher',
    of: 'class',
    pairable: false,
    range: [-1, 1],
    meaning:
      "Matthews' correlation of predicted and true classes, for several classes too; undefined where all labels or all predictions are alike",
  },
  calibration_error: {
    better: 'lower',
    of: 'class',
    pairable: false,
    range: [0, 1],
    meaning:
      'mean over the rows of |mean probability − share that came true| of their bin, 15 equal bins of [0, 1]; two classes: of the positive one; several: of the most probable one',
  },
} as const satisfies Readonly<Record<string, MetricFacts>>;

export type Metric = keyof typeof metricTable;

/** Those a row has by itself. */
export type PairedMetric = {
  [M in Metric]: (typeof metricTable)[M]['pairable'] extends true ? M : never;
}[Metric];

export const metrics = [
  'rmse',
  'mae',
  'mape',
  'r2',
  'accuracy',
  'log_loss',
  'brier',
  'auc',
  'average_precision',
  'f1',
  'mcc',
  'calibration_error',
] as const satisfies readonly Metric[];

export const pairedMetrics = [
  'rmse',
  'mae',
  'mape',
  'accuracy',
  'log_loss',
  'brier',
] as const satisfies readonly PairedMetric[];

export function metricsOf(kind: OutputKind): readonly Metric[] {
  return metrics.filter((metric) => metricTable[metric].of === kind);
}

export function isPaired(metric: Metric): metric is PairedMetric {
  return metricTable[metric].pairable;
}
