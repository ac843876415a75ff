export interface ProjectedColumn<E> {
  readonly name: string;
  readonly expression: E;
}

/**
 * One row of expressions for each row of a scope; duplicates stay.
 *
 * Schema: the names of `columns`. Change: Σ π(term) over the terms of the input's change, weights kept.
 */
export interface ProjectNode<B, E> {
  readonly kind: 'project';
  readonly input: B;
  readonly columns: readonly ProjectedColumn<E>[];
}

export function createProject<B, E>(input: B, columns: readonly ProjectedColumn<E>[]): ProjectNode<B, E> {
  return Object.freeze({ kind: 'project', input, columns });
}

export function changeOfProject<B, E>(node: ProjectNode<B, E>, terms: readonly B[]): ProjectNode<B, E>[] {
  return terms.map((term) => createProject(term, node.columns));
}
