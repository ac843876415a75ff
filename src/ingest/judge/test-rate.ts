import { betaBinomialLower, betaBinomialUpper } from './beta-binomial.ts';
import { type ForecastWork, forecast } from './forecast.ts';
import { blockingUpdates, learningUpdates } from './table-history.ts';
import type { TestResult } from './test-result.ts';
import { turnOf } from './value-past.ts';

export type RateSeries = {
  /** Rows hit and rows, by update, oldest first. */
  readonly hits: ArrayLike<number>;
  readonly rows: ArrayLike<number>;
  readonly weekdays: readonly number[] | null;
  readonly weekday: number;
};

/** What is known beforehand of how a rate moves. */
export type RateOptions = {
  /** Change of such a rate that tables make now and then though this one has not yet; 0 (unless said): any is news. */
  readonly usualJump?: number;
  /** The same, as `turnOf`: for shares of values, of which the frequent ones move more. */
  readonly usualTurn?: number;
  /** The same of rises alone; `usualTurn` unless said. */
  readonly usualRise?: number;
  /** Rows that share their value with one another, and so their fate: 1 (unless said) where each is by itself. */
  readonly cluster?: number;
  /** A fall says nothing: less of an error is no error. */
  readonly onlyUp?: boolean;
  /** Rows from which on it is an error by itself where no update has shown any; null (unless said): it is none. */
  readonly exactFrom?: number | null;
  /** Updates from which on what it was says what it will be; those that are learned from unless said. */
  readonly fewestUpdates?: number;
};

export type RateTest = Omit<TestResult, 'column' | 'model' | 'others' | 'statistic' | 'value' | 'kind'>;

/**
 * How many times the worst of so many past errors. The worst of few is a poor bound of what can happen, and is widened.
 */
export function beyondOf(error: number, worst: number, updates: number): number {
  const bound = worst * (1 + 10 / updates);
  return bound < 1e-12 ? Number.POSITIVE_INFINITY : error / bound;
}

/** A statistic that is as it was, as far as it matters: how likely that is nobody asks. */
export function untold(
  observed: number,
  expected: number,
  effect: number,
  scale: number,
  updates: number,
): RateTest {
  return {
    observed,
    expected,
    scale,
    pValue: 1,
    effect,
    isTelling: false,
    beyond: 0,
    isLarge: false,
    isExact: false,
    updates,
  };
}

/** Change of a rate that is large. */
const largeChange = 0.1;

/** Change of a rate that is too small to matter, however certain. */
const smallestChange = 0.003;

/**
 * Tests k of n rows against the rates of earlier updates. The rate expected is that of the best simple forecaster; it
 * varies from update to update as much as past errors say, beyond what chance does (a beta-binomial). A rate that was
 * always 0 is expected as Jeffreys' prior lets it be after so many rows.
 */
export function testRate(
  rowsHit: number,
  of: number,
  series: RateSeries,
  options: RateOptions,
  work: ForecastWork,
): RateTest | null {
  const { hits, rows } = series;
  const { usualJump = 0, usualTurn = 0, usualRise = usualTurn } = options;
  const { onlyUp = false, exactFrom = null, fewestUpdates = learningUpdates } = options;
  // Less than half of those that share a value came by themselves.
  const shared = options.cluster ?? 1;
  const cluster = rowsHit > 0 && rowsHit < shared / 2 ? 1 : shared;
  const [k, n] = [Math.round(rowsHit / cluster), Math.ceil(of / cluster)];
  const { values, weekdays } = work;
  let total = 0;
  let inverse = 0;
  let used = 0;
  for (let index = 0; index < hits.length; index++) {
    const count = (rows[index] ?? 0) / cluster;
    if (count === 0) continue;
    values[used] = (hits[index] ?? 0) / cluster / count;
    weekdays[used] = series.weekdays?.[index] ?? 0;
    total += count;
    inverse += 1 / count;
    used += 1;
  }
  if (used < fewestUpdates || of === 0) return null;
  const observed = rowsHit / of;
  const { expected, rms, worst } = forecast(
    { values, length: used, weekdays: series.weekdays === null ? null : weekdays, weekday: series.weekday },
    work,
  );
  const level = (Math.min(1, Math.max(0, expected)) * total + 0.5) / (total + 1);
  const binomial = level * (1 - level);
  const between = Math.max(0, rms * rms - (binomial * inverse) / used);
  const scale = Math.sqrt(between + binomial / n);
  const effect = observed - level;
  const isQuiet = Math.abs(effect) < 2.5 * scale || (onlyUp && effect < 0);
  const isExact =
    exactFrom !== null && used >= blockingUpdates && worst === 0 && expected === 0 && k >= exactFrom;
  // What has never moved is sure to stay for some time, and not for ever.
  const isKnown = exactFrom !== null || worst > 0 || used >= blockingUpdates;
  const isTelling = isExact || (isKnown && Math.abs(effect) >= smallestChange && (effect < 0 || k >= 3));
  if (!isTelling || (isQuiet && !isExact)) return untold(observed, level, effect, scale, used);
  const share = between / binomial + 1 / (total + 1);
  const concentration = Math.max(0.05, 1 / share - 1);
  const [a, b] = [level * concentration, (1 - level) * concentration];
  const tail = isQuiet ? 0.02 : effect > 0 ? betaBinomialUpper(k, n, a, b) : betaBinomialLower(k, n, a, b);
  return {
    observed,
    expected: level,
    scale,
    pValue: Math.min(1, 2 * tail),
    effect,
    isTelling: true,
    beyond: Math.min(
      beyondOf(Math.abs(observed - expected), Math.max(worst, usualJump), used),
      beyondOf(Math.abs(turnOf(observed) - turnOf(expected)), effect > 0 ? usualRise : usualTurn, used),
    ),
    isLarge: Math.abs(effect) >= largeChange,
    isExact,
    updates: used,
  };
}
