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
  const { values, length } = series;
  const count = Math.max(0, length - warmUp);
  if (count === 0) {
    return { expected: length === 0 ? 0 : (values[length - 1] ?? 0), rms: 0, worst: 0, errors: 0 };
  }
  const { expected, errors } = bestOf(series, count, work);
  const { absolute } = work;
  let squares = 0;
  let worst = 0;
  for (let index = 0; index < count; index++) {
    const error = Math.abs(errors[index] ?? 0);
    absolute[index] = error;
    squares += error * error;
    if (error > worst) worst = error;
  }
  return { expected, rms: Math.sqrt(squares / count), worst, errors: count };
}

/** What a forecaster expects next, and how it erred so far. */
type Forecaster = { readonly expected: number; readonly errors: Float64Array };

function bestOf(series: Series, count: number, work: ForecastWork): Forecaster {
  const mean = runMean(series, work);
  // The mean of all is the simplest: another must be better by more than luck, and where it never erred none can be.
  let best = mean;
  let least = totalOf(mean, count) * 0.95;
  if (least === 0) return mean;
  for (const other of runOthers(series, mean.expected, work)) {
    const total = totalOf(other, count);
    if (total < least) [best, least] = [other, total];
  }
  return best;
}

function totalOf({ errors }: Forecaster, count: number): number {
  let total = 0;
  for (let index = 0; index < count; index++) total += Math.abs(errors[index] ?? 0);
  return total;
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
  /** Of the values before each. */
  readonly means: Float64Array;
  /** One step ahead, of each forecaster. */
  readonly ofMean: Float64Array;
  readonly ofLevel: Float64Array;
  readonly ofTrend: Float64Array;
  readonly ofWeekday: Float64Array;
  readonly absolute: Float64Array;
  readonly weekdaySum: Float64Array;
  readonly weekdayCount: Float64Array;
};

export function createForecastWork(longest: number): ForecastWork {
  return {
    values: new Float64Array(longest),
    weekdays: new Float64Array(longest),
    means: new Float64Array(longest),
    ofMean: new Float64Array(longest),
    ofLevel: new Float64Array(longest),
    ofTrend: new Float64Array(longest),
    ofWeekday: new Float64Array(longest),
    absolute: new Float64Array(longest),
    weekdaySum: new Float64Array(7),
    weekdayCount: new Float64Array(7),
  };
}

function runMean({ values, length }: Series, { means, ofMean }: ForecastWork): Forecaster {
  let sum = 0;
  for (let index = 0; index < length; index++) {
    const value = values[index] ?? 0;
    const mean = index === 0 ? value : sum / index;
    means[index] = mean;
    if (index >= warmUp) ofMean[index - warmUp] = value - mean;
    sum += value;
  }
  return { expected: sum / length, errors: ofMean };
}

/** @param mean of all values */
function runOthers(series: Series, mean: number, work: ForecastWork): readonly Forecaster[] {
  const { values, length } = series;
  const { ofLevel, ofTrend } = work;
  let level = values[0] ?? 0;
  let holt = values[0] ?? 0;
  let trend = 0;
  for (let index = 0; index < length; index++) {
    const value = values[index] ?? 0;
    if (index >= warmUp) {
      ofLevel[index - warmUp] = value - level;
      ofTrend[index - warmUp] = value - holt - trend;
    }
    if (index === 0) continue;
    level += smoothing * (value - level);
    const before = holt;
    holt = smoothing * value + (1 - smoothing) * (holt + trend);
    trend += trendSmoothing * (holt - before - trend);
  }
  const smoothed = [
    { expected: level, errors: ofLevel },
    { expected: holt + trend, errors: ofTrend },
  ];
  return series.weekdays === null
    ? smoothed
    : [...smoothed, runWeekdays(series, series.weekdays, mean, work)];
}

function runWeekdays(
  { values, length, weekday }: Series,
  weekdays: ArrayLike<number>,
  mean: number,
  work: ForecastWork,
): Forecaster {
  const { means, ofWeekday, weekdaySum, weekdayCount } = work;
  weekdaySum.fill(0);
  weekdayCount.fill(0);
  for (let index = 0; index < length; index++) {
    const value = values[index] ?? 0;
    const day = weekdays[index] ?? 0;
    if (index >= warmUp) ofWeekday[index - warmUp] = value - weekdayMean(work, day, means[index] ?? 0);
    weekdaySum[day] = (weekdaySum[day] ?? 0) + value;
    weekdayCount[day] = (weekdayCount[day] ?? 0) + 1;
  }
  return { expected: weekdayMean(work, weekday, mean), errors: ofWeekday };
}

function weekdayMean({ weekdaySum, weekdayCount }: ForecastWork, day: number, mean: number): number {
  const seen = weekdayCount[day] ?? 0;
  return seen >= weeksNeeded ? (weekdaySum[day] ?? 0) / seen : mean;
}
