import { measureNames } from '../profile/column-profile.ts';
import { createForecastWork, type ForecastWork } from './forecast.ts';
import { severityOf } from './significance.ts';
import { sign } from './statistic-options.ts';
import { type ColumnPast, columnHistory, historyLength, type TableHistory } from './table-history.ts';
import { testMeasure } from './test-measure.ts';
import { type RateTest, testRate } from './test-rate.ts';

/** The least that an update of the usual size must change for a notice; null: not known, or nothing would do. */
export type SmallestChange = {
  /** Share of the rows whose value would have to go missing. */
  readonly nulls: number | null;
  /** Shift of the median, in the column's units. */
  readonly median: number | null;
};

/** What cannot be seen, a column: found by asking the tests themselves. */
export function smallestChange(
  history: TableHistory,
  name: string,
  index: number,
  noticeBelow: number,
): SmallestChange {
  const past = columnHistory(history, name, index);
  const rows = past.map((one) => (one === null ? 0 : one.present + one.nulls));
  const typical = [...rows].sort((a, b) => a - b)[rows.length >> 1] ?? 0;
  const isNoticed = (statistic: string, test: RateTest) =>
    severityOf({ ...test, statistic, model: null }, { block: 0, notice: noticeBelow, caution: 1 }) !== null;
  const work = createForecastWork(historyLength + 1);
  const hits = past.map((one) => one?.nulls ?? 0);
  const series = { hits, rows, weekdays: null, weekday: 0 };
  const nullsAt = (k: number) => {
    const test = testRate(k, typical, series, sign(2), work);
    return test !== null && test.effect > 0 && isNoticed('null', test);
  };
  const found = typical === 0 ? null : firstTrue(typical, nullsAt);
  const usual = testRate(0, Math.max(1, typical), series, sign(2), work)?.expected ?? 0;
  return {
    nulls: found === null ? null : Math.max(0, found / typical - usual),
    median: past.every((one) => one?.kind === 'number')
      ? smallestShift(past, rows, typical, (test) => isNoticed('median', test), work)
      : null,
  };
}

function smallestShift(
  past: ColumnPast,
  rows: readonly number[],
  typical: number,
  isNoticed: (test: RateTest) => boolean,
  work: ForecastWork,
): number | null {
  const place = measureNames.number.indexOf('median');
  const values = past.map((one) => one?.measures[place] ?? Number.NaN);
  const series = { values, rows, weekdays: null, weekday: 0 };
  const scale = { kind: 'plain', floor: 0 } as const;
  const here = testMeasure(values[values.length - 1] ?? Number.NaN, typical, series, scale, work);
  if (here === null) return null;
  const unit = Math.max(here.scale, 1e-12) / 8;
  const steps = firstTrue(4_096, (step) => {
    const test = testMeasure(here.expected + step * unit, typical, series, scale, work);
    return test !== null && isNoticed(test);
  });
  return steps === null ? null : steps * unit;
}

/** The least number up to `most` for which `test` holds, which then holds for all above. */
function firstTrue(most: number, test: (value: number) => boolean): number | null {
  if (!test(most)) return null;
  let low = 0;
  let high = most;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if (test(middle)) high = middle;
    else low = middle;
  }
  return high;
}
