import { blockRows } from '../moment-block.ts';
import type { OnnxRuntime } from '../onnx-runtime.ts';
import { addTo, type Frame, type Levels } from '../sums-state.ts';
import { type AnchoredState, emptyAnchored, sizeOf } from './anchored-state.ts';
import { blockScores, blockSums } from './block-kernel.ts';
import type { DesignRows } from './design-block.ts';
import { addToHistogram } from './kink-histogram.ts';
import { type Loss, pairCount, pairIndex } from './loss.ts';
import { type BlockMoments, partialMoments } from './measured-block.ts';

/** Adds blocks of rows to the sums at one anchor. */
export class AnchoredAccumulator {
  readonly #runtime: OnnxRuntime;
  readonly #loss: Loss;
  readonly #state: AnchoredState;
  readonly #slopes: Float64Array;
  readonly #curvatures: Float64Array;

  constructor(
    runtime: OnnxRuntime,
    loss: Loss,
    layout: { readonly frame: Frame; readonly levels: readonly Levels[]; readonly classes: number },
    anchor: Float64Array,
  ) {
    this.#runtime = runtime;
    this.#loss = loss;
    this.#state = emptyAnchored(loss, layout.frame, layout.levels, layout.classes);
    this.#state.anchor.set(anchor);
    this.#slopes = new Float64Array(loss.scores * blockRows);
    this.#curvatures = new Float64Array(pairCount(loss.scores) * blockRows);
  }

  get state(): AnchoredState {
    return this.#state;
  }

  async add(block: DesignRows): Promise<void> {
    const { rows } = block;
    const { scores: count, curvature } = this.#loss;
    const weights = this.#admitted(block);
    const scores = await blockScores(this.#runtime, block, this.#state.anchor, sizeOf(this.#state));
    const slopes = this.#slopes.subarray(0, count * rows);
    const curvatures = this.#curvatures.subarray(0, pairCount(count) * rows);
    const value = this.#loss.evaluate({ rows, scores, labels: block.labels, weights, slopes, curvatures });
    addTo(this.#state.loss, 0, value);
    const { gradient, hessians } = await blockSums(this.#runtime, block, slopes, curvatures);
    this.#addDense(block, gradient, hessians);
    this.#addLevels(block, slopes, curvatures);
    this.#spend(rows, slopes);
    const { moments } = block;
    if (moments === null) return;
    this.#addMoments(block, moments, weights);
    if (this.#state.kinks === null || curvature.kind !== 'kinked') return;
    for (let i = 0; i < rows; i++) {
      if (weights[i] === 0) continue;
      addToHistogram(
        this.#state.kinks,
        (scores[i] ?? 0) - (block.labels[i] ?? 0),
        curvature.delta,
        moments.norms[i] ?? 0,
      );
    }
  }

  /** The block's weights, 0 where the label is outside the loss's domain; those rows are counted. */
  #admitted({ rows, labels, weights }: DesignRows): Float64Array {
    const { classRows } = this.#state;
    let admitted = weights;
    for (let i = 0; i < rows; i++) {
      if (weights[i] === 0) continue;
      const label = labels[i] ?? 0;
      if (this.#loss.accepts(label)) {
        if (classRows.length > 0) classRows[label] = (classRows[label] ?? 0) + 1;
        continue;
      }
      if (admitted === weights) admitted = weights.slice();
      admitted[i] = 0;
      this.#state.outside += 1;
    }
    return admitted;
  }

  #addDense({ columns }: DesignRows, gradient: Float64Array, hessians: readonly Float64Array[]): void {
    const size = sizeOf(this.#state);
    const width = columns.length;
    for (let score = 0; score < this.#loss.scores; score++) {
      columns.forEach((column, place) => {
        addTo(this.#state.gradient, score * size + column, gradient[score * width + place] ?? 0);
      });
    }
    hessians.forEach((hessian, pair) => {
      columns.forEach((row, i) => {
        const start = pair * size * size + row * size;
        columns.forEach((column, j) => {
          addTo(this.#state.hessian, start + column, hessian[i * width + j] ?? 0);
        });
      });
    });
    for (let score = 0; score < this.#loss.scores; score++) {
      const own = hessians[pairIndex(this.#loss.scores, score, score)];
      columns.forEach((column, place) => {
        this.#spendCurvature(score, column, own?.[place * (width + 1)] ?? 0);
      });
    }
  }

  #spendCurvature(score: number, column: number, value: number): void {
    const { curvature } = this.#state.budget;
    const at = score * sizeOf(this.#state) + column;
    curvature[at] = (curvature[at] ?? 0) + value;
  }

  /** Columns of levels, by sums per level: their number does not matter, as it would in a product. */
  #addLevels(block: DesignRows, slopes: Float64Array, curvatures: Float64Array): void {
    const { rows, codes } = block;
    if (codes.length === 0) return;
    const { scores } = this.#loss;
    const size = sizeOf(this.#state);
    for (let score = 0; score < scores; score++) {
      const sums = levelSums(codes, slopes.subarray(score * rows, (score + 1) * rows), null, size);
      sums.forEach((value, column) => {
        if (value !== 0) addTo(this.#state.gradient, score * size + column, value);
      });
    }
    for (let a = 0; a < scores; a++) {
      for (let b = a; b < scores; b++) {
        const pair = pairIndex(scores, a, b);
        const weights = curvatures.subarray(pair * rows, (pair + 1) * rows);
        this.#addLevelCurvature(block, weights, pair * size * size, a === b ? a : null);
      }
    }
  }

  #addLevelCurvature(block: DesignRows, weights: Float64Array, start: number, own: number | null): void {
    const { rows, codes, columns, z } = block;
    const size = sizeOf(this.#state);
    const { hessian } = this.#state;
    columns.forEach((column, place) => {
      const line = z.subarray(place * rows, (place + 1) * rows);
      levelSums(codes, weights, line, size).forEach((value, level) => {
        if (value === 0) return;
        addTo(hessian, start + level * size + column, value);
        addTo(hessian, start + column * size + level, value);
        if (own !== null && column === 0) this.#spendCurvature(own, level, value);
      });
    });
    for (const [feature, first] of codes.entries()) {
      for (const [other, second] of codes.entries()) {
        for (let i = 0; i < rows; i++) {
          const weight = weights[i] ?? 0;
          if (weight === 0 || (feature === other && first[i] !== second[i])) continue;
          addTo(hessian, start + (first[i] ?? 0) * size + (second[i] ?? 0), weight);
        }
      }
    }
  }

  #addMoments(block: DesignRows, moments: BlockMoments, weights: Float64Array): void {
    const { rows, columns, codes } = block;
    const { norms } = moments;
    const { columns: sums, squares, reach, budget } = this.#state;
    const measured = squares.high.length;
    let training = 0;
    for (let i = 0; i < rows; i++) {
      if (weights[i] === 0) continue;
      training += 1;
      addTo(this.#state.labels, 0, block.labels[i] ?? 0);
      const norm = Math.sqrt(norms[i] ?? 0);
      if (norm > reach.norm) reach.norm = norm;
    }
    const spend = (column: number, value: number) => {
      budget.columns[column] = (budget.columns[column] ?? 0) + value;
    };
    addTo(sums, 0, training);
    spend(0, training);
    const exact = training === rows ? moments : admittedMoments(block, weights, measured);
    for (let feature = 0; feature < measured; feature++) {
      addTo(sums, feature + 1, exact.sums[feature] ?? 0);
      addTo(squares, feature, exact.squares[feature] ?? 0);
      spend(feature + 1, exact.squares[feature] ?? 0);
      reach.low[feature] = Math.min(reach.low[feature] ?? 0, exact.low[feature] ?? 0);
      reach.high[feature] = Math.max(reach.high[feature] ?? 0, exact.high[feature] ?? 0);
    }
    columns.slice(measured + 1).forEach((column, slot) => {
      let missing = 0;
      const start = (measured + 1 + slot) * rows;
      for (let i = 0; i < rows; i++) missing += weights[i] === 0 ? 0 : (block.z[start + i] ?? 0);
      addTo(sums, column, missing);
      spend(column, missing);
    });
    for (const places of codes) {
      for (let i = 0; i < rows; i++) {
        if (weights[i] === 0) continue;
        const place = places[i] ?? 0;
        sums.high[place] = (sums.high[place] ?? 0) + 1;
        spend(place, 1);
      }
    }
  }

  #spend(rows: number, slopes: Float64Array): void {
    const { slopes: spent } = this.#state.budget;
    for (let score = 0; score < spent.length; score++) {
      let squares = 0;
      for (let at = score * rows; at < (score + 1) * rows; at++) squares += (slopes[at] ?? 0) ** 2;
      spent[score] = (spent[score] ?? 0) + squares;
    }
  }
}

/** Sums per level of weight · value, by place in v. */
function levelSums(
  codes: readonly Int32Array[],
  weights: Float64Array,
  values: Float64Array | null,
  size: number,
): Float64Array {
  const sums = new Float64Array(size);
  for (const places of codes) {
    for (let i = 0; i < weights.length; i++) {
      const place = places[i] ?? 0;
      const weight = weights[i] ?? 0;
      sums[place] = (sums[place] ?? 0) + (values === null ? weight : weight * (values[i] ?? 0));
    }
  }
  return sums;
}

/** The moments without rows that do not train: seldom needed, so in a loop of its own. */
function admittedMoments(block: DesignRows, weights: Float64Array, measured: number) {
  const { rows, columns, z } = block;
  const moments = {
    sums: new Float64Array(measured),
    squares: new Float64Array(measured),
    low: new Float64Array(measured),
    high: new Float64Array(measured),
  };
  for (let feature = 0; feature < measured; feature++) {
    const slot = columns.indexOf(1 + measured + feature);
    const line = z.subarray((feature + 1) * rows, (feature + 2) * rows);
    partialMoments(
      moments,
      feature,
      line,
      weights,
      slot < 0 ? null : z.subarray(slot * rows, (slot + 1) * rows),
    );
  }
  return moments;
}
