/**
 * The rows of all inputs, column by position.
 *
 * Schema: `columns`, of the common `types` the query as a whole gives them (null: not known, or the inputs already
 * agree). A change may leave inputs out, so the types cannot be left to what remains of the union.
 *
 * Change: the union of the inputs' changes.
 */
export interface UnionAllNode<R> {
  readonly kind: 'union-all';
  readonly inputs: readonly R[];
  readonly columns: readonly string[];
  readonly types: readonly string[] | null;
}

export function createUnionAll<R>(
  inputs: readonly R[],
  columns: readonly string[],
  types: readonly string[] | null = null,
): UnionAllNode<R> {
  return Object.freeze({ kind: 'union-all', inputs, columns, types });
}

export function changeOfUnionAll<R>(
  node: UnionAllNode<R>,
  changeOf: (input: R) => R | null,
): UnionAllNode<R> | null {
  const inputs = node.inputs.map(changeOf).filter((change) => change !== null);
  return inputs.length === 0 ? null : createUnionAll(inputs, node.columns, node.types);
}
