/** One way of doing a job. `prepare` is not timed. */
export type Contender = {
  readonly name: string;
  readonly prepare?: () => Promise<unknown>;
  readonly run: () => Promise<unknown>;
  /** What the last run took, where the work is another process's and that has a clock nearer to it. */
  readonly ownMs?: () => number;
};

/** Milliseconds: median and quartiles over the rounds. */
export type Spread = { readonly low: number; readonly median: number; readonly high: number };

/** One number per round: elapsed time, and processor time of all threads of this process; none of others' work. */
export type Measured = {
  readonly name: string;
  readonly wallMs: readonly number[];
  readonly cpuMs: readonly number[];
};

/**
 * Every contender once in each round, so that what else the machine does meets all of them alike. One more round
 * comes first and is not counted.
 */
export async function measureRounds(contenders: readonly Contender[], rounds: number): Promise<Measured[]> {
  const samples = contenders.map(({ name }) => ({ name, wallMs: [] as number[], cpuMs: [] as number[] }));
  for (let round = -1; round < rounds; round++) {
    for (const [index, contender] of contenders.entries()) {
      await contender.prepare?.();
      const cpuBefore = process.cpuUsage();
      const from = performance.now();
      await contender.run();
      const wallMs = contender.ownMs?.() ?? performance.now() - from;
      const { user, system } = process.cpuUsage(cpuBefore);
      if (round < 0) continue;
      samples[index]?.wallMs.push(wallMs);
      if (contender.ownMs === undefined) samples[index]?.cpuMs.push((user + system) / 1_000);
    }
  }
  return samples;
}

/** The median over the rounds of what one took, relative to the other in the same round. */
export function ratioOf(one: Measured, other: Measured, unit: 'wallMs' | 'cpuMs' = 'wallMs'): number {
  return spreadOf(one[unit].map((time, round) => time / (other[unit][round] ?? Number.NaN))).median;
}

export function spreadOf(values: readonly number[]): Spread {
  const sorted = values.toSorted((a, b) => a - b);
  return { low: quantile(sorted, 0.25), median: quantile(sorted, 0.5), high: quantile(sorted, 0.75) };
}

function quantile(sorted: readonly number[], share: number): number {
  const place = (sorted.length - 1) * share;
  const below = sorted[Math.floor(place)] ?? Number.NaN;
  const above = sorted[Math.ceil(place)] ?? Number.NaN;
  return below + (above - below) * (place - Math.floor(place));
}
