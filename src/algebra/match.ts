/**
 * The rows of `left` that have (`semi`) or lack (`anti`) a row of `right` with equal keys, or each with every such row
 * and with NULLs where there is none (`left`). Keys compare with `=`: a row with a NULL key has no match.
 *
 * Schema: `columns` of the left, then of a left join `rightColumns`; the left's weights.
 *
 * Change: with n(k) the count of right rows of key k, before and after, and s(k) = [n₂(k) > 0] − [n₁(k) > 0] how its
 * existence flips,
 *
 *     Δ(L ⋉ R) = ΔL ⋉ R₂ + L₁ ⋈ s
 *     Δ(L ▷ R) = ΔL ▷ R₂ − L₁ ⋈ s
 *     Δ(L ⟕ R) = ΔL ⟕ R₂ + L₁ ⋈ (ΔR − s × NULLs)
 *
 * where n₁ = n₂ − Σw over the key's rows of ΔR, so that only the new right is counted, for the keys of ΔR alone. A
 * left join by this rule, rather than as L ⋈ R ∪ (L ▷ R) × NULLs, has each input once: chains of them stay short.
 */
export interface MatchNode<R> {
  readonly kind: 'match';
  readonly how: 'semi' | 'anti' | 'left';
  /** Unlike that of any other match around or inside. */
  readonly alias: string;
  readonly left: R;
  readonly right: R;
  /** Columns of each side, pairwise compared. */
  readonly keys: readonly { readonly left: string; readonly right: string }[];
  /** Of the left, in order. */
  readonly leftColumns: readonly string[];
  /** Of the right, in order, unlike those of the left; none but in a left join. */
  readonly rightColumns: readonly string[];
}

/** The change of a match. One of `leftChange` and `rightChange` is there. */
export interface MatchChangeNode<R> {
  readonly kind: 'match-change';
  readonly after: MatchNode<R>;
  readonly leftChange: R | null;
  /** With the left as it was. */
  readonly rightChange: { readonly change: R; readonly leftBefore: R } | null;
}

export function createMatch<R>(parts: Omit<MatchNode<R>, 'kind'>): MatchNode<R> {
  return Object.freeze({ kind: 'match', ...parts });
}

export function changeOfMatch<R>(
  node: MatchNode<R>,
  changeOf: (input: R) => R | null,
  oldOf: (input: R) => R,
): MatchChangeNode<R> | null {
  const leftChange = changeOf(node.left);
  const change = changeOf(node.right);
  if (leftChange === null && change === null) return null;
  return Object.freeze({
    kind: 'match-change',
    after: node,
    leftChange,
    rightChange: change === null ? null : { change, leftBefore: oldOf(node.left) },
  });
}

/** The same match over other inputs. */
export function mapSides<R, S>(node: MatchNode<R>, map: (input: R) => S): MatchNode<S> {
  return createMatch({ ...node, left: map(node.left), right: map(node.right) });
}

/** Every relation that a match's change reads. */
export function partsOfMatchChange<R>({ after, leftChange, rightChange }: MatchChangeNode<R>): R[] {
  return [
    ...(leftChange === null ? [] : [leftChange]),
    ...(rightChange === null ? [] : [rightChange.leftBefore, rightChange.change]),
    after.right,
  ];
}
