/** The upper median of the finite ones; NaN: there are none. */
export function middle(values: readonly number[]): number {
  const ordered = values.filter(Number.isFinite).sort((a, b) => a - b);
  return ordered[ordered.length >> 1] ?? Number.NaN;
}
