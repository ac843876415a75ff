/**
 * Risk of the `look`-th test (from 1) of a series without end: risk / (look · (look + 1)). All shares add up to `risk`, so
 * by Bonferroni's inequality the chance of any false alarm is no more, however many looks there are and however they
 * overlap.
 */
export function riskOfLook(risk: number, look: number): number {
  return risk / (look * (look + 1));
}
