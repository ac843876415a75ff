export interface JoinInput<R> {
  /** The name the conditions, and the expressions above, call the input by. */
  readonly alias: string;
  readonly node: R;
}

/** A stored column of one input that in every row of the join equals an expression over another. */
export interface JoinTie<E> {
  readonly column: TiedValue<E>;
  readonly equals: TiedValue<E>;
}

export interface TiedValue<E> {
  /** Of the only input that it is over. */
  readonly alias: string;
  readonly expression: E;
}

/**
 * Inner join of n ≥ 1 named inputs on the conjunction of `conditions` (none: their product).
 *
 * Schema: every input's columns, qualified by its alias; weights multiply. A join is a scope, not yet a relation:
 * `project` makes one of it.
 *
 * Change: Σᵢ new₁ ⋈ … ⋈ newᵢ₋₁ ⋈ Δᵢ ⋈ oldᵢ₊₁ ⋈ … ⋈ oldₙ, one term per input that changed. (Telescoping: replace
 * the inputs' old states by the new ones from left to right, or in any other order.) In a self-join each occurrence is
 * an input.
 */
export interface JoinNode<R, E> {
  readonly kind: 'join';
  readonly inputs: readonly JoinInput<R>[];
  readonly conditions: readonly E[];
  /** What follows from conditions, here or above, and says which rows of an input can be needed at all. */
  readonly ties: readonly JoinTie<E>[];
}

export function createJoin<R, E>(
  inputs: readonly JoinInput<R>[],
  conditions: readonly E[],
  ties: readonly JoinTie<E>[] = [],
): JoinNode<R, E> {
  return Object.freeze({ kind: 'join', inputs, conditions, ties });
}

/**
 * The terms of the change; none when no input changed.
 *
 * @param isCostlyOld inputs whose old state costs more than a log read; they take their new state first
 */
export function changeOfJoin<R, E>(
  node: JoinNode<R, E>,
  changeOf: (input: R) => R | null,
  oldOf: (input: R) => R,
  isCostlyOld: (input: R) => boolean,
): JoinNode<R, E>[] {
  const costly = node.inputs.filter((input) => isCostlyOld(input.node));
  const ordered = [...costly, ...node.inputs.filter((input) => !costly.includes(input))];
  return ordered.flatMap((input, place) => {
    const change = changeOf(input.node);
    if (change === null) return [];
    const inputs = ordered.map((other, index) => {
      if (index === place) return { alias: other.alias, node: change };
      return index < place ? other : { alias: other.alias, node: oldOf(other.node) };
    });
    return [createJoin(inputs, node.conditions, node.ties)];
  });
}
