import type { Leverage } from './leverage.ts';

/**
 * How many rows lie how near a kink of their loss, and Σ|(z, missing)|² over them, by the distance of the predictor from the
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

/** Adds a row with predictor less label `residual`, and |(z, missing)|² = `square`. */
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

/** Sums over the rows within some distance of a kink, m a bound on the row's dual norm. */
export type NearKinks = {
  /** Σ m · (distance − the row's own). */
  readonly excess: number;
  /** Σ m². */
  readonly squares: number;
  /** Σ m² over rows on the curved side. */
  readonly curvedSquares: number;
};

/**
 * From above: a bin that begins within `distance` (in units of the label) counts whole. With m ≤ most and
 * m ≤ base + slope·r for a row of norm r: Σm ≤ base·n + slope·√(n·Σr²), Σm² ≤ (base·√n + slope·√Σr²)² (Minkowski).
 */
export function nearKinks(
  histogram: KinkHistogram,
  delta: number,
  distance: number,
  leverage: Leverage,
): NearKinks {
  let excess = 0;
  const all = { rows: 0, squares: 0 };
  const curved = { rows: 0, squares: 0 };
  for (let bin = 0; bin < bins; bin++) {
    const rest = distance - lowerEdge(bin) * delta;
    if (rest < 0) break;
    const rows = histogram.rows[bin] ?? 0;
    const squares = grown(histogram.squares[bin] ?? 0);
    excess +=
      rest *
      Math.min(leverage.most * rows, leverage.base * rows + leverage.slope * Math.sqrt(rows * squares));
    all.rows += rows;
    all.squares += squares;
    curved.rows += histogram.curvedRows[bin] ?? 0;
    curved.squares += grown(histogram.curvedSquares[bin] ?? 0);
  }
  return { excess, squares: dualSquares(all, leverage), curvedSquares: dualSquares(curved, leverage) };
}

/** With room for what taking rows away leaves of rounding. */
function grown(squares: number): number {
  return Math.max(0, squares) * (1 + 1e-9);
}

function dualSquares(near: { rows: number; squares: number }, { most, base, slope }: Leverage): number {
  if (near.rows === 0) return 0;
  return Math.min(
    most ** 2 * near.rows,
    (base * Math.sqrt(near.rows) + slope * Math.sqrt(near.squares)) ** 2,
  );
}
