import type { ColumnBatch } from '../../core/session.ts';
import type { FeaturePlan } from '../feature-plan.ts';
import { largestMagnitude, MomentBlock } from '../moment-block.ts';
import type { Frame, Levels } from '../sums-state.ts';

/**
 * Rows as the loss and the products take them. `z` holds one line per entry of `columns` (the places of dense columns
 * in the state's vector v: 1, z of the measured features, indicators of features with a missing value in the block);
 * `codes` the places of the rows' levels in v, feature after feature.
 */
export type DesignRows = {
  readonly rows: number;
  readonly columns: readonly number[];
  readonly z: Float64Array;
  readonly codes: readonly Int32Array[];
  readonly labels: Float64Array;
  /** 0: the row does not train. */
  readonly weights: Float64Array;
  /** |(z, missing)|² per row. */
  readonly norms: Float64Array;
  readonly moments: BlockMoments;
};

/** Per measured feature over the rows of weight above 0 where it is present. */
export type BlockMoments = {
  readonly sums: Float64Array;
  readonly squares: Float64Array;
  readonly low: Float64Array;
  readonly high: Float64Array;
};

/** Cuts a source into blocks of `blockRows` rows whatever the batches' borders, in the state's coordinates. */
export class DesignBlock {
  readonly #plan: FeaturePlan;
  readonly #frame: Frame;
  readonly #block: MomentBlock;
  readonly #levelOffsets: readonly number[];
  readonly #reuse: boolean;
  #buffer = new Float64Array(0);

  /**
   * @param frame of the measured features; labels are read as they are
   * @param reuse true: a block is overwritten by the next one
   */
  constructor(plan: FeaturePlan, frame: Frame, levels: readonly Levels[], reuse: boolean) {
    this.#plan = plan;
    this.#frame = frame;
    this.#reuse = reuse;
    this.#block = new MomentBlock(plan, {
      pivot: Float64Array.of(...frame.pivot, 0),
      scale: Float64Array.of(...frame.scale, 1),
    });
    this.#levelOffsets = levelOffsets(1 + 2 * plan.measured.length, levels);
  }

  /** The blocks of the rows of all batches. */
  async *blocks(batches: AsyncIterable<ColumnBatch>): AsyncIterable<DesignRows> {
    this.#block.clear();
    for await (const batch of batches) {
      for (let from = 0; from < batch.rowCount; ) {
        from += this.#block.take(batch, from, this.#levelOffsets);
        if (this.#block.isFull) yield this.#cut();
      }
    }
    if (this.#block.rows > 0) yield this.#cut();
  }

  #cut(): DesignRows {
    const design = this.#transformed() ?? this.#tamed();
    this.#block.clear();
    return design;
  }

  #tamed(): DesignRows {
    this.#block.excludeNonFinite();
    const design = this.#transformed();
    if (design === null) throw new RangeError('a block holds numbers that were taken out of it');
    return design;
  }

  /** Null when a number in the block is NaN, infinite or beyond `largestMagnitude`. */
  #transformed(): DesignRows | null {
    const measured = this.#plan.measured.length;
    const rows = this.#block.rows;
    const entries = this.#block.entries();
    // entry 0 is the ones, measured + 1 the label, then come the indicators
    const missing = entries.slice(measured + 2).map((entry) => entry - 1);
    const columns = [...Array.from({ length: measured + 1 }, (_, column) => column), ...missing];
    const z = this.#space(columns.length * rows);
    z.fill(1, 0, rows);
    const [weights, labels] = [this.#kept(this.#block.row(0)), this.#kept(this.#block.row(measured + 1))];
    if (!labels.every((label) => Math.abs(label) <= largestMagnitude)) return null;
    const norms = new Float64Array(rows);
    missing.forEach((_, slot) => {
      const line = this.#block.row(measured + 2 + slot);
      z.set(line, (measured + 1 + slot) * rows);
      for (let i = 0; i < rows; i++) norms[i] = (norms[i] ?? 0) + (line[i] ?? 0);
    });
    const moments = emptyMoments(measured);
    const isWhole = weights.every((weight) => weight !== 0);
    for (let feature = 0; feature < measured; feature++) {
      const line = z.subarray((feature + 1) * rows, (feature + 2) * rows);
      if (!this.#transformLine(feature, line, norms, moments)) return null;
      const slot = missing.indexOf(1 + measured + feature);
      if (isWhole && slot < 0) continue;
      partialMoments(moments, feature, line, weights, slot < 0 ? null : this.#block.row(measured + 2 + slot));
    }
    const codes = this.#plan.categorical.map((_, feature) => this.#kept(this.#block.codes(feature)));
    return { rows, columns, z, codes, labels, weights, norms, moments };
  }

  /** z of a feature, its moments over all rows of the block, and its part of the norms; false: not tame. */
  #transformLine(feature: number, line: Float64Array, norms: Float64Array, moments: BlockMoments): boolean {
    const values = this.#block.row(feature + 1);
    const pivot = this.#frame.pivot[feature] ?? 0;
    // a power of two: multiplying by it is exact
    const unit = 1 / (this.#frame.scale[feature] ?? 1);
    let [sum, squares, low, high] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
    for (let i = 0; i < line.length; i++) {
      const z = ((values[i] ?? 0) - pivot) * unit;
      const square = z * z;
      line[i] = z;
      norms[i] = (norms[i] ?? 0) + square;
      sum += z;
      squares += square;
      if (z < low) low = z;
      if (z > high) high = z;
    }
    moments.sums[feature] = sum;
    moments.squares[feature] = squares;
    moments.low[feature] = low;
    moments.high[feature] = high;
    const most = Math.max(Math.abs(low / unit + pivot), Math.abs(high / unit + pivot));
    // a NaN passes both comparisons, but not the sum
    return !Number.isNaN(sum) && most <= largestMagnitude;
  }

  /** The values, or where the next block would overwrite what is kept, a copy of them. */
  #kept<T extends Float64Array | Int32Array>(values: T): T;
  #kept(values: Float64Array | Int32Array): Float64Array | Int32Array {
    return this.#reuse ? values : values.slice();
  }

  #space(length: number): Float64Array {
    if (!this.#reuse) return new Float64Array(length);
    if (this.#buffer.length < length) this.#buffer = new Float64Array(length);
    return this.#buffer.subarray(0, length);
  }
}

/** The moments of a feature over the rows that train and have it. */
function partialMoments(
  moments: BlockMoments,
  feature: number,
  line: Float64Array,
  weights: Float64Array,
  absent: Float64Array | null,
): void {
  let [sum, squares, low, high] = [0, 0, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (let i = 0; i < line.length; i++) {
    if (weights[i] === 0 || (absent !== null && absent[i] === 1)) continue;
    const z = line[i] ?? 0;
    sum += z;
    squares += z * z;
    low = Math.min(low, z);
    high = Math.max(high, z);
  }
  moments.sums[feature] = sum;
  moments.squares[feature] = squares;
  moments.low[feature] = low;
  moments.high[feature] = high;
}

function emptyMoments(measured: number): BlockMoments {
  return {
    sums: new Float64Array(measured),
    squares: new Float64Array(measured),
    low: new Float64Array(measured),
    high: new Float64Array(measured),
  };
}

/** First places in v of each feature's levels, and the end. */
function levelOffsets(first: number, levels: readonly Levels[]): number[] {
  let offset = first;
  const offsets = levels.map((some) => {
    const start = offset;
    offset += some.length;
    return start;
  });
  return [...offsets, offset];
}
