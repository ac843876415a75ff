/**
 * One-sided Wilcoxon–Mann–Whitney test: whether `current` tends to be above `reference`. Ties have their mean rank.
 *
 * Where nothing changed, the ranks of `current` are m drawn without replacement from all N. The p-value is Chernoff's
 * bound of their sum under drawing *with* replacement, which is no smaller (Hoeffding 1963, theorem 4):
 * min over λ of exp(−λ s)·(mean of e^{λ r})^m. So it holds at every level and for every pattern of ties, zero-one losses
 * of rare errors too, where the normal approximation is off (seven times what it states for 10 errors in 1,000 rows at
 * 1e-5).
 *
 * @param reference without NaN, as is `current`; neither empty
 * @returns an upper bound of the p-value
 */
export function rankSumPValue(reference: readonly number[], current: readonly number[]): number {
  const values = Float64Array.from([...reference, ...current]).sort();
  const scores = centredRanks(values);
  let sum = 0;
  let place = 0;
  for (const value of Float64Array.from(current).sort()) {
    while ((values[place] ?? value) < value) place++;
    sum += scores[place] ?? 0;
  }
  // All scores add up to 0, so both samples tell the same; of the smaller one the bound is closer.
  if (current.length <= reference.length) return drawBound(scores, current.length, sum);
  return drawBound(
    scores.map((score) => -score),
    reference.length,
    sum,
  );
}

/** Mean ranks less their mean, over the number of rows: from −1/2 to 1/2, adding up to 0. */
function centredRanks(sorted: Float64Array): Float64Array {
  const scores = new Float64Array(sorted.length);
  for (let from = 0; from < sorted.length; ) {
    let to = from + 1;
    while (to < sorted.length && sorted[to] === sorted[from]) to++;
    scores.fill(((from + to) / 2 - sorted.length / 2) / sorted.length, from, to);
    from = to;
  }
  return scores;
}

/** Any λ gives a bound; Newton's steps on its logarithm, which is convex, find nearly the best. */
function drawBound(scores: Float64Array, draws: number, sum: number): number {
  const mean = sum / draws;
  if (mean <= 0) return 1;
  let lambda = 0;
  let best = 0;
  for (let step = 0; step < 20; step++) {
    let weight = 0;
    let first = 0;
    let second = 0;
    for (const score of scores) {
      const tilted = Math.exp(lambda * score);
      weight += tilted;
      first += tilted * score;
      second += tilted * score * score;
    }
    best = Math.min(best, draws * (Math.log(weight / scores.length) - lambda * mean));
    const slope = first / weight - mean;
    const curvature = second / weight - (first / weight) ** 2;
    if (Math.abs(slope) < 1e-6 || curvature < 1e-12) break;
    lambda = Math.min(lambda - slope / curvature, lambda + 20);
    if (lambda <= 0 || lambda > 500) break;
  }
  return Math.exp(best);
}
