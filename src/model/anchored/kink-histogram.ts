/**
 * How many rows lie how near a kink of their loss, and Σ|v|² over them, by the distance of the predictor from the
 * nearest kink in units of delta: quarter octaves from 2^−30 to 2^10, nearer and farther ones in the end bins. A sum
 * over rows. `curved…`: of rows on the curved side only.
 */
export type KinkHistogram = {
  readonly rows: Float64Array;
  readonly squares: Float64Array;
  readonly curvedRows: Float64Array;
  readonly curvedSquares: Float64Array;
};

const perOctave = 4;
const lowest = -30;
const highest = 10;
const bins = (highest - lowest) * perOctave + 2;

export function emptyHistogram(): KinkHistogram {
  return {
    rows: new Float64Array(bins),
    squares: new Float64Array(bins),
    curvedRows: new Float64Array(bins),
    curvedSquares: new Float64Array(bins),
  };
}

/** Adds a row with predictor less label `residual`, and |v|² = `square`. */
export function addToHistogram(to: KinkHistogram, residual: number, delta: number, square: number): void {
  const size = Math.abs(residual);
  const bin = binOf(Math.abs(size - delta) / delta);
  to.rows[bin] = (to.rows[bin] ?? 0) + 1;
  to.squares[bin] = (to.squares[bin] ?? 0) + square;
  if (size > delta) return;
  to.curvedRows[bin] = (to.curvedRows[bin] ?? 0) + 1;
  to.curvedSquares[bin] = (to.curvedSquares[bin] ?? 0) + square;
}

function binOf(distance: number): number {
  const place = 1 + Math.floor((Math.log2(distance) - lowest) * perOctave);
  return place >= 1 ? Math.min(place, bins - 1) : 0;
}

/** Not above any distance, in units of delta, in the bin: less a hair for the rounding of the logarithm. */
function lowerEdge(bin: number): number {
  return bin === 0 ? 0 : 2 ** (lowest + (bin - 1) / perOctave) * (1 - 1e-9);
}

/** What lies within `distance` (in units of the label) of a kink; `excess` is Σ (distance − the row's own). */
export type NearKinks = {
  readonly excess: number;
  readonly squares: number;
  readonly curvedRows: number;
  readonly curvedSquares: number;
};

/** From above: a bin that begins within the distance counts whole. */
export function nearKinks(histogram: KinkHistogram, delta: number, distance: number): NearKinks {
  const near = { excess: 0, squares: 0, curvedRows: 0, curvedSquares: 0 };
  for (let bin = 0; bin < bins; bin++) {
    const rest = distance - lowerEdge(bin) * delta;
    if (rest < 0) break;
    near.excess += rest * (histogram.rows[bin] ?? 0);
    near.squares += Math.max(0, histogram.squares[bin] ?? 0);
    near.curvedRows += histogram.curvedRows[bin] ?? 0;
    near.curvedSquares += Math.max(0, histogram.curvedSquares[bin] ?? 0);
  }
  // what taking rows away leaves of rounding in the sums of squares
  const slack = 1 + 1e-9;
  return { ...near, squares: near.squares * slack, curvedSquares: near.curvedSquares * slack };
}
