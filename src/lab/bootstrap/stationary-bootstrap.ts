/** Stretches of a history, one after the other, that make another one of the same length. */
export type Blocks = { readonly starts: Int32Array; readonly lengths: Int32Array };

/**
 * One history of the stationary bootstrap (Politis & Romano 1994, doi:10.1080/01621459.1994.10476870): blocks that begin
 * anywhere and whose lengths are geometric; after the last step comes the first, so that every step is as likely. Unlike
 * blocks of one length (Künsch 1989) it does not depend on where blocks begin.
 */
export function drawBlocks(random: () => number, steps: number, meanLength: number): Blocks {
  const starts: number[] = [];
  const lengths: number[] = [];
  const logGoOn = Math.log1p(-1 / Math.max(1, meanLength));
  for (let left = steps; left > 0; ) {
    starts.push(Math.floor(random() * steps));
    // mean length 1: log 0 is −∞, and every block is one step
    const length = Math.min(left, 1 + Math.floor(Math.log(1 - random()) / logGoOn));
    lengths.push(length);
    left -= length;
  }
  return { starts: Int32Array.from(starts), lengths: Int32Array.from(lengths) };
}

/** Sums of what came before each step, and of all: what `sumOfBlocks` takes. */
export function runningSums(series: Float64Array): Float64Array {
  const sums = new Float64Array(series.length + 1);
  for (let at = 0; at < series.length; at++) sums[at + 1] = (sums[at] ?? 0) + (series[at] ?? 0);
  return sums;
}

/** Sum of a series over the blocks, in time of the number of blocks. */
export function sumOfBlocks(sums: Float64Array, { starts, lengths }: Blocks): number {
  const steps = sums.length - 1;
  const whole = sums[steps] ?? 0;
  let total = 0;
  for (let block = 0; block < starts.length; block++) {
    const start = starts[block] ?? 0;
    const end = start + (lengths[block] ?? 0);
    total += (end <= steps ? (sums[end] ?? 0) : whole + (sums[end - steps] ?? 0)) - (sums[start] ?? 0);
  }
  return total;
}
