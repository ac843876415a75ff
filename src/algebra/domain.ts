/** One input of a domain: its rows reach the body's rows of the same key, and no others. */
export interface DomainInput<R> {
  /** The name the body reads it by. */
  readonly alias: string;
  readonly node: R;
  /** Columns of `node`, in the order of `DomainNode.keys`. */
  readonly keys: readonly string[];
}

/**
 * A query that falls apart by key: for every key, the rows of that key are what `body` gives over the input rows of
 * that key. Groups, partitions of a window, both sides of an equality join, the rows two sides of a set operation
 * have in common are domains. Without keys there is one: the whole.
 *
 * Schema: `columns`. Change: with T the keys of the inputs' changed rows, body(new ⋉ T) − body(old ⋉ T), netted:
 * whatever is not in T is untouched. Keys compare with IS NOT DISTINCT FROM.
 */
export interface DomainNode<R, E> {
  readonly kind: 'domain';
  readonly inputs: readonly DomainInput<R>[];
  /** A SELECT in parentheses over the inputs' aliases. */
  readonly body: E;
  readonly columns: readonly string[];
  /** Which of `columns` hold the key. */
  readonly keys: readonly string[];
  /** What must hold for `body` to give the very same rows whenever it is asked. */
  readonly repeatable: Repeatability<E>;
}

/**
 * Whether a body gives the same rows, to the last bit, for the same bag of input rows. Only then its old rows can be
 * had by evaluating it over the old inputs.
 */
export interface Repeatability<E> {
  /** What makes it depend on the order of its rows: `row_number()`, say. Null: nothing is known to. */
  readonly obstacle: string | null;
  /** SELECTs over the inputs' aliases, none of whose columns may be a floating-point number. */
  readonly exactOnly: readonly E[];
}

/** The change of a domain. */
export interface DomainChangeNode<R, E> {
  readonly kind: 'domain-change';
  readonly after: DomainNode<R, E>;
  /** Over the inputs as they were. */
  readonly before: DomainNode<R, E>;
  /** The changes of the inputs that have one. */
  readonly changes: readonly DomainInput<R>[];
}

export function createDomain<R, E>(parts: Omit<DomainNode<R, E>, 'kind'>): DomainNode<R, E> {
  return Object.freeze({ kind: 'domain', ...parts });
}

export function changeOfDomain<R, E>(
  node: DomainNode<R, E>,
  changeOf: (input: R) => R | null,
  oldOf: (input: R) => R,
): DomainChangeNode<R, E> | null {
  const changes = changesOfInputs(node, changeOf);
  if (changes.length === 0) return null;
  return Object.freeze({ kind: 'domain-change', after: node, before: mapInputs(node, oldOf), changes });
}

/** The changed rows of each input that has some, with where their keys are. */
export function changesOfInputs<R, E>(
  node: DomainNode<R, E>,
  changeOf: (input: R) => R | null,
): DomainInput<R>[] {
  return node.inputs.flatMap((input) => {
    const change = changeOf(input.node);
    return change === null ? [] : [{ ...input, node: change }];
  });
}

/** The same domain over other inputs. */
export function mapInputs<R, E>(node: DomainNode<R, E>, map: (input: R) => R): DomainNode<R, E> {
  return createDomain({ ...node, inputs: node.inputs.map((input) => ({ ...input, node: map(input.node) })) });
}
