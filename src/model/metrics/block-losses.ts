import type { PairedMetric } from '../../core/metric.ts';
import { ExactSums } from './exact-sums.ts';

/**
 * Parts of equal length in time that a window is cut into for the paired test. Between 10 and 30 serve: fewer leave
 * too few degrees of freedom, more are no longer independent of each other (Schmeiser 1982, doi:10.1287/opre.30.3.556).
 */
export const blockCount = 20;

/** Sums of the losses of two models over the same rows, block by block in time. */
export type PairedLosses = {
  /** By block. */
  readonly rows: readonly number[];
  readonly losses: { readonly [M in PairedMetric]?: PairedSums };
};

/** By block. */
export type PairedSums = { readonly candidate: readonly number[]; readonly current: readonly number[] };

/** Adds up losses of each contender by block; their totals come of the same sums. */
export class BlockLosses {
  readonly #metrics: readonly PairedMetric[];
  readonly #rows = new Float64Array(blockCount);
  /** By contender, metric and block. */
  readonly #sums: ExactSums;
  readonly #contenders: number;

  constructor(metrics: readonly PairedMetric[], contenders: number) {
    this.#metrics = metrics;
    this.#contenders = contenders;
    this.#sums = new ExactSums(contenders * metrics.length * blockCount);
  }

  addRows(block: number, count: number): void {
    this.#rows[block] = (this.#rows[block] ?? 0) + count;
  }

  /**
   * @param metric its place among the metrics
   * @param losses of which the first `count` are meant
   */
  addLosses(contender: number, metric: number, block: number, losses: Float64Array, count: number): void {
    this.#sums.addAll(this.#firstBlock(contender, metric) + block, losses, count);
  }

  #firstBlock(contender: number, metric: number): number {
    return (contender * this.#metrics.length + metric) * blockCount;
  }

  get rows(): number {
    return this.#rows.reduce((sum, rows) => sum + rows, 0);
  }

  /** Over all blocks, rounded once. */
  total(contender: number, metric: number): number {
    return this.#sums.value(this.#firstBlock(contender, metric), blockCount);
  }

  /** Null: only one contender. */
  paired(): PairedLosses | null {
    if (this.#contenders < 2) return null;
    const sums = (contender: number, metric: number) => {
      const first = this.#firstBlock(contender, metric);
      return Array.from({ length: blockCount }, (_, block) => this.#sums.value(first + block));
    };
    const losses = this.#metrics.map((name, metric) => [
      name,
      { candidate: sums(0, metric), current: sums(1, metric) },
    ]);
    return { rows: [...this.#rows], losses: Object.fromEntries(losses) };
  }
}
