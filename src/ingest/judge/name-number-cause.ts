import type { KnownColumn } from '../profile/known-column.ts';
import { type ColumnCase, has, type NamedCause, named, percent, rise } from './column-case.ts';
import { commonCause } from './common-cause.ts';
import { type FoundScale, findScale } from './find-scale.ts';

/** What a column of numbers shows that says more than that something is other than usual; null: nothing does. */
export function numberCause(of: ColumnCase): NamedCause | null {
  const { column, known } = of;
  const { name } = column;
  const nonfinite = rise(of, 'nonfinite');
  if (nonfinite !== null) {
    const text = `${percent(nonfinite.observed)} of "${name}" are infinite or NaN`;
    return named('not-a-number', text, { rows: 'NOT isfinite({c}::DOUBLE)' });
  }
  const whole = rise(of, 'whole');
  const isCut = whole !== null && whole.effect > 1.3 * (rise(of, 'zero')?.effect ?? 0);
  const scaled = findScale(of);
  const sentinel = isCut && rise(of, 'zero') !== null ? null : sentinelOf(of);
  if (sentinel !== null && !(scaled !== null && isOneOfMany(of, sentinel))) {
    const text = `${sentinel.value} stands in ${percent(sentinel.share)} of "${name}", where it hardly occurred`;
    const facts = { value: Number(sentinel.value) };
    return named('sentinel', text, { facts, rows: `{c} = ${sentinel.value}`, repair: '{c} = NULL' });
  }
  if (isStuck(of)) return commonCause(of);
  const negative = rise(of, 'negative');
  const isFiner =
    rise(of, 'fraction') !== null ||
    of.tests.some(({ statistic, effect }) => /^(whole|tenths)$/.test(statistic) && effect < 0);
  if (negative !== null && !isFiner && (scaled === null || of.usualLow >= 0)) {
    const text = `${percent(negative.observed)} of "${name}" are below 0, where ${percent(negative.expected)} is usual`;
    if (looksMirrored(of)) return named('sign-flip', text, { rows: '{c} < 0', repair: '{c} = -{c}' });
  }
  if (scaled !== null) return unitChange(of, scaled);
  if (rise(of, 'run') !== null || rise(of, 'null') !== null) return commonCause(of);
  const fraction = rise(of, 'fraction');
  if (fraction !== null && negative === null) {
    const text = `${percent(fraction.observed)} of "${name}" are no whole numbers, as all were before`;
    return named('unit-change', text, { rows: '{c} <> trunc({c})' });
  }
  const top = rise(of, 'top') ?? rise(of, 'value');
  if (top !== null) return commonCause(of);
  const coarse = rise(of, 'whole') ?? rise(of, 'tenths');
  if (coarse !== null) {
    const digits = coarse.statistic === 'whole' ? 'no decimals' : 'at most one decimal';
    const text = `${percent(coarse.observed)} of "${name}" have ${digits}, where ${percent(coarse.expected)} is usual`;
    return named('precision-loss', text);
  }
  const far = rise(of, 'far');
  if (far !== null && far.observed < mostOutliers) {
    const text = `${percent(far.observed)} of "${name}" are far outside of all that was there before`;
    return named('outlier-rows', text, { rows: farRows(known) });
  }
  return scatterCause(of);
}

/** Where it is not known which rows are multiplied, none can be put right by a statement. */
function unitChange({ column: { name }, known }: ColumnCase, scaled: FoundScale): NamedCause {
  const { factor, share, isToldByRange } = scaled;
  const text = `"${name}" is ${scaled.text} in ${percent(share)} of the rows`;
  const beyond = isToldByRange && known !== null ? `{c} > ${known.greatest}` : null;
  const rows = share === 1 ? 'TRUE' : beyond;
  return named('unit-change', text, {
    facts: { factor },
    rows,
    repair: rows === null ? null : `{c} = {c} / ${factor}`,
  });
}

/** Rows out of order, values that scatter, or that were never there, where nothing says more. */
function scatterCause(of: ColumnCase): NamedCause | null {
  const { column } = of;
  const { name, novel } = column;
  const negative = rise(of, 'negative');
  const spread = has(of, 'spread', 'disorder');
  const moved = has(of, 'median');
  if (negative !== null) {
    return named('noise', `"${name}" scatters more than usual: ${percent(negative.observed)} are below 0`);
  }
  if (isDisordered(of)) {
    const text = `the values of "${name}" are as usual, and no longer follow one another as they did`;
    return named('derived-disagreement', text);
  }
  if (spread !== null && moved === null && novel.above + novel.below < 0.2 * column.present) {
    const text = `"${name}" scatters ${spread.effect > 0 ? 'more' : 'less'} than usual: ${spread.statistic} ${short(spread.observed)}, where ${short(spread.expected)} is usual`;
    return named('noise', text);
  }
  const strangers = rise(of, 'new-values') ?? rise(of, 'distinct');
  const stays = moved === null && has(of, 'q05', 'q25', 'q75', 'q95') === null;
  if (strangers !== null && stays && strangers.effect < mostStrangers) {
    const how = strangers.statistic === 'distinct' ? 'values that differ' : 'values never seen';
    const text = `${percent(strangers.observed)} of "${name}" are ${how}, where ${percent(strangers.expected)} is usual`;
    return named('noise', text);
  }
  return null;
}

/** Share of the rows from which on it is the column that has moved, and not some rows. */
const mostOutliers = 0.05;

/** And the same of values that are new, or that no other row has: a column of many of them is another than it was. */
const mostStrangers = 0.5;

/** Rows outside of what was known; those far outside are among them. */
function farRows(known: KnownColumn | null): string | null {
  return known === null ? null : `{c} < ${known.least} OR {c} > ${known.greatest}`;
}

/** Out of order beyond what noise does, and nothing else. */
function isDisordered({ tests }: ColumnCase): boolean {
  const [first] = tests.filter(({ statistic }) => statistic === 'disorder');
  return (
    first !== undefined &&
    first.effect > Math.log(1.3) &&
    tests.every(({ statistic }) => statistic === 'disorder' || statistic === 'run')
  );
}

function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

/** Values that programs write for "none". */
const usualSentinels: ReadonlySet<string> = new Set([
  '-1',
  '0',
  '-9',
  '-99',
  '999',
  '-999',
  '9999',
  '-9999',
  '99999',
  '-99999',
  '999999',
  '9999999',
]);

function sentinelOf(of: ColumnCase): { value: string; share: number } | null {
  const { column } = of;
  const zero = rise(of, 'zero');
  if (zero !== null && zero.expected < 0.05) return { value: '0', share: zero.observed };
  const signs = rise(of, 'minus-one') ?? rise(of, 'nines');
  const rows = Math.round((signs?.observed ?? 0) * column.present);
  const ends = [column.least, column.greatest].map((value) => [String(value), rows] as const);
  const candidates = [...column.top, ...column.novel.newest, ...(signs === null ? [] : ends)].filter(
    ([value]) => usualSentinels.has(value),
  );
  const [first] = candidates.filter(([value]) => value !== '0');
  if (first === undefined) return null;
  if (signs === null && ['above-range', 'below-range', 'far'].every((one) => rise(of, one) === null))
    return null;
  const share = first[1] / Math.max(1, column.present);
  const above = column.novel.above + column.novel.below;
  // The value explains what is out of range, or is out of the ordinary by itself.
  return signs !== null || first[1] >= 0.5 * above ? { value: first[0], share } : null;
}

/** 9.99 in cents is 999: a value among others that are new as well, and as far off. */
function isOneOfMany(
  { column: { present, novel } }: ColumnCase,
  { share }: { readonly share: number },
): boolean {
  return share * present < 0.5 * novel.above;
}

/** One value in all rows, of many before: as far from what is usual as it may be, it is no other unit. */
function isStuck(of: ColumnCase): boolean {
  const { top, present } = of.column;
  return rise(of, 'run') !== null && (top[0]?.[1] ?? 0) > 0.9 * present;
}

/** Values below zero that are as large as those above usually are. */
function looksMirrored({ column, usualLow, usualMiddle, usualHigh }: ColumnCase): boolean {
  const size = Math.abs(column.least);
  const { below, belowMedian } = column.novel;
  if (below > 0 && usualMiddle > 0 && Math.abs(belowMedian) < 0.3 * usualMiddle) return false;
  return (
    size >= 0.3 * Math.abs(usualLow) &&
    size <= 3 * Math.max(1e-9, Math.abs(usualHigh), Math.abs(column.greatest))
  );
}
