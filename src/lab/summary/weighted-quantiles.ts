import type { Quantiles } from '../policy-summary.ts';

export type Weighted = { readonly value: number; readonly weight: number };

/** The least value that so much of the weight is at or below. Null: nothing weighs anything. */
export function weightedQuantiles(values: readonly Weighted[]): Quantiles | null {
  const sorted = values.filter(({ weight }) => weight > 0).sort((one, other) => one.value - other.value);
  const last = sorted.at(-1);
  if (last === undefined) return null;
  const total = sorted.reduce((sum, { weight }) => sum + weight, 0);
  const at = (share: number): number => {
    let below = 0;
    // A sum of weights that are not whole may miss its share by rounding
    const wanted = share * total * (1 - 1e-12);
    for (const { value, weight } of sorted) {
      below += weight;
      if (below >= wanted) return value;
    }
    return last.value;
  };
  return { median: at(0.5), p90: at(0.9), max: last.value };
}
