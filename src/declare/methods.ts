/** What a method makes of the label: a number, one of the label's values, or nothing. */
export type Task = 'number' | 'class' | 'none';

/** `any`; or one category, whose levels are the groups. */
export type FeatureKinds = 'any' | 'one-category';

/** Options of a model that only some methods take. */
export const fitOptionNames = [
  'l2',
  'l1',
  'standardize',
  'labels',
  'weight',
  'decay',
  'components',
  'clusters',
  'smoothing',
  'regularization',
  'delta',
  'rare',
] as const;

export type FitOptionName = (typeof fitOptionNames)[number];

export type MethodSpec = {
  readonly task: Task;
  /** What features it can learn from. */
  readonly features: FeatureKinds;
  /** Beside those that every model takes. */
  readonly takes: readonly FitOptionName[];
  /** What it fits, in a line of the documentation. */
  readonly fits: string;
};

/** The methods a model may be fitted by: errors, the documentation's table and the registry of families rest on it. */
export const methodTable = {
  ridge: {
    task: 'number',
    features: 'any',
    takes: ['l2', 'standardize', 'labels', 'weight', 'decay', 'rare'],
    fits: 'minimizes Σ(y − b − x·w)² + l2·‖w‖², b free',
  },
  linear: {
    task: 'number',
    features: 'any',
    takes: ['standardize', 'labels', 'weight', 'decay', 'rare'],
    fits: 'minimizes Σ(y − b − x·w)²; the least ‖w‖ where columns depend on each other',
  },
  elastic_net: {
    task: 'number',
    features: 'any',
    takes: ['l1', 'l2', 'standardize', 'labels', 'weight', 'decay', 'rare'],
    fits: 'minimizes Σ(y − b − x·w)² + l2·‖w‖² + l1·‖w‖₁, b free',
  },
  group_means: {
    task: 'number',
    features: 'one-category',
    takes: ['smoothing', 'weight', 'decay', 'rare'],
    fits: 'the mean of the label in each group, (Σy + m·ȳ) / (n + m) with m = smoothing (target encoding)',
  },
  seasonal_means: {
    task: 'number',
    features: 'one-category',
    takes: ['smoothing', 'weight', 'decay', 'rare'],
    fits: 'group means by weekday and hour of the event time, or by the `season(…)` that expand names',
  },
  logistic: {
    task: 'class',
    features: 'any',
    takes: ['l2', 'standardize'],
    fits: 'minimizes Σ log-loss + l2/2·‖w‖², b free, of two classes or more (scikit-learn: C = 1/l2)',
  },
  poisson: {
    task: 'number',
    features: 'any',
    takes: ['l2', 'standardize'],
    fits: 'Poisson regression, log link: minimizes Σ(e^s − y·s) + l2/2·‖w‖², b free',
  },
  gamma: {
    task: 'number',
    features: 'any',
    takes: ['l2', 'standardize'],
    fits: 'Gamma regression, log link: minimizes Σ(y·e^−s + s) + l2/2·‖w‖², b free',
  },
  huber: {
    task: 'number',
    features: 'any',
    takes: ['l2', 'standardize', 'delta'],
    fits: 'minimizes Σ huber(y − s) + l2/2·‖w‖², b free: squares (halved) up to delta, linear beyond',
  },
  gaussian_nb: {
    task: 'class',
    features: 'any',
    takes: ['smoothing', 'weight', 'decay', 'rare'],
    fits: 'naive Bayes: a normal distribution per class and number, shares per class and level; `smoothing` is a share of the largest variance',
  },
  multinomial_nb: {
    task: 'class',
    features: 'any',
    takes: ['smoothing', 'weight', 'decay', 'rare'],
    fits: 'naive Bayes of counts; `smoothing` is added to every count, 1e-10 at least',
  },
  bernoulli_nb: {
    task: 'class',
    features: 'any',
    takes: ['smoothing', 'weight', 'decay', 'rare'],
    fits: 'naive Bayes of features that are 0 or 1; `smoothing` is added to every count, 1e-10 at least',
  },
  lda: {
    task: 'class',
    features: 'any',
    takes: ['weight', 'decay', 'rare'],
    fits: 'linear discriminant: one covariance for all classes',
  },
  qda: {
    task: 'class',
    features: 'any',
    takes: ['regularization', 'weight', 'decay', 'rare'],
    fits: 'quadratic discriminant: a covariance per class, (1 − r)·S + r·I with r = regularization',
  },
  pca: {
    task: 'none',
    features: 'any',
    takes: ['components', 'standardize', 'weight', 'decay', 'rare'],
    fits: 'principal components: the directions of largest variance, as `pc1`, `pc2`, …',
  },
  kmeans: {
    task: 'none',
    features: 'any',
    takes: ['clusters'],
    fits: 'k-means (Lloyd) over standardized features: minimizes Σ|x − c|², c the nearest of as many centroids as `clusters` says; `prediction` is its number, 1 that of most rows at first',
  },
} as const satisfies Readonly<Record<string, MethodSpec>>;

export type Method = keyof typeof methodTable;

export function isMethod(name: string): name is Method {
  return Object.hasOwn(methodTable, name);
}

/** In the order of the documentation. */
export const methods: readonly Method[] = Object.keys(methodTable).filter(isMethod);

export function methodSpec(method: Method): MethodSpec {
  return methodTable[method];
}
