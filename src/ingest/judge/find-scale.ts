import { measureNames } from '../profile/column-profile.ts';
import { type ColumnCase, has, rise } from './column-case.ts';
import { factorOf, fittingFactor, nearestFactor } from './known-factors.ts';

/** A factor between what came and what is usual. */
export type FoundScale = {
  readonly factor: number;
  readonly text: string;
  /** Of the rows, as far as is seen; 1: all. */
  readonly share: number;
  /** The rows that are multiplied are those above the range, but for a few. */
  readonly isToldByRange: boolean;
};

/** Share of the rows that is told where only the upper end shows that some are multiplied. */
const partlyScaled = 0.1;

/** A factor between what came and what is usual, where it is a known one. */
export function findScale(of: ColumnCase): FoundScale | null {
  return scaleOfMiddle(of) ?? scaleBeyond(of) ?? scaleOfUpperEnd(of) ?? scaleOfLowerEnd(of);
}

/** The middle has moved by the factor: most rows are multiplied, or all. */
function scaleOfMiddle(of: ColumnCase): FoundScale | null {
  const { column, usualMiddle } = of;
  const isMoved = has(of, 'median', 'q25', 'q75') !== null;
  if (!isMoved || !(usualMiddle > 0 && column.middle > 0)) return null;
  const found = nearestFactor(column.middle / usualMiddle, 0.25);
  const spread = factorOf(of.tests, 'spread');
  if (found === null || (spread !== null && Math.abs(Math.log(spread / found.factor)) >= 0.7)) return null;
  const isToldByRange = isBeyondRange(of, found.factor);
  if (areAllScaled(of, found.factor)) return { ...found, share: 1, isToldByRange };
  return { ...found, share: Math.max(shareAbove(of), 0.5), isToldByRange };
}

/**
 * No rows are left as they were: the lower end has moved with the middle, and no more rows are within the range than the
 * factor leaves there. One row in twenty that is not multiplied would be put wrong by what puts the others right.
 */
function areAllScaled(of: ColumnCase, factor: number): boolean {
  const { column, known, usualLow, usualHigh } = of;
  const end = (name: 'q05' | 'q95') => column.measures[measureNames.number.indexOf(name)] ?? Number.NaN;
  if (factor < 1) return !(end('q95') > usualHigh * Math.sqrt(factor));
  if (usualLow > 0 && end('q05') < usualLow * Math.sqrt(factor)) return false;
  if (known === null || !Number.isFinite(known.greatest)) return true;
  const within = column.present - column.novel.above;
  return within <= 1 + 2 * column.present * (1 - usualShareAbove(of, known.greatest / factor));
}

/** Rows out of range that are, divided by the factor, the usual ones which that brings there, and no more than these. */
function scaleBeyond(of: ColumnCase): FoundScale | null {
  const { column, known, usualMiddle, usualHigh } = of;
  const { aboveMedian, above } = column.novel;
  const wider = has(of, 'above-range', 'far', 'spread', 'disorder', 'q95');
  if (wider === null || wider.effect <= 0 || above < 2 || !(usualHigh > 0)) return null;
  const greatest = known !== null && Number.isFinite(known.greatest) ? known.greatest : usualHigh;
  const share = shareAbove(of);
  const found = fittingFactor((factor) => {
    if (!(usualMiddle > 0)) return (2 * aboveMedian) / (usualHigh * factor);
    const above = usualShareAbove(of, greatest / factor);
    return share > 1.5 * above ? Number.NaN : aboveMedian / (factor * usualValue(of, 1 - above / 2));
  });
  return found === null ? null : { ...found, share, isToldByRange: isBeyondRange(of, found.factor) };
}

/** Nothing is out of range, and the upper end is where the middle would be, multiplied. */
function scaleOfUpperEnd(of: ColumnCase): FoundScale | null {
  const { column, usualMiddle, usualHigh } = of;
  const upper = has(of, 'q95');
  const hasMiddleMoved = has(of, 'median', 'q25', 'q75') !== null;
  if (column.novel.above >= 2 || upper === null || upper.effect <= 0 || hasMiddleMoved || !(usualMiddle > 0))
    return null;
  const found = nearestFactor((2 * upper.observed) / (usualMiddle + usualHigh), 0.8);
  const isPlain = found !== null && found.factor > 2 && upper.observed > 2 * usualHigh;
  return isPlain ? { ...found, share: partlyScaled, isToldByRange: false } : null;
}

function scaleOfLowerEnd(of: ColumnCase): FoundScale | null {
  const { column, usualLow } = of;
  const low = has(of, 'q05') ?? rise(of, 'below-range') ?? rise(of, 'far');
  if (low === null || low.effect === 0 || !(usualLow > 0 && column.least > 0 && column.least < usualLow / 4))
    return null;
  const found = nearestFactor(column.least / usualLow, 0.8);
  if (found === null || found.factor >= 0.5) return null;
  const share = Math.max(column.novel.below / Math.max(1, column.present), 0.01);
  return { ...found, share, isToldByRange: false };
}

function shareAbove({ column: { novel, present } }: ColumnCase): number {
  return novel.above / Math.max(1, present);
}

/** Share of the multiplied rows out of range from which on the range tells them from the others. */
const nearlyAll = 0.8;

function isBeyondRange(of: ColumnCase, factor: number): boolean {
  const { column, known, usualMiddle } = of;
  if (factor < 1 || column.novel.above < 2 || known === null) return false;
  return !(usualMiddle > 0) || usualShareAbove(of, known.greatest / factor) >= nearlyAll;
}

/** logit(0.95) */
const logitOfHigh = Math.log(19);

/**
 * Share of the usual values that are above one, as the three quantiles that are known let it be: log-logistic on either
 * side of the middle, which tails of amounts, lengths and durations are near enough to tell powers of ten apart.
 */
function usualShareAbove(of: ColumnCase, value: number): number {
  const { usualMiddle, usualLow, usualHigh } = of;
  const upper = Math.log(usualHigh / usualMiddle);
  const width = value < usualMiddle && usualLow > 0 ? Math.log(usualMiddle / usualLow) : upper;
  return 1 / (1 + Math.exp((logitOfHigh * Math.log(value / usualMiddle)) / Math.max(width, narrowest)));
}

/** The value that a share of the usual ones is below, for shares of a half and more. */
function usualValue({ usualMiddle, usualHigh }: ColumnCase, share: number): number {
  const width = Math.max(Math.log(usualHigh / usualMiddle), narrowest);
  return usualMiddle * Math.exp((width * Math.log(share / (1 - share))) / logitOfHigh);
}

/** A column whose values are all but one varies by as much as this, by their logarithm. */
const narrowest = 0.01;
