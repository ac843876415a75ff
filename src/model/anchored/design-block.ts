import type { ColumnBatch } from '../../core/session.ts';
import type { FeaturePlan } from '../feature-plan.ts';
import { largestMagnitude, MomentBlock } from '../moment-block.ts';
import type { Frame, Levels } from '../sums-state.ts';
import { type BlockMoments, blockMoments, standardize } from './measured-block.ts';

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
  /** Null: not asked for. */
  readonly moments: BlockMoments | null;
};

export type DesignOptions = {
  /** Whether a block is overwritten by the next one. */
  readonly reuse: boolean;
  /** Whether to say what does not depend on an anchor. */
  readonly moments: boolean;
};

/** Cuts a source into blocks of `blockRows` rows whatever the batches' borders, in the state's coordinates. */
export class DesignBlock {
  readonly #plan: FeaturePlan;
  readonly #frame: Frame;
  readonly #block: MomentBlock;
  readonly #levelOffsets: readonly number[];
  readonly #options: DesignOptions;
  #buffer = new Float64Array(0);

  /** @param frame of the measured features; labels are read as they are */
  constructor(plan: FeaturePlan, frame: Frame, levels: readonly Levels[], options: DesignOptions) {
    this.#plan = plan;
    this.#frame = frame;
    this.#options = options;
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
    let design = this.#transformed();
    if (!design.isTame) {
      this.#block.excludeNonFinite();
      design = this.#transformed();
    }
    this.#block.clear();
    return design.rows;
  }

  /** `isTame`: no number in the block is NaN, infinite or beyond `largestMagnitude`. */
  #transformed(): { rows: DesignRows; isTame: boolean } {
    const features = this.#plan.measured.length;
    const { data } = this.#block.matrix();
    const rows = this.#block.rows;
    // entry 0 is the ones, features + 1 the label, then come the indicators
    const indicators = this.#block.entries().slice(features + 2);
    const columns = [
      ...Array.from({ length: features + 1 }, (_, column) => column),
      ...indicators.map((entry) => entry - 1),
    ];
    const z = this.#space(columns.length * rows);
    z.fill(1, 0, rows);
    const largest = standardize(data.subarray(rows, (features + 1) * rows), z, rows, this.#frame);
    z.set(data.subarray((features + 2) * rows), (features + 1) * rows);
    const weights = this.#kept(this.#block.row(0));
    const labels = this.#kept(this.#block.row(features + 1));
    const isTame = largest <= largestMagnitude && largestOf(labels) <= largestMagnitude;
    const missing = indicators.map((entry) => entry - 2 - features);
    const moments = this.#options.moments ? blockMoments({ z, rows, weights, features, missing }) : null;
    const codes = this.#plan.categorical.map((_, feature) => this.#kept(this.#block.codes(feature)));
    return { rows: { rows, columns, z, codes, labels, weights, moments }, isTame };
  }

  /** The values, or where the next block would overwrite what is kept, a copy of them. */
  #kept<T extends Float64Array | Int32Array>(values: T): T;
  #kept(values: Float64Array | Int32Array): Float64Array | Int32Array {
    return this.#options.reuse ? values : values.slice();
  }

  #space(length: number): Float64Array {
    if (!this.#options.reuse) return new Float64Array(length);
    if (this.#buffer.length < length) this.#buffer = new Float64Array(length);
    return this.#buffer.subarray(0, length);
  }
}

/** The largest magnitude, or NaN. */
function largestOf(values: Float64Array): number {
  let largest = 0;
  for (let i = 0; i < values.length; i++) {
    const magnitude = Math.abs(values[i] ?? 0);
    if (!(magnitude <= largest)) largest = magnitude;
    if (Number.isNaN(magnitude)) return magnitude;
  }
  return largest;
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
