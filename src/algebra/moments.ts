/**
 * Sums up to the second degree of one column, or of a pair of columns, from which variances, covariances,
 * correlations and regressions follow. Only rows count where no column is NULL: the input has both NULL where either
 * is.
 *
 * `exact`: columns of whole numbers, BIGINT or HUGEINT (of decimals, in units of their last digit); kept are, as
 * HUGEINT, n, Σx, Σx², and of a pair Σy, Σy², Σxy. They add up, and can be taken back, without any error. Central
 * moments, for the whole number q nearest to the mean and r = Σx − nq: Σ(x − x̄)² = (Σx² − qΣx − qr) − r²/n, whose
 * parenthesis is exact and no larger than Σx²; of a pair, Σ(x − x̄)(y − ȳ) = (Σxy − q_xΣy − q_y r_x) − r_x r_y/n.
 *
 * `float`: DOUBLE columns; kept are n, the mean x̄, M = Σ(x − x̄)², and of a pair ȳ, Σ(y − ȳ)², C = Σ(x − x̄)(y − ȳ).
 * Bags i with signs ±1 add up around their common mean p, by the theorem of König and Huygens, the pairwise update of
 * Chan, Golub and LeVeque, Algorithms for computing the sample variance (1983), in Pébay's form for pairs (2008):
 *
 *   n = Σ±nᵢ,  p = x̄₁ + Σ±nᵢ(x̄ᵢ − x̄₁)/n,  M = Σ±(Mᵢ + nᵢ(x̄ᵢ − p)²),  C = Σ±(Cᵢ + nᵢ(x̄ᵢ − p_x)(ȳᵢ − p_y))
 *
 * Taking rows out cancels digits. `ever` sums up the magnitudes of all that was added to or taken from M since it was
 * last computed from the rows; its rounding error grows with that, and what it is measured against is M itself.
 * Where n x̄² is so large beside M that DuckDB's own result depends on the order of rows, only the rows will do.
 */
export interface GroupMoments {
  readonly x: string;
  /** Null: moments of `x` alone. */
  readonly y: string | null;
  readonly kind: 'exact' | 'float';
}

/** `n`: count; `x`, `y`: sum or mean; `xx`, `yy`, `xy`: of the second degree; `ex`, `ey`: `ever` of `xx`, `yy`. */
export type MomentPart = 'n' | 'x' | 'xx' | 'ex' | 'y' | 'yy' | 'ey' | 'xy';

/** The state's column of a part; `place` is that in `GroupNode.moments`. */
export function momentColumn(part: MomentPart, place: number): string {
  return `__ev_q${part}${place}`;
}

/** The parts that are kept, in order. */
export function momentParts({ kind, y }: GroupMoments): readonly MomentPart[] {
  if (kind === 'exact') return y === null ? ['n', 'x', 'xx'] : ['n', 'x', 'xx', 'y', 'yy', 'xy'];
  return y === null ? ['n', 'x', 'xx', 'ex'] : ['n', 'x', 'xx', 'ex', 'y', 'yy', 'ey', 'xy'];
}
