import { type ColumnProfile, countNames, measureNames } from '../profile/column-profile.ts';
import { sharedValues } from '../profile/value-sketch.ts';
import {
  afterShift,
  clusterOf,
  comparedValues,
  coversMonths,
  isConstant,
  misspelt,
  reachOf,
  rowsOf,
  typicalWidth,
} from './column-past.ts';
import {
  fewestOfScale,
  fewestShared,
  fractionsOf,
  newsOf,
  optionsOf,
  patternsOf,
  scaleOf,
  sharesOfRows,
  sign,
  stepsOfTime,
  suspicious,
  valuesOf,
} from './statistic-options.ts';
import { blockingUpdates, type ColumnPast, learningUpdates } from './table-history.ts';
import type { TestCollector } from './test-collector.ts';
import type { RateOptions } from './test-rate.ts';
import { fewValuesOf, largestTurn, type ValuePast, valuePastOf } from './value-past.ts';

/** Tests a rate of the column's rows that have a value. */
type TestRate = (statistic: string, hits: (one: ColumnProfile) => number, options?: RateOptions) => void;

/** Compares every statistic of one column with its history. @param index its usual place among the columns */
export function compareColumn(
  collector: TestCollector,
  column: ColumnProfile,
  past: ColumnPast,
  rows: number,
  index: number,
): void {
  const { name, present } = column;
  const { hits, presents } = collector.room;
  fill(presents, past, (one) => one.present);
  const few = fewValuesOf(past);
  const cluster = clusterOf(past, few !== null);
  const rate: TestRate = (statistic, hitsOf, options) => {
    const k = hitsOf(column);
    // What can only rise, and is not there, tells nothing.
    if (k === 0 && options?.onlyUp === true) {
      collector.count(statistic);
      return;
    }
    fill(hits, past, hitsOf);
    collector.rate({ column: name, statistic, k, n: present, hits, rows: presents }, { cluster, ...options });
  };
  fill(hits, past, (one) => one.nulls);
  const ofNulls = { k: column.nulls, n: rows, hits, rows: collector.rows };
  collector.rate({ column: name, statistic: 'null', ...ofNulls }, sign(2));
  const constant = isConstant(past);
  compareCounts(rate, column, past, few, constant);
  if (constant) return;
  const width = column.kind === 'number' ? typicalWidth(past) : 1;
  compareNews(rate, column, past, width);
  compareRepeats(collector, column, past, index);
  compareValues(collector, column, { past, few, cluster });
  compareMeasures(collector, column, past, few !== null, width, index);
}

/** What is known of a column's past beside its profiles. */
type KnownPast = {
  readonly past: ColumnPast;
  /** It has few values, the same ones each time; null: many, or others. */
  readonly few: ValuePast | null;
  readonly cluster: number;
};

/** Writes the figure of each update into the room; 0 of one that did not have the column. */
function fill(
  room: Float64Array,
  past: ColumnPast,
  figureOf: (one: ColumnProfile, update: number) => number,
): void {
  for (let update = 0; update < past.length; update++) {
    const one = past[update];
    room[update] = one === undefined || one === null ? 0 : figureOf(one, update);
  }
}

/** @param constant only one value is known: then only signs of errors tell something */
function compareCounts(
  rate: TestRate,
  { kind }: ColumnProfile,
  past: ColumnPast,
  few: ValuePast | null,
  constant: boolean,
): void {
  for (const [place, statistic] of countNames[kind].entries()) {
    if (statistic === 'late-day' && !coversMonths(past)) continue;
    if (constant && suspicious[statistic]?.exactFrom === undefined) continue;
    const options =
      statistic === 'true'
        ? { usualTurn: largestTurn(past, few ?? valuePastOf(past)) }
        : optionsOf(statistic);
    rate(statistic, (one) => one.counts[place] ?? 0, options);
  }
}

/** What was never there: outside of the range, or among few values and forms. */
function compareNews(rate: TestRate, column: ColumnProfile, past: ColumnPast, width: number): void {
  const { kind, novel } = column;
  const { least, greatest } = reachOf(past);
  const beyond = (by: number) => ({ usualJump: by > 0.5 * (greatest - least) ? 0 : 0.1, onlyUp: true });
  if (kind === 'number' || kind === 'time' || kind === 'day')
    rate('below-range', (one) => one.novel.below, beyond(least - novel.belowMedian));
  if (kind === 'number') {
    rate('above-range', (one) => one.novel.above, beyond(novel.aboveMedian - greatest));
    if (width > 0) rate('far', (one) => one.novel.far, sign(2));
    rate('fraction', fractionsOf, sign(2));
    rate('new-values', (one) => one.novel.values, { usualJump: 0.1, onlyUp: true });
  }
  if (kind === 'text') {
    rate('new-patterns', (one) => one.novel.patterns, newsOf(past, patternsOf, novel.patterns));
    rate('new-values', (one) => one.novel.values, newsOf(past, valuesOf, novel.values));
    const wrong = novel.values > 1 ? misspelt(column, past) : 0;
    rate('misspelt', (one) => (one === column ? wrong : 0), sign(2));
  }
}

/** Values that the update before had too: where they usually differ, it was sent again. */
function compareRepeats(
  collector: TestCollector,
  column: ColumnProfile,
  past: ColumnPast,
  index: number,
): void {
  const { name, sketch } = column;
  const latest = collector.history.latest?.profile.columns[index];
  const before = latest?.name === name ? latest.sketch : null;
  if (sketch === null || before === null) return;
  const { shared, of } = sharedValues(sketch, before);
  // Most columns share next to nothing: then what they usually share is not looked up.
  if (shared < fewestShared) {
    collector.count('repeated');
    return;
  }
  const shares = past.map((one, place) => {
    const other = past[place - 1]?.sketch ?? null;
    const own = one?.sketch ?? null;
    return own === null || other === null ? { shared: 0, of: 0 } : sharedValues(own, other);
  });
  const hits = shares.map((one) => one.shared);
  const rows = shares.map((one) => one.of);
  collector.rate({ column: name, statistic: 'repeated', k: shared, n: of, hits, rows }, { onlyUp: true });
}

/** Shares of single values: of each that is frequent where there are few, or else of the most frequent. */
function compareValues(
  collector: TestCollector,
  column: ColumnProfile,
  { past, few, cluster }: KnownPast,
): void {
  const { name: of, kind, present: n } = column;
  if (kind === 'boolean' || kind === 'other' || kind === 'day') return;
  const { hits, presents } = collector.room;
  const base = { column: of, n, hits, rows: presents };
  if (column.values !== null && few !== null) {
    // A new number among few is seldom news of itself; what is used for "none" is counted apart.
    const usualTurn = largestTurn(past, few);
    const usualRise = Math.max(usualTurn, kind === 'number' ? 0.25 : 0);
    // A list of prices stays for a quarter, and is another then.
    const fewestUpdates = kind === 'number' ? blockingUpdates : learningUpdates;
    for (const [value, k] of comparedValues(column, past, few)) {
      const counted = few.get(value);
      fill(hits, past, (one, update) =>
        one.values === null ? rowsOf(one, value) : (counted?.[update] ?? 0),
      );
      collector.rate({ ...base, statistic: 'value', value, k }, { usualTurn, usualRise, fewestUpdates });
    }
    return;
  }
  const [top] = column.top;
  if (top === undefined) return;
  fill(hits, past, (one) => one.top[0]?.[1] ?? 0);
  const options = { usualJump: 0.1, onlyUp: true, cluster };
  collector.rate({ ...base, statistic: 'top', value: top[0], k: top[1] }, options);
}

function compareMeasures(
  collector: TestCollector,
  column: ColumnProfile,
  past: ColumnPast,
  few: boolean,
  width: number,
  index: number,
): void {
  const { kind, name, present } = column;
  const { values, presents } = collector.room;
  // Quantiles of few values jump from one to the next: their shares say it better.
  const isDiscrete = kind === 'number' && few;
  const isScale = (column.values?.length ?? 0) >= fewestOfScale;
  for (const [place, statistic] of measureNames[kind].entries()) {
    if (isDiscrete && statistic !== 'run' && (statistic !== 'disorder' || !isScale)) continue;
    for (let update = 0; update < past.length; update++)
      values[update] = past[update]?.measures[place] ?? Number.NaN;
    const now = column.measures[place] ?? Number.NaN;
    if (sharesOfRows.has(statistic)) {
      collector.share(name, statistic, now, present, values, presents);
      continue;
    }
    const latest = collector.history.latest?.profile.columns[index];
    const before = latest?.name === name ? (latest.measures[place] ?? Number.NaN) : Number.NaN;
    const told = stepsOfTime.has(statistic) ? afterShift(now, before, values) : now;
    collector.measure(name, statistic, told, present, values, scaleOf(statistic, width), presents);
  }
}
