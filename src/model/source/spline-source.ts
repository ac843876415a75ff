/** One column of a spline basis. */
export type SplineBasis =
  | { readonly shape: 'linear'; readonly knot: number }
  | { readonly shape: 'cubic'; readonly knots: readonly number[]; readonly term: number };

/** `linear`: one column a knot. `cubic`: restricted to be linear outside the knots, two columns less than knots. */
export function splineBases(shape: 'linear' | 'cubic', knots: readonly number[]): readonly SplineBasis[] {
  return shape === 'linear'
    ? knots.map((knot) => ({ shape, knot }))
    : knots.slice(0, -2).map((_, term) => ({ shape, knots, term }));
}

/**
 * A weighted sum of truncated powers: Σ factor·max(0, x − knot)^power. The cubic basis is Harrell's restricted one
 * (Regression Modeling Strategies, 2015, eq. 2.25), for knots t₁ < … < t_k:
 * (x−t_j)₊³ − (x−t_{k−1})₊³·(t_k−t_j)/(t_k−t_{k−1}) + (x−t_k)₊³·(t_{k−1}−t_j)/(t_k−t_{k−1}), over (t_k−t₁)².
 */
export function truncatedPowers(
  basis: SplineBasis,
): readonly { factor: number; knot: number; power: 1 | 3 }[] {
  if (basis.shape === 'linear') return [{ factor: 1, knot: basis.knot, power: 1 }];
  const { knots, term } = basis;
  const [first = 0] = knots;
  const last = knots.at(-1) ?? 0;
  const before = knots.at(-2) ?? 0;
  const knot = knots[term] ?? 0;
  const norm = 1 / (last - first) ** 2;
  return [
    { factor: norm, knot, power: 3 },
    { factor: (-norm * (last - knot)) / (last - before), knot: before, power: 3 },
    { factor: (norm * (before - knot)) / (last - before), knot: last, power: 3 },
  ];
}

/** DOUBLE. */
export function splineSql(basis: SplineBasis, value: string): string {
  const terms = truncatedPowers(basis).map(({ factor, knot, power }) => {
    const beyond = `CASE WHEN ${value} > ${literal(knot)} THEN ${value} - ${literal(knot)} WHEN ${value} IS NOT NULL THEN 0e0 END`;
    const raised = power === 1 ? `(${beyond})` : `(${beyond}) * (${beyond}) * (${beyond})`;
    return factor === 1 ? raised : `${literal(factor)} * ${raised}`;
  });
  return `(${terms.join(' + ')})`;
}

export function splineValue(basis: SplineBasis, x: number): number {
  return truncatedPowers(basis).reduce((sum, { factor, knot, power }) => {
    const beyond = Math.max(0, x - knot);
    return sum + factor * (power === 1 ? beyond : beyond * beyond * beyond);
  }, 0);
}

function literal(value: number): string {
  return `(${value.toExponential()})`;
}
