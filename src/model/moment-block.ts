import { EverviewError } from '../core/errors.ts';
import type { ColumnBatch, ColumnVector } from '../core/session.ts';
import type { FeaturePlan } from './feature-plan.ts';
import type { Matrix } from './onnx-runtime.ts';
import type { Frame } from './sums-state.ts';

/**
 * Rows in a block. Measured at 52 columns, products alone: 41 GFLOP/s a core from 2,048 to 16,384 rows, 23 at 1,024.
 * Next to a scan by DuckDB, a full fit of 1,000,000 × 50 took the least time at 4,096 (0.49 s; 0.57 s at 2,048,
 * 0.67 s at 8,192, on a busy machine of two cores): larger blocks fall out of the second-level cache.
 */
export const blockRows = 4_096;

/** Numbers beyond this count as infinite: their squares could leave the range of a double. */
export const largestMagnitude = 1e100;

/**
 * A block of rows, column by column: row 0 of the matrix is all ones, then the values x of each measured feature and
 * of the label, then one 0/1 row per feature of which a missing value was seen in this block. A missing value stands
 * as the pivot, which the kernel takes away. Where rows have weights, each stands times the root of its own, its pivot
 * taken away before: then sums of products are sums of weighted products. Blocks are cut every `blockRows` rows of a source whatever the batches'
 * borders, so sums do not depend on those.
 */
export class MomentBlock {
  readonly #plan: FeaturePlan;
  readonly #pivot: Float64Array;
  /** What the kernel takes away from the rows as they stand. */
  readonly #base: Float64Array;
  #data: Float64Array;
  readonly #codes: Int32Array;
  /** Features with a missing value in the block, in order of their rows in the matrix. */
  #missing: number[] = [];
  /** Rows that fit. */
  readonly #height: number;
  #stride: number;
  #rows = 0;

  /** @param mostRows that will come between two calls of `clear`, if they are fewer than a block's */
  constructor(plan: FeaturePlan, frame: Frame, mostRows: number = blockRows) {
    this.#height = Math.max(1, Math.min(blockRows, mostRows));
    this.#stride = this.#height;
    this.#plan = plan;
    this.#pivot = frame.pivot;
    this.#base = plan.weighting === null ? frame.pivot : new Float64Array(frame.pivot.length);
    this.#data = new Float64Array((plan.measured.length + 2) * this.#height);
    this.#codes = new Int32Array(plan.categorical.length * this.#height);
  }

  get rows(): number {
    return this.#rows;
  }

  get isFull(): boolean {
    return this.#rows === this.#height;
  }

  clear(): void {
    this.#missing = [];
    this.#stride = this.#height;
    this.#rows = 0;
  }

  /** Where each row of the matrix belongs in the dense part of the state. */
  entries(): number[] {
    const measures = this.#plan.measured.length + 1;
    return [
      ...Array.from({ length: measures + 1 }, (_, entry) => entry),
      ...this.#missing.map((feature) => measures + 1 + feature),
    ];
  }

  /** Row `position` of the matrix. */
  row(position: number): Float64Array {
    return this.#data.subarray(position * this.#stride, position * this.#stride + this.#rows);
  }

  /** Places of the rows' levels of a categorical feature, in the state's layout of all levels. */
  codes(feature: number): Int32Array {
    return this.#codes.subarray(feature * this.#height, feature * this.#height + this.#rows);
  }

  /**
   * Takes rows of the batch from `from` on, as many as fit, and says how many. The batch's columns are the measured
   * features and the label as DOUBLE, then the categorical features as INTEGER places within their own levels, NULL
   * meaning the last one, then with weights their roots, DOUBLE; `levelOffsets` are the first places of each in the state's layout, and the end.
   */
  take(batch: ColumnBatch, from: number, levelOffsets: readonly number[]): number {
    const count = Math.min(batch.rowCount - from, this.#height - this.#rows);
    const measures = this.#plan.measured.length + 1;
    this.#takeRoots(batch.columns[measures + this.#plan.categorical.length], from, count);
    for (let measure = 0; measure < measures; measure++) {
      const column = batch.columns[measure];
      if (column === undefined || !(column.values instanceof Float64Array)) {
        throw new EverviewError('internal', `column ${measure} of model "${this.#plan.model}" is no DOUBLE`);
      }
      this.#takeMeasure(column, column.values, measure, from, count);
    }
    for (let feature = 0; feature < this.#plan.categorical.length; feature++) {
      const column = batch.columns[measures + feature];
      const [offset = 0, next = 0] = levelOffsets.slice(feature);
      if (column !== undefined) this.#takeCodes(column, feature, from, count, offset, next - 1);
    }
    this.#rows += count;
    return count;
  }

  #takeRoots(column: ColumnVector | undefined, from: number, count: number): void {
    if (this.#plan.weighting === null) this.#data.fill(1, this.#rows, this.#rows + count);
    else if (column?.values instanceof Float64Array)
      this.#data.set(column.values.subarray(from, from + count), this.#rows);
    else throw new EverviewError('internal', `model "${this.#plan.model}" lost the weights of its rows`);
  }

  #takeMeasure(
    column: ColumnVector,
    values: Float64Array,
    measure: number,
    from: number,
    count: number,
  ): void {
    const start = (measure + 1) * this.#stride + this.#rows;
    if (this.#plan.weighting === null) this.#data.set(values.subarray(from, from + count), start);
    else {
      const pivot = this.#pivot[measure] ?? 0;
      for (let i = 0; i < count; i++)
        this.#data[start + i] = ((values[from + i] ?? 0) - pivot) * (this.#data[this.#rows + i] ?? 0);
    }
    if (column.allValid) return;
    for (let i = 0; i < count; i++) {
      if (!column.isValid(from + i)) this.#markMissing(measure, this.#rows + i);
    }
  }

  #markMissing(measure: number, row: number): void {
    this.#data[(measure + 1) * this.#stride + row] = this.#base[measure] ?? 0;
    let slot = this.#missing.indexOf(measure);
    const firstSlot = this.#plan.measured.length + 2;
    if (slot < 0) {
      slot = this.#missing.push(measure) - 1;
      this.#makeRoom();
      this.#data.fill(0, (firstSlot + slot) * this.#stride, (firstSlot + slot + 1) * this.#stride);
    }
    this.#data[(firstSlot + slot) * this.#stride + row] = this.#data[row] ?? 0;
  }

  /** For a 0/1 row per feature: most data has no missing value, and pays for none. */
  #makeRoom(): void {
    const needed = (2 * this.#plan.measured.length + 2) * this.#height;
    if (this.#data.length === needed) return;
    const data = new Float64Array(needed);
    data.set(this.#data);
    this.#data = data;
  }

  #takeCodes(
    column: ColumnVector,
    feature: number,
    from: number,
    count: number,
    offset: number,
    nullCode: number,
  ): void {
    const codes = this.#codes;
    const start = feature * this.#height + this.#rows;
    for (let i = 0; i < count; i++) {
      codes[start + i] = column.isValid(from + i) ? offset + Number(column.values[from + i]) : nullCode;
    }
  }

  /** The block as a matrix of rows × block rows. After this, nothing more can be taken before `clear`. */
  matrix(): Matrix {
    const height = this.#plan.measured.length + 2 + this.#missing.length;
    if (this.#stride !== this.#rows) {
      for (let row = 1; row < height; row++) {
        this.#data.copyWithin(row * this.#rows, row * this.#stride, row * this.#stride + this.#rows);
      }
      this.#stride = this.#rows;
    }
    return { data: this.#data.subarray(0, height * this.#stride), shape: [height, this.#stride] };
  }

  /** What is taken away from each row of the matrix. */
  pivots(): Matrix {
    const height = this.#plan.measured.length + 2 + this.#missing.length;
    const data = new Float64Array(height);
    data.set(this.#base, 1);
    return { data, shape: [height, 1] };
  }

  /**
   * Takes out what cannot be summed: NaN in a feature is a missing value; a NaN label, a number beyond
   * `largestMagnitude`, or a missing value where those are dropped, takes the row out.
   */
  excludeNonFinite(): void {
    const label = this.#plan.measured.length;
    const excluded: number[] = [];
    for (let row = 0; row < this.#rows; row++) {
      for (let measure = 0; measure <= label; measure++) {
        const value = this.#data[(measure + 1) * this.#stride + row] ?? 0;
        if (Math.abs(value) <= largestMagnitude) continue;
        if (Number.isNaN(value) && measure !== label && this.#plan.missing === 'impute') {
          this.#markMissing(measure, row);
        } else {
          excluded.push(row);
          break;
        }
      }
    }
    const nothing = this.pivots().data;
    for (const row of excluded) {
      nothing.forEach((value, position) => {
        this.#data[position * this.#stride + row] = value;
      });
    }
  }
}
