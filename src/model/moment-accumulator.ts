import { EverviewError } from '../core/errors.ts';
import type { ColumnBatch } from '../core/session.ts';
import { twoSum } from './double-double.ts';
import type { FeaturePlan } from './feature-plan.ts';
import { blockRows, largestMagnitude, MomentBlock } from './moment-block.ts';
import { type Gram, gramOf, type Precision } from './moment-kernel.ts';
import type { OnnxRuntime } from './onnx-runtime.ts';
import {
  addTo,
  copyWithLevels,
  denseSize,
  emptyState,
  type Frame,
  type Levels,
  levelCount,
  type PairedSums,
  pairedSums,
  type SumsState,
  type Tally,
} from './sums-state.ts';

/** The first `rows` rows of a source are summed with this precision, what is beyond them by plain products. */
export type Precisely = { readonly precision: Precision; readonly rows: number };

/** Sums the rows of sources into states of one frame and one set of levels, block by block. */
export class MomentAccumulator {
  readonly #runtime: OnnxRuntime;
  readonly #plan: FeaturePlan;
  readonly #frame: Frame;
  readonly #levels: readonly Levels[];
  readonly #levelOffsets: readonly number[];
  readonly #block: MomentBlock;
  #state: SumsState;
  #precisely: Precisely = { precision: 'plain', rows: 0 };

  /** @param mostRows that a source has */
  constructor(
    runtime: OnnxRuntime,
    plan: FeaturePlan,
    frame: Frame,
    levels: readonly Levels[],
    mostRows: number = Number.POSITIVE_INFINITY,
  ) {
    this.#runtime = runtime;
    this.#plan = plan;
    this.#frame = frame;
    this.#levels = levels;
    this.#levelOffsets = offsetsOf(levels);
    this.#block = new MomentBlock(plan, frame, mostRows);
    this.#state = this.#empty();
  }

  #empty(): SumsState {
    return copyWithLevels(emptyState(this.#plan, this.#frame), this.#levels);
  }

  /** The sums over all rows of the batches, and how many rows came. */
  async sum(
    batches: AsyncIterable<ColumnBatch>,
    precisely: Precisely,
  ): Promise<{ state: SumsState; rows: number }> {
    this.#state = this.#empty();
    this.#block.clear();
    this.#precisely = precisely;
    let rows = 0;
    for await (const batch of batches) {
      rows += batch.rowCount;
      for (let from = 0; from < batch.rowCount; ) {
        from += this.#block.take(batch, from, this.#levelOffsets);
        if (this.#block.isFull) await this.#sumBlock();
      }
    }
    if (this.#block.rows > 0) await this.#sumBlock();
    return { state: this.#state, rows };
  }

  async #sumBlock(): Promise<void> {
    const { rows } = this.#precisely;
    const precision = rows > 0 ? this.#precisely.precision : 'plain';
    this.#precisely = { precision, rows: rows - blockRows };
    const gram = () => gramOf(this.#runtime, precision, this.#block.matrix(), this.#block.pivots());
    let moments = await gram();
    if (!this.#isTame(moments.gram)) {
      this.#block.excludeNonFinite();
      moments = await gram();
    }
    this.#addDense(moments, precision);
    this.#addLevels(precision);
    if (this.#state.tally !== null) this.#count(this.#state.tally);
    this.#block.clear();
  }

  /** False when a number in the block may be NaN, infinite or beyond `largestMagnitude`: its square tells. */
  #isTame(gram: Float64Array): boolean {
    const height = this.#block.entries().length;
    return this.#frame.pivot.every(
      (_, measure) => (gram[(measure + 1) * (height + 1)] ?? 0) <= (largestMagnitude / 10) ** 2,
    );
  }

  /** What a row of the block's matrix is multiplied by to be in units of z: exact, because a power of two. */
  #units(entries: readonly number[]): number[] {
    return entries.map((entry) => 1 / (this.#frame.scale[entry - 1] ?? 1));
  }

  #addDense({ gram, rests }: Gram, precision: Precision): void {
    const entries = this.#block.entries();
    const units = this.#units(entries);
    const size = denseSize(this.#plan.measured.length);
    const { dense, budget } = this.#state;
    entries.forEach((entry, row) => {
      entries.forEach((other, column) => {
        const index = entry * size + other;
        const at = row * entries.length + column;
        const unit = (units[row] ?? 1) * (units[column] ?? 1);
        addTo(dense, index, (gram[at] ?? 0) * unit);
        for (const rest of rests) addTo(dense, index, (rest[at] ?? 0) * unit);
      });
    });
    const isWeighed = this.#plan.weighting !== null;
    if (precision === 'fine' && !isWeighed) return;
    const spent = precision === 'plain' || isWeighed ? budget.rounded : budget.exact;
    for (let measure = 0; measure < spent.length; measure++) {
      // sums of 0 and 1 do not round
      if (this.#plan.measured[measure]?.kind === 'boolean' && !isWeighed) continue;
      const squares = gram[(measure + 1) * (entries.length + 1)] ?? 0;
      spent[measure] = (spent[measure] ?? 0) + squares * (units[measure + 1] ?? 1) ** 2;
    }
  }

  /** Rows that weigh nothing were taken out, or never came. */
  #count(tally: Tally): void {
    const roots = this.#block.row(0);
    const counted = (values: Float64Array) =>
      values.reduce((count, value) => count + (value === 0 ? 0 : 1), 0);
    tally.rows += counted(roots);
    const first = this.#plan.measured.length + 2;
    this.#block.entries().forEach((entry, position) => {
      if (entry < first) return;
      tally.missing[entry - first] = (tally.missing[entry - first] ?? 0) + counted(this.#block.row(position));
    });
    for (const feature of this.#levels.keys()) {
      this.#block.codes(feature).forEach((code, row) => {
        if (roots[row] !== 0) tally.levels[code] = (tally.levels[code] ?? 0) + 1;
      });
    }
  }

  #addLevels(precision: Precision): void {
    const total = levelCount(this.#levels);
    if (total === 0) return;
    const entries = this.#block.entries();
    const units = this.#units(entries);
    const pivots = this.#block.pivots().data;
    const size = denseSize(this.#plan.measured.length);
    const { grouped } = this.#state;
    entries.forEach((entry, position) => {
      const sums = this.#levelSums(this.#block.row(position), pivots[position] ?? 0, total, precision);
      const unit = units[position] ?? 1;
      for (let level = 0; level < total; level++) {
        const value = sums.high[level] ?? 0;
        if (value !== 0) addTo(grouped, level * size + entry, value * unit);
        if (precision !== 'plain') addTo(grouped, level * size + entry, (sums.low[level] ?? 0) * unit);
      }
    });
    this.#countTogether(total);
  }

  /** Sums per level of one row of the block's matrix, less its pivot. */
  #levelSums(values: Float64Array, pivot: number, total: number, precision: Precision): PairedSums {
    const sums = pairedSums(total);
    const roots = this.#plan.weighting === null ? null : this.#block.row(0);
    for (const feature of this.#levels.keys()) {
      const codes = this.#block.codes(feature);
      if (roots !== null) {
        for (let i = 0; i < values.length; i++)
          addTo(sums, codes[i] ?? 0, (values[i] ?? 0) * (roots[i] ?? 0));
        continue;
      }
      if (precision !== 'plain') {
        for (let i = 0; i < values.length; i++) addTo(sums, codes[i] ?? 0, (values[i] ?? 0) - pivot);
      }
      if (precision === 'fine') {
        for (let i = 0; i < values.length; i++) {
          addTo(sums, codes[i] ?? 0, twoSum(values[i] ?? 0, -pivot)[1]);
        }
      }
      if (precision === 'plain') {
        const { high } = sums;
        for (let i = 0; i < values.length; i++) {
          const code = codes[i] ?? 0;
          high[code] = (high[code] ?? 0) + ((values[i] ?? 0) - pivot);
        }
      }
    }
    return sums;
  }

  #countTogether(total: number): void {
    const { together } = this.#state;
    const counted = this.#block.row(0);
    const codes = this.#levels.map((_, feature) => this.#block.codes(feature));
    codes.forEach((first, feature) => {
      for (const second of codes.slice(feature)) {
        for (let i = 0; i < counted.length; i++) {
          const index = (first[i] ?? 0) * total + (second[i] ?? 0);
          together[index] = (together[index] ?? 0) + (counted[i] ?? 0) ** 2;
        }
      }
    });
  }
}

function offsetsOf(levels: readonly Levels[]): number[] {
  let offset = 0;
  const offsets = levels.map((some) => {
    const first = offset;
    offset += some.length;
    return first;
  });
  return [...offsets, offset];
}

/** @throws EverviewError when the categories have too many levels for a dense solve. */
export function assertSolvable(plan: FeaturePlan, levels: readonly Levels[], largest: number): void {
  const total = levelCount(levels);
  if (total <= largest) return;
  const most = plan.categorical
    .map((feature, index) => ({ name: feature.name, count: levels[index]?.length ?? 0 }))
    .reduce((a, b) => (b.count > a.count ? b : a));
  throw new EverviewError(
    'unsupported',
    `model "${plan.model}" has more than ${largest} category levels, most of them in "${most.name}"`,
    { hint: `leave "${most.name}" out, or group its rare values in the training set's SELECT` },
  );
}
