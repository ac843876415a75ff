/** Linear between order statistics (type 7 of Hyndman & Fan 1996). @param sorted ascending, at least one */
export function quantileOf(sorted: Float64Array, share: number): number {
  const place = share * (sorted.length - 1);
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (place - Math.floor(place)) * (above - below);
}

export type Interval = { readonly lower: number; readonly upper: number };

/** The middle part of what was drawn that holds so much of it. */
export function intervalOf(drawn: Float64Array, confidence: number): Interval {
  const sorted = drawn.slice().sort();
  const tail = (1 - confidence) / 2;
  return { lower: quantileOf(sorted, tail), upper: quantileOf(sorted, 1 - tail) };
}
