/**
 * How often an advance has to be given up, as a rate for each row that leaves: a refresh that takes out n rows is
 * given up with probability 1 − e^(−rate · n).
 */
export type FallbackRate = {
  readonly given: number;
  /** Rows that left before an advance was given up, or without any. */
  readonly rows: number;
};

export const noFallbacks: FallbackRate = Object.freeze({ given: 0, rows: 0 });

/** What is known from before: so many fallbacks over so many rows. */
export type FallbackPrior = FallbackRate;

const memory = 0.9;

/** @param leaving rows that the sources' changes take out */
export function fallbackProbability(known: FallbackRate, prior: FallbackPrior, leaving: number): number {
  return 1 - Math.exp(-rateOf(known, prior) * leaving);
}

/** One step of expectation–maximization: where it was given up, the rows until then are reckoned by the rate so far. */
export function learnFallback(
  known: FallbackRate,
  prior: FallbackPrior,
  leaving: number,
  fellBack: boolean,
): FallbackRate {
  const seen = fellBack ? rowsUntil(rateOf(known, prior), leaving) : leaving;
  return { given: memory * known.given + (fellBack ? 1 : 0), rows: memory * known.rows + seen };
}

function rateOf(known: FallbackRate, prior: FallbackPrior): number {
  const rows = known.rows + prior.rows;
  return rows === 0 ? 0 : (known.given + prior.given) / rows;
}

/** Mean of an exponential distribution cut off at `most`: 1/rate − most / (e^(rate · most) − 1). */
function rowsUntil(rate: number, most: number): number {
  const reach = rate * most;
  return reach < 1e-6 ? most / 2 : 1 / rate - most / Math.expm1(reach);
}
