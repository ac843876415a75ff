/** What is wanted little of, both. */
export type TradeOff = { readonly seconds: number; readonly loss: number };

/** Those for which no other has less of the one and no more of the other. */
export function paretoFront<Point extends TradeOff>(points: readonly Point[]): readonly Point[] {
  return points.filter((point) => !points.some((other) => dominates(other, point)));
}

function dominates(one: TradeOff, other: TradeOff): boolean {
  const isNoWorse = one.seconds <= other.seconds && one.loss <= other.loss;
  return isNoWorse && (one.seconds < other.seconds || one.loss < other.loss);
}
