import { createForecastWork, type ForecastWork } from './forecast.ts';
import { weightOf } from './significance.ts';
import { sign } from './statistic-options.ts';
import { historyLength, type TableHistory } from './table-history.ts';
import { type MeasureScale, testMeasure } from './test-measure.ts';
import { type RateOptions, type RateTest, testRate } from './test-rate.ts';
import type { TestResult } from './test-result.ts';

/** Which tests are kept. */
export type KeepsTest = (test: RateTest, weight: number) => boolean;

/** p-values above this, of a test of weight 1, are not kept: no threshold is as high. */
const kept = 0.01;

/** Those that may tell something. */
export const mayTell: KeepsTest = ({ isTelling, isExact, pValue }, weight) =>
  isTelling && (isExact || pValue <= kept * weight);

type RateCase = {
  readonly column: string;
  readonly model?: string | null;
  readonly statistic: string;
  readonly value?: string;
  /** Rows hit, of so many. */
  readonly k: number;
  readonly n: number;
  readonly hits: ArrayLike<number>;
  readonly rows: ArrayLike<number>;
  readonly others?: readonly string[];
};

/** Makes the tests of one batch, and keeps those asked for. */
export class TestCollector {
  tests = 0;
  /** Of all tests together, by which they share the budget. */
  weight = 0;
  readonly results: TestResult[] = [];
  readonly history: TableHistory;
  readonly work: ForecastWork = createForecastWork(historyLength + 1);
  /** Rows of the updates before. */
  readonly rows: readonly number[];
  /** For who compares one column after the other: a figure an update, asked about before the next is written. */
  readonly room: Readonly<Record<'hits' | 'presents' | 'values', Float64Array>>;
  readonly #weekdays: readonly number[] | null;
  readonly #weekday: number;
  readonly #keeps: KeepsTest;

  constructor(history: TableHistory, atMs: number, keeps: KeepsTest) {
    this.history = history;
    this.#keeps = keeps;
    const moments = history.units.map((unit) => unit.atMs);
    const [first = 0, last = 0] = [moments[0], moments[moments.length - 1]];
    this.#weekdays = last - first >= 21 * 86_400_000 ? moments.map(weekdayOf) : null;
    this.#weekday = weekdayOf(atMs);
    this.rows = history.units.map(({ profile }) => profile.rows);
    const room = () => new Float64Array(history.units.length);
    this.room = { hits: room(), presents: room(), values: room() };
  }

  rate(of: RateCase, options: RateOptions = {}): void {
    const { column, model = null, others = [], statistic, value = null, hits, rows } = of;
    const series = { hits, rows, weekdays: this.#weekdays, weekday: this.#weekday };
    const test = testRate(of.k, of.n, series, options, this.work);
    this.add(test, { column, model, others, statistic, value, kind: 'rate' });
  }

  measure(
    column: string,
    statistic: string,
    now: number,
    n: number,
    values: ArrayLike<number>,
    scale: MeasureScale,
    rows: ArrayLike<number> = this.rows,
    others: readonly string[] = [],
  ): void {
    const series = { values, rows, weekdays: this.#weekdays, weekday: this.#weekday };
    const test = testMeasure(now, n, series, scale, this.work);
    this.add(test, { column, model: null, others, statistic, value: null, kind: 'measure' });
  }

  /** A share of a batch's rows that depends on their order. */
  share(
    column: string,
    statistic: string,
    now: number,
    n: number,
    values: ArrayLike<number>,
    rows: ArrayLike<number>,
  ): void {
    if (Number.isNaN(now)) return;
    const known = Array.from(values, (value, place) => (Number.isNaN(value) ? 0 : (rows[place] ?? 0)));
    const hits = known.map((of, place) => Math.round(of * (values[place] || 0)));
    this.rate({ column, statistic, k: Math.round(now * n), n, hits, rows: known }, sign(2));
  }

  /** A test that tells nothing is one all the same. @returns its weight */
  count(statistic: string): number {
    const weight = weightOf(statistic);
    this.tests += 1;
    this.weight += weight;
    return weight;
  }

  add(
    test: RateTest | null,
    what: Pick<TestResult, 'column' | 'model' | 'others' | 'statistic' | 'value' | 'kind'>,
  ): void {
    if (test === null) return;
    const weight = this.count(what.statistic);
    if (this.#keeps(test, weight)) this.results.push({ ...what, ...test });
  }
}

function weekdayOf(ms: number): number {
  return (Math.floor(ms / 86_400_000) + 4) % 7;
}
