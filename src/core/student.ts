import { incompleteBeta } from './incomplete-beta.ts';

/** P(|T| ≥ |t|) for Student's T; the tail itself, so small ones keep their digits. */
export function studentTwoSided(t: number, freedom: number): number {
  return incompleteBeta(freedom / (freedom + t * t), freedom / 2, 0.5);
}

/** The t with P(T > t) = `tail`, by bisection. @param tail in (0, ½] */
export function studentQuantile(tail: number, freedom: number): number {
  let low = 0;
  let high = 1;
  while (studentTwoSided(high, freedom) / 2 > tail && high < 1e9) high *= 2;
  for (let step = 0; step < 80; step++) {
    const middle = (low + high) / 2;
    if (studentTwoSided(middle, freedom) / 2 > tail) low = middle;
    else high = middle;
  }
  return high;
}
