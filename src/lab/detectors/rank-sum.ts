/**
 * One-sided Wilcoxon–Mann–Whitney test: whether `current` tends to be above `reference`. Ties have their mean rank.
 *
 * Where nothing changed, the ranks of `current` are m drawn without replacement from all N. The p-value is Chernoff's
 * bound of their sum under drawing *with* replacement, which is no smaller (Hoeffding 1963, theorem 4):
 * min over λ of exp(−λ s)·(mean of e^{λ r})^m. So it holds at every level and for every pattern of ties, zero-one losses
 * of rare errors too, where the usual normal approximation gives ten times the alarms that it states.
 *
 * @param reference without NaN, as is `current`; neither empty
 * @returns an upper bound of the p-value
 */
export function rankSumPValue(reference: ArrayLike<number>, current: ArrayLike<number>): number {
  const scores = midRanks(reference, current);
  // All scores add up to 0, so both samples tell the same; of the smaller one the bound is closer.
  const sum = scores.subarray(reference.length).reduce((all, score) => all + score, 0);
  if (current.length <= reference.length) return drawBound(scores, current.length, sum);
  return drawBound(
    scores.map((score) => -score),
    reference.length,
    sum,
  );
}

/** Mean ranks of both, less their mean and over the number of rows: from −1/2 to 1/2, adding up to 0. */
function midRanks(reference: ArrayLike<number>, current: ArrayLike<number>): Float64Array {
  const values = Float64Array.from([...Array.from(reference), ...Array.from(current)]);
  const order = Uint32Array.from(values.keys()).sort((a, b) => (values[a] ?? 0) - (values[b] ?? 0));
  const scores = new Float64Array(values.length);
  for (let from = 0; from < order.length; ) {
    const value = values[order[from] ?? 0];
    let to = from + 1;
    while (to < order.length && values[order[to] ?? 0] === value) to++;
    const score = ((from + to) / 2 - values.length / 2) / values.length;
    for (let place = from; place < to; place++) scores[order[place] ?? 0] = score;
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
    if (Math.abs(slope) < 1e-9 || curvature < 1e-12) break;
    lambda = Math.min(lambda - slope / curvature, lambda + 20);
    if (lambda <= 0 || lambda > 500) break;
  }
  return Math.exp(best);
}
