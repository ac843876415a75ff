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
  'smoothing',
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
    takes: ['l2', 'standardize', 'labels', 'weight', 'decay'],
    fits: 'minimizes Σ(y − b − x·w)² + l2·‖w‖², b free',
  },
  linear: {
    task: 'number',
    features: 'any',
    takes: ['standardize', 'labels', 'weight', 'decay'],
    fits: 'minimizes Σ(y − b − x·w)²; the least ‖w‖ where columns depend on each other',
  },
  elastic_net: {
    task: 'number',
    features: 'any',
    takes: ['l1', 'l2', 'standardize', 'labels', 'weight', 'decay'],
    fits: 'minimizes Σ(y − b − x·w)² + l2·‖w‖² + l1·‖w‖₁, b free',
  },
  group_means: {
    task: 'number',
    features: 'one-category',
    takes: ['smoothing', 'weight', 'decay'],
    fits: 'the mean of the label in each group, (Σy + m·ȳ) / (n + m) with m = smoothing (target encoding)',
  },
  seasonal_means: {
    task: 'number',
    features: 'one-category',
    takes: ['smoothing', 'weight', 'decay'],
    fits: 'group means by weekday and hour of the event time, or by the `season(…)` that expand names',
  },
  pca: {
    task: 'none',
    features: 'any',
    takes: ['components', 'standardize', 'weight', 'decay'],
    fits: 'principal components: the directions of largest variance, as `pc1`, `pc2`, …',
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
