import { ExactSums } from './exact-sums.ts';
import { finiteOrNull } from './scores.ts';

/** Bins of equal width: Guo et al. 2017 (arXiv:1706.04599), equation 3 and its 15 bins. */
export const calibrationBins = 15;

/** Rows whose probability is in (from, to], the first bin with its lower end. */
export type CalibrationBin = {
  readonly from: number;
  readonly to: number;
  readonly rows: number;
  /** Mean of the probabilities; null: no row. */
  readonly predicted: number | null;
  /** Share of rows in which it came true. */
  readonly observed: number | null;
};

/** What came of the probabilities that a classifier gave. */
export class Calibration {
  readonly #rows = new Float64Array(calibrationBins);
  readonly #hits = new Float64Array(calibrationBins);
  readonly #sums = new ExactSums(calibrationBins);

  add(probability: number, cameTrue: boolean): void {
    const bin = binOf(probability);
    this.#rows[bin] = (this.#rows[bin] ?? 0) + 1;
    if (cameTrue) this.#hits[bin] = (this.#hits[bin] ?? 0) + 1;
    this.#sums.add(bin, probability);
  }

  bins(): CalibrationBin[] {
    return Array.from(this.#rows, (rows, bin) => ({
      from: bin / calibrationBins,
      to: (bin + 1) / calibrationBins,
      rows,
      predicted: finiteOrNull(this.#sums.value(bin) / rows),
      observed: finiteOrNull((this.#hits[bin] ?? 0) / rows),
    }));
  }

  /** Σ rows of the bin / rows · |observed − predicted|. */
  error(): number | null {
    const bins = this.bins();
    const rows = bins.reduce((sum, bin) => sum + bin.rows, 0);
    const gaps = bins.map((bin) => bin.rows * Math.abs((bin.observed ?? 0) - (bin.predicted ?? 0)));
    return finiteOrNull(gaps.reduce((sum, gap) => sum + gap, 0) / rows);
  }
}

function binOf(probability: number): number {
  const near = Math.min(calibrationBins - 1, Math.max(0, Math.floor(probability * calibrationBins)));
  // The product may round across an end, and an end belongs to the bin below it.
  if (near > 0 && probability <= near / calibrationBins) return near - 1;
  return near < calibrationBins - 1 && probability > (near + 1) / calibrationBins ? near + 1 : near;
}
