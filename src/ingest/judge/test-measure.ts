import { studentTwoSided } from '../../core/student.ts';
import { deviationOf, type ForecastWork, forecast } from './forecast.ts';
import { learningUpdates } from './table-history.ts';
import { beyondOf, type RateTest, untold } from './test-rate.ts';

export type MeasureSeries = {
  readonly values: ArrayLike<number>;
  readonly rows: ArrayLike<number>;
  readonly weekdays: readonly number[] | null;
  readonly weekday: number;
};

/** How a measure is looked at, and from which change on it matters. */
export type MeasureScale =
  /** As it is; `floor` in its own units. */
  | { readonly kind: 'plain'; readonly floor: number }
  /** By its logarithm where all values are above 0, else in units of `unit`. */
  | {
      readonly kind: 'ratio';
      readonly floor: number;
      readonly unit: number;
      /** A fall says nothing; false unless said. */
      readonly onlyUp?: boolean;
    };

/** Degrees of freedom at most: tails of real tables are heavier than the normal one. */
const mostFreedom = 12;

/** Tests one measure against those of earlier updates; null where too few of them have it. */
export function testMeasure(
  observed: number,
  n: number,
  series: MeasureSeries,
  { kind, floor, ...scaling }: MeasureScale,
  work: ForecastWork,
): RateTest | null {
  if (!Number.isFinite(observed)) return null;
  const isRatio = kind === 'ratio' && observed > 0 && areAbove(series.values);
  const unit = 'unit' in scaling && scaling.unit > 0 && !isRatio ? scaling.unit : 1;
  const { values, weekdays } = work;
  let length = 0;
  let typicalRows = 0;
  for (let index = 0; index < series.values.length; index++) {
    const value = series.values[index] ?? Number.NaN;
    if (!Number.isFinite(value)) continue;
    values[length] = isRatio ? Math.log(value) : value / unit;
    weekdays[length] = series.weekdays?.[index] ?? 0;
    length += 1;
    typicalRows += series.rows[index] ?? 0;
  }
  if (length < learningUpdates) return null;
  const expectation = forecast(
    { values, length, weekdays: series.weekdays === null ? null : weekdays, weekday: series.weekday },
    work,
  );
  const { expected, rms, worst, errors } = expectation;
  const now = isRatio ? Math.log(observed) : observed / unit;
  const effect = now - expected;
  const original = (value: number) => (isRatio ? Math.exp(value) : value * unit);
  const isFall = effect < 0 && 'onlyUp' in scaling && scaling.onlyUp === true;
  if (isFall || !(Math.abs(effect) >= floor)) return untold(observed, original(expected), effect, 0, length);
  // A smaller batch scatters more; a larger one is not trusted to scatter less.
  const widening = Math.sqrt(Math.max(1, typicalRows / length / Math.max(1, n)));
  const deviation = Math.max(deviationOf(expectation, work), rms) * widening;
  // What never varied may do so by a little.
  const smallest = floor / 4;
  const freedom = Math.min(mostFreedom, Math.max(2, errors - 1));
  const width = Math.max(deviation, smallest) * Math.sqrt(1 + 1 / length);
  return {
    observed,
    expected: original(expected),
    scale: isRatio ? original(expected) * deviation : deviation * unit,
    pValue: studentTwoSided(effect / width, freedom),
    effect,
    isTelling: true,
    beyond: beyondOf(Math.abs(effect), Math.max(worst, smallest) * widening, errors),
    isLarge: Math.abs(effect) >= 3 * floor,
    isExact: false,
    updates: length,
  };
}

/** All that are there are above 0. */
function areAbove(values: ArrayLike<number>): boolean {
  for (let index = 0; index < values.length; index++) if ((values[index] ?? Number.NaN) <= 0) return false;
  return true;
}
