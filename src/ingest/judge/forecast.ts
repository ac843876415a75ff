/** What came before, of one statistic: values oldest first; `season` has the weekday of each, when there is one. */
export type Series = {
  readonly values: ArrayLike<number>;
  readonly length: number;
  readonly weekdays: ArrayLike<number> | null;
  /** Weekday of the value to be expected. */
  readonly weekday: number;
};

export type Forecast = {
  readonly expected: number;
  /** Root of the mean square of past errors: rare bursts count. */
  readonly rms: number;
  /** The largest past error, of either sign. */
  readonly worst: number;
  /** How many errors these rest on. */
  readonly errors: number;
};

/** Values after which errors count: a forecaster must have seen something. */
const warmUp = 3;

/** Values of a weekday from which its own mean is a forecaster. */
const weeksNeeded = 3;

const smoothing = 0.3;
const trendSmoothing = 0.1;

/**
 * Expects the next value by the one of four simple forecasters that has erred least so far: the mean of all, the
 * exponentially smoothed level, level and trend (Holt), the mean of the weekday. Errors are one step ahead, so they
 * hold drift and autocorrelation as well as scatter: an interval made of them is as wide as the table is unruly.
 */
export function forecast(series: Series, work: ForecastWork): Forecast {
  const { values, length, weekdays } = series;
  const forecasters = weekdays === null ? 3 : 4;
  const count = Math.max(0, length - warmUp);
  const { errors, next } = work;
  run(series, work, forecasters);
  let best = 0;
  let least = Number.POSITIVE_INFINITY;
  for (let which = 0; which < forecasters; which++) {
    const list = errors[which];
    if (list === undefined) continue;
    let total = 0;
    for (let index = 0; index < count; index++) total += Math.abs(list[index] ?? 0);
    // The mean of all is the simplest: another must be better by more than luck.
    const adjusted = which === 0 ? total * 0.95 : total;
    if (adjusted < least) [best, least] = [which, adjusted];
  }
  const chosen = errors[best];
  if (chosen === undefined || count === 0) {
    return { expected: length === 0 ? 0 : (values[length - 1] ?? 0), rms: 0, worst: 0, errors: 0 };
  }
  const { absolute } = work;
  let [squares, worst] = [0, 0];
  for (let index = 0; index < count; index++) {
    const error = Math.abs(chosen[index] ?? 0);
    absolute[index] = error;
    squares += error * error;
    if (error > worst) worst = error;
  }
  return { expected: next[best] ?? 0, rms: Math.sqrt(squares / count), worst, errors: count };
}

/** Robust deviation of the one-step errors of the forecast that was made last: half their width, and their tail. */
export function deviationOf({ errors }: Forecast, work: ForecastWork): number {
  if (errors === 0) return 0;
  const absolute = work.absolute.subarray(0, errors).sort();
  const half = absolute[Math.floor((errors - 1) / 2)] ?? 0;
  const tail = absolute[Math.floor((errors - 1) * 0.9)] ?? 0;
  return Math.max(1.4826 * half, tail / 1.645);
}

/** Arrays used again and again: thousands of columns are judged at a time. */
export type ForecastWork = {
  /** For who makes a series: its values, and their weekdays. */
  readonly values: Float64Array;
  readonly weekdays: Float64Array;
  readonly errors: readonly Float64Array[];
  readonly absolute: Float64Array;
  readonly next: Float64Array;
  readonly weekdaySum: Float64Array;
  readonly weekdayCount: Float64Array;
};

export function createForecastWork(longest: number): ForecastWork {
  return {
    values: new Float64Array(longest),
    weekdays: new Float64Array(longest),
    errors: Array.from({ length: 4 }, () => new Float64Array(longest)),
    absolute: new Float64Array(longest),
    next: new Float64Array(4),
    weekdaySum: new Float64Array(7),
    weekdayCount: new Float64Array(7),
  };
}

function run({ values, length, weekdays, weekday }: Series, work: ForecastWork, forecasters: number): void {
  const { errors, next, weekdaySum, weekdayCount } = work;
  weekdaySum.fill(0);
  weekdayCount.fill(0);
  let [sum, level, holt, trend] = [0, values[0] ?? 0, values[0] ?? 0, 0];
  for (let index = 0; index < length; index++) {
    const value = values[index] ?? 0;
    const mean = index === 0 ? value : sum / index;
    const day = weekdays?.[index] ?? 0;
    if (index >= warmUp) {
      const place = index - warmUp;
      setAt(errors, 0, place, value - mean);
      setAt(errors, 1, place, value - level);
      setAt(errors, 2, place, value - holt - trend);
      if (forecasters > 3) setAt(errors, 3, place, value - weekdayMean(work, day, mean));
    }
    sum += value;
    level += index === 0 ? 0 : smoothing * (value - level);
    const before = holt;
    if (index > 0) holt = smoothing * value + (1 - smoothing) * (holt + trend);
    if (index > 0) trend += trendSmoothing * (holt - before - trend);
    weekdaySum[day] = (weekdaySum[day] ?? 0) + value;
    weekdayCount[day] = (weekdayCount[day] ?? 0) + 1;
  }
  const mean = length === 0 ? 0 : sum / length;
  next[0] = mean;
  next[1] = level;
  next[2] = holt + trend;
  next[3] = weekdayMean(work, weekday, mean);
}

function weekdayMean({ weekdaySum, weekdayCount }: ForecastWork, day: number, mean: number): number {
  const seen = weekdayCount[day] ?? 0;
  return seen >= weeksNeeded ? (weekdaySum[day] ?? 0) / seen : mean;
}

function setAt(lists: readonly Float64Array[], which: number, place: number, value: number): void {
  const list = lists[which];
  if (list !== undefined) list[place] = value;
}
