/** What a method makes of the label: a number, one of the label's values, or nothing. */
export type Task = 'number' | 'class' | 'none';

/** Options of a model that only some methods take. */
export const fitOptionNames = ['l2', 'standardize', 'weight', 'decay'] as const;

export type FitOptionName = (typeof fitOptionNames)[number];

export type MethodSpec = {
  readonly task: Task;
  /** Beside those that every model takes. */
  readonly takes: readonly FitOptionName[];
  /** What it fits, in a line of the documentation. */
  readonly fits: string;
};

/** The methods a model may be fitted by: errors, the documentation's table and the registry of families rest on it. */
export const methodTable = {
  ridge: {
    task: 'number',
    takes: ['l2', 'standardize', 'weight', 'decay'],
    fits: 'minimizes Σ(y − b − x·w)² + l2·‖w‖², b free',
  },
  linear: {
    task: 'number',
    takes: ['standardize', 'weight', 'decay'],
    fits: 'minimizes Σ(y − b − x·w)²; the least ‖w‖ where columns depend on each other',
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
