import { drawBlocks, runningSums, sumOfBlocks } from './stationary-bootstrap.ts';

/** One quantity of one policy: by seed, a value for each bin of a time grid. */
export type SeedSeries = readonly Float64Array[];

export type ResampleOptions = {
  readonly random: () => number;
  readonly resamples: number;
  /** Mean length of a block, in bins. */
  readonly blockLength: number;
};

/**
 * Totals over histories that could have been: blocks of time put together anew, and seeds drawn with replacement. All
 * series see the same blocks and seeds in each (they are paired), so that what all have in common falls out of their
 * differences. They are set apart from what was seen by so much more as few blocks tell less: see `spreadOf`.
 * @param series at least one, each with the same number of seeds and bins
 * @returns for each series so many totals, means over its seeds
 */
export function resampleTotals(
  series: readonly SeedSeries[],
  { random, resamples, blockLength }: ResampleOptions,
): readonly Float64Array[] {
  const sums = series.map((seeds) => seeds.map(runningSums));
  const seedCount = series[0]?.length ?? 0;
  const bins = series[0]?.[0]?.length ?? 0;
  const seen = sums.map((ofSeeds) => ofSeeds.reduce((sum, one) => sum + (one[bins] ?? 0), 0) / seedCount);
  const spread = spreadOf(bins / blockLength);
  const totals = series.map(() => new Float64Array(resamples));
  for (let draw = 0; draw < resamples; draw++) {
    const blocks = drawBlocks(random, bins, blockLength);
    const drawnSeeds = Array.from({ length: seedCount }, () => Math.floor(random() * seedCount));
    for (const [place, ofSeeds] of sums.entries()) {
      let total = 0;
      for (const seed of drawnSeeds) {
        const ofSeed = ofSeeds[seed];
        if (ofSeed !== undefined) total += sumOfBlocks(ofSeed, blocks);
      }
      const drawn = totals[place];
      const of = seen[place] ?? 0;
      if (drawn !== undefined) drawn[draw] = of + spread * (total / seedCount - of);
    }
  }
  return totals;
}

/** The normal distribution's 97.5 % quantile. */
const z = 1.959964;

/**
 * With m blocks the draws vary about their own mean, whose variance is (m − 1)/m of the true one, and the deviations
 * follow Student's T of m − 1 degrees of freedom more nearly than the normal distribution. So they are stretched by
 * √(m/(m − 1)) · t/z at 95 %, where t/z ≈ 1 + (z² + 1)/4ν (Abramowitz & Stegun 26.7.5). Of series whose neighbours are
 * very much alike, such intervals still hold the truth less often than they say.
 */
function spreadOf(blocks: number): number {
  const freedom = Math.max(1, blocks - 1);
  return Math.sqrt((freedom + 1) / freedom) * (1 + (z * z + 1) / (4 * freedom));
}

/** Mean over seeds. */
export function meanSeries(seeds: SeedSeries): Float64Array {
  const mean = new Float64Array(seeds[0]?.length ?? 0);
  for (const series of seeds) {
    for (let bin = 0; bin < mean.length; bin++)
      mean[bin] = (mean[bin] ?? 0) + (series[bin] ?? 0) / seeds.length;
  }
  return mean;
}
