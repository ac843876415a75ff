/** Correlations below this many standard errors count as none. */
const significant = 2;

/**
 * Mean length of the blocks of a stationary bootstrap that is best for the mean of a series, in steps, at least 1: the
 * rule of Politis & White (2004, doi:10.1081/ETC-120028836) as corrected by Patton, Politis & White (2009,
 * doi:10.1080/07474930802459016). With R̂(k) the autocovariances and λ the flat-top window of half-width M,
 *   G = Σ λ(k/M)|k|R̂(k),  g = Σ λ(k/M)R̂(k),  b = (G²/g²)^⅓ · n^⅓
 * where M is twice the lag from which on √(log₁₀ n) correlations in a row do not differ from none. Never more than
 * min(3√n, n/3).
 */
export function stationaryBlockLength(series: Float64Array): number {
  const size = series.length;
  const runLength = Math.max(5, Math.ceil(Math.sqrt(Math.log10(Math.max(2, size)))));
  const mostLags = Math.min(size - 1, Math.ceil(Math.sqrt(size)) + runLength);
  const covariances = autocovariances(series, mostLags);
  const variance = covariances[0] ?? 0;
  if (!(variance > 0)) return 1;
  const bound = significant * Math.sqrt(Math.log10(size) / size) * variance;
  const halfWidth = Math.min(mostLags, 2 * Math.max(1, lastCorrelatedLag(covariances, bound, runLength)));
  let weighted = 0;
  let spectrum = variance;
  for (let lag = 1; lag <= halfWidth; lag++) {
    const share = lag / halfWidth;
    const weight = 2 * (share <= 0.5 ? 1 : 2 * (1 - share)) * (covariances[lag] ?? 0);
    weighted += weight * lag;
    spectrum += weight;
  }
  const most = Math.max(1, Math.ceil(Math.min(3 * Math.sqrt(size), size / 3)));
  const length = Math.cbrt((weighted / spectrum) ** 2 * size);
  return Number.isFinite(length) ? Math.min(most, Math.max(1, length)) : most;
}

/** The lag after which so many in a row are within the bound; else the last one beyond it. */
function lastCorrelatedLag(covariances: Float64Array, bound: number, runLength: number): number {
  let last = 0;
  for (let lag = 1; lag < covariances.length; lag++) {
    if (Math.abs(covariances[lag] ?? 0) >= bound) last = lag;
    else if (lag - last >= runLength) break;
  }
  return last;
}

/** R̂(k) = 1/n Σ (x_t − x̄)(x_{t+k} − x̄), k = 0…most. */
function autocovariances(series: Float64Array, most: number): Float64Array {
  const mean = series.reduce((sum, value) => sum + value, 0) / series.length;
  const centred = series.map((value) => value - mean);
  return Float64Array.from({ length: most + 1 }, (_, lag) => {
    let sum = 0;
    for (let at = lag; at < centred.length; at++) sum += (centred[at] ?? 0) * (centred[at - lag] ?? 0);
    return sum / series.length;
  });
}
