/**
 * A sample of a column's distinct values that is the same for the same values: those whose hash is below a bound. Two
 * columns are compared below the lower of their bounds, and samples of parts make that of the whole.
 */
export type ValueSketch = {
  /** Of hashes from 0 to 2³². */
  readonly below: number;
  readonly hashes: readonly number[];
};

/** Values that are kept of a column, about. */
const kept = 48;

/** The bound for a column of so many distinct values. */
export function sketchBound(distinct: number): number {
  return Math.ceil(2 ** 32 * Math.min(1, kept / Math.max(1, distinct)));
}

/** @param hashes of 32 bits, each distinct value once */
export function sketchOf(hashes: readonly number[]): ValueSketch {
  const below = sketchBound(hashes.length);
  return { below, hashes: hashes.map((hash) => hash >>> 0).filter((hash) => hash < below) };
}

export function mergeSketches(a: ValueSketch, b: ValueSketch): ValueSketch {
  const below = Math.min(a.below, b.below);
  const both = [...new Set([...a.hashes, ...b.hashes])].filter((hash) => hash < below);
  return { below, hashes: both };
}

/** Of the values of `now` that can be compared, how many `before` has too. */
export function sharedValues(now: ValueSketch, before: ValueSketch): { shared: number; of: number } {
  const below = Math.min(now.below, before.below);
  const known = new Set(before.hashes);
  let shared = 0;
  let of = 0;
  for (const hash of now.hashes) {
    if (hash >= below) continue;
    of += 1;
    if (known.has(hash)) shared += 1;
  }
  return { shared, of };
}
