/**
 * The rows of a scope for which the condition is true (not false, not NULL).
 *
 * Schema: the input's. Change: σ(Δ input), weights kept.
 */
export interface FilterNode<B, E> {
  readonly kind: 'filter';
  readonly input: B;
  readonly condition: E;
}

export function createFilter<B, E>(input: B, condition: E): FilterNode<B, E> {
  return Object.freeze({ kind: 'filter', input, condition });
}

export function changeOfFilter<B, E>(node: FilterNode<B, E>, terms: readonly B[]): FilterNode<B, E>[] {
  return terms.map((term) => createFilter(term, node.condition));
}
