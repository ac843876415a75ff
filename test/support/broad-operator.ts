/** What a view can be made of. The order is that of the table of coverage. */
export const operators = [
  'filter',
  'temporal-filter',
  'project',
  'inner-join',
  'theta-join',
  'self-join',
  'left-join',
  'right-join',
  'full-join',
  'using-join',
  'natural-join',
  'asof-join',
  'semi-join',
  'anti-join',
  'lateral-join',
  'values',
  'unnest-from',
  'unnest-list',
  'exists',
  'not-exists',
  'in',
  'not-in',
  'scalar-subquery',
  'correlated-scalar',
  'group',
  'group-all',
  'grouping-sets',
  'having',
  'aggregate-filter',
  'statistics',
  'quantile',
  'distinct-aggregate',
  'ordered-aggregate',
  'arg-aggregate',
  'window-rank',
  'window-offset',
  'window-frame',
  'global-window',
  'qualify',
  'top-k',
  'distinct',
  'distinct-on',
  'order-limit',
  'cte',
  'cte-twice',
  'recursive',
  'union-all',
  'union',
  'intersect',
  'intersect-all',
  'except',
  'except-all',
] as const;

export type Operator = (typeof operators)[number];

/** What stands below an operator: another one, or a table. */
export type Below = Operator | 'table';

/** `outer>inner`: the one directly over the other. */
export type OperatorPair = `${Operator}>${Below}`;

/** Pairs that the tests insist on: where one operator's change feeds another's. */
export const requiredPairs: readonly OperatorPair[] = [
  'group>inner-join',
  'group>left-join',
  'group>filter',
  'group>group',
  'inner-join>inner-join',
  'inner-join>group',
  'left-join>table',
];
