/**
 * P(T ≤ t) for Student's T with a whole number of degrees of freedom: the finite sums of Abramowitz and Stegun,
 * "Handbook of mathematical functions", 26.7.3 (odd) and 26.7.4 (even).
 */
export function studentProbability(t: number, freedom: number): number {
  const angle = Math.atan(t / Math.sqrt(freedom));
  const [sine, cosine] = [Math.sin(angle), Math.cos(angle)];
  const odd = freedom % 2 === 1;
  let term = odd ? cosine : 1;
  let sum = freedom === 1 ? 0 : term;
  for (let step = odd ? 3 : 2; step <= freedom - 2; step += 2) {
    term *= (cosine * cosine * (step - 1)) / step;
    sum += term;
  }
  const between = odd ? (2 / Math.PI) * (angle + sine * sum) : sine * sum;
  return (1 + between) / 2;
}

/** The t with P(T > t) = `tail`, by bisection. @param tail in (0, ½] */
export function studentQuantile(tail: number, freedom: number): number {
  let [low, high] = [0, 1];
  while (1 - studentProbability(high, freedom) > tail && high < 1e9) high *= 2;
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if (1 - studentProbability(middle, freedom) > tail) low = middle;
    else high = middle;
  }
  return high;
}
