import { type ColumnProfile, countNames } from '../profile/column-profile.ts';
import { rareShare } from './column-past.ts';
import type { ColumnPast } from './table-history.ts';
import type { MeasureScale } from './test-measure.ts';
import type { RateOptions } from './test-rate.ts';

/** Values and forms never seen: an error where those known keep coming, and nothing new where some came but once. */
export function newsOf(
  past: ColumnPast,
  listOf: (one: ColumnProfile) => ColumnProfile['values'],
  rows: number,
): RateOptions {
  const usualJump = rows === 0 ? 0 : rareShare(past, listOf);
  return { usualJump, onlyUp: true, exactFrom: usualJump === 0 ? 2 : null };
}

const [wholePlace, nonfinitePlace] = [
  countNames.number.indexOf('whole'),
  countNames.number.indexOf('nonfinite'),
];

/** Numbers that are finite and not whole. */
export function fractionsOf({ kind, present, counts }: ColumnProfile): number {
  if (kind !== 'number') return 0;
  return present - (counts[wholePlace] ?? 0) - (counts[nonfinitePlace] ?? 0);
}

export const valuesOf = ({ values }: ColumnProfile) => values;
export const patternsOf = ({ patterns }: ColumnProfile) => patterns;

/** Counts of what is wrong wherever it comes: more of it is news though there was none before, less never is. */
export const suspicious: Readonly<Record<string, RateOptions>> = {
  zero: { onlyUp: true },
  negative: sign(2),
  nonfinite: sign(1),
  'minus-one': sign(2),
  nines: sign(2),
  epoch: sign(1),
  empty: sign(2),
  'implicit-null': sign(2),
  damaged: sign(1),
  padded: sign(2),
  'leading-zero': sign(2),
};

/** An error where there was none, from so many rows on. */
export function sign(exactFrom: number): RateOptions {
  return { onlyUp: true, exactFrom };
}

/** Counts that weather, seasons and fashions move, all rows of a batch together. */
const moody: ReadonlySet<string> = new Set([
  'whole',
  'tenths',
  'late-day',
  'midnight',
  'whole-hour',
  'digits',
]);

/** Sampled values that an update must share with the one before for that to be looked at. */
export const fewestShared = 3;

/** Values from which few numbers are a scale on which rows go up and down, as hours do. */
export const fewestOfScale = 12;

/** Measures of how far an update's moments are from those of the update before. */
export const stepsOfTime: ReadonlySet<string> = new Set(['first-step', 'median-step', 'last-step']);

/** Measures that are shares of the rows: of moments that come twice, or not at the usual distance. */
export const sharesOfRows: ReadonlySet<string> = new Set(['inversions', 'ties', 'gaps']);

export function optionsOf(statistic: string): RateOptions {
  const sure = suspicious[statistic];
  if (sure !== undefined) return sure;
  return moody.has(statistic) ? { usualJump: 0.1 } : {};
}

export function scaleOf(statistic: string, width: number): MeasureScale {
  switch (statistic) {
    case 'q05':
    case 'q25':
    case 'median':
    case 'q75':
    case 'q95':
      return { kind: 'ratio', floor: 0.1, unit: width };
    case 'spread':
    case 'length':
      return { kind: 'ratio', floor: 0.15, unit: 1 };
    case 'disorder':
      // Errors bring rows out of order; holidays bring them into it.
      return { kind: 'ratio', floor: 0.15, unit: 1, onlyUp: true };
    case 'run':
      return { kind: 'plain', floor: 0.5 };
    case 'distinct':
    case 'hour-east':
    case 'hour-north':
      return { kind: 'plain', floor: 0.03 };
    case 'first-step':
    case 'median-step':
    case 'last-step':
      return { kind: 'plain', floor: 1_800_000 };
    case 'span':
      return { kind: 'plain', floor: 0.2 };
    default:
      return { kind: 'plain', floor: 0.15 };
  }
}
