import { nearestName } from '../../core/nearest.ts';
import type { SqlValue } from '../../core/value.ts';
import type { CatalogueCause } from '../../core/verdict.ts';
import type { ColumnProfile } from '../profile/column-profile.ts';
import type { KnownColumn } from '../profile/known-column.ts';
import { isImplicitNull } from '../profile/text-traits.ts';
import { factorOf, nearestFactor } from './known-factors.ts';
import type { TestResult } from './test-result.ts';

/** Everything that speaks about one column of a batch. */
export type ColumnCase = {
  readonly column: ColumnProfile;
  /** What the table had shown of it; null: it is new. */
  readonly known: KnownColumn | null;
  /** The middle value that history lets expect; NaN for what has none. */
  readonly usualMiddle: number;
  readonly usualLow: number;
  readonly usualHigh: number;
  /** Telling tests, the surest first. */
  readonly tests: readonly TestResult[];
};

/** A cause as named, with what makes it more than a name. */
export type NamedCause = {
  readonly cause: CatalogueCause;
  readonly explanation: string;
  readonly facts: Readonly<Record<string, SqlValue>>;
  /** SQL condition over the column (`{c}`) that finds the rows; null: not known. */
  readonly rows: string | null;
  readonly repair: string | null;
};

/** Names the likely cause of what one column shows. Order matters: what explains most comes first. */
export function nameCause(of: ColumnCase): NamedCause {
  const repeated = rise(of, 'repeated');
  if (repeated !== null) {
    const text = `${percent(repeated.observed)} of the values of "${of.column.name}" are those of the update before, where ${percent(repeated.expected)} is usual`;
    return named('stale-column', text);
  }
  const found =
    of.column.kind === 'text' ? textCause(of) : of.column.kind === 'number' ? numberCause(of) : timeCause(of);
  return found ?? commonCause(of) ?? jointCause(of);
}

function rise(of: ColumnCase, statistic: string): TestResult | null {
  return of.tests.find((test) => test.statistic === statistic && test.effect > 0) ?? null;
}

function has(of: ColumnCase, ...statistics: readonly string[]): TestResult | null {
  return of.tests.find((test) => statistics.includes(test.statistic)) ?? null;
}

function named(
  cause: CatalogueCause,
  explanation: string,
  more: Partial<Pick<NamedCause, 'facts' | 'rows' | 'repair'>> = {},
): NamedCause {
  return { cause, explanation, facts: {}, rows: null, repair: null, ...more };
}

export function percent(share: number): string {
  const points = share * 100;
  return `${points >= 10 || points === 0 ? points.toFixed(0) : points.toPrecision(2)} %`;
}

function commonCause(of: ColumnCase): NamedCause | null {
  const { column } = of;
  const nulls = rise(of, 'null');
  if (nulls !== null) {
    const text = `${percent(nulls.observed)} of "${column.name}" are NULL, where ${percent(nulls.expected)} is usual`;
    return named('null-burst', text, { rows: '{c} IS NULL' });
  }
  const run = rise(of, 'run');
  const length = Math.round(Math.expm1(run?.observed ?? 0));
  const top = rise(of, 'top') ?? rise(of, 'value') ?? rise(of, 'true');
  // A run as long as the value is frequent is one stretch of rows.
  if (run !== null && length >= 0.6 * (column.top[0]?.[1] ?? 0)) {
    const text = `"${column.name}" repeats ${column.top[0]?.[0] ?? 'one value'} in ${length} rows one after the other`;
    return named('frozen-column', text, { facts: { value: column.top[0]?.[0] ?? null, rows: length } });
  }
  const gone = of.tests.find(isGone);
  if (gone !== undefined) return lostSegment(column.name, gone);
  if (top !== null) {
    const text = `"${column.name}" is ${top.value ?? 'true'} in ${percent(top.observed)} of the rows, where ${percent(top.expected)} is usual`;
    const cause = column.values === null ? 'default-flood' : 'category-flood';
    return named(cause, text, { facts: { value: top.value } });
  }
  const lost = of.tests.find(({ statistic, effect }) => statistic === 'value' && effect < 0);
  return lost === undefined ? null : lostSegment(column.name, lost);
}

/** A value that was frequent and is all but gone: the others' shares rise by that alone. */
export function isGone({ statistic, observed, expected }: TestResult): boolean {
  return statistic === 'value' && expected >= 0.02 && observed <= 0.1 * expected;
}

function lostSegment(column: string, { value, observed, expected }: TestResult): NamedCause {
  const text = `${value} came in ${percent(observed)} of "${column}", where ${percent(expected)} is usual`;
  return named('missing-segment', text, { facts: { value } });
}

function jointCause({ column, tests }: ColumnCase): NamedCause {
  const agreement = tests.find(({ statistic }) => statistic.startsWith('agreement'));
  if (agreement !== undefined) {
    const others = agreement.others.map((other) => `"${other}"`).join(' and ');
    const text = `"${column.name}" disagrees with ${others} in ${percent(agreement.observed)} of the rows`;
    return named('derived-disagreement', text, { facts: { other: agreement.others[0] ?? null } });
  }
  const correlation = tests.find(({ statistic }) => statistic === 'correlation');
  if (correlation !== undefined) {
    const text = `"${column.name}" no longer goes with "${correlation.others[0] ?? ''}" as it did`;
    return named('stale-column', text, { facts: { other: correlation.others[0] ?? null } });
  }
  const text = `"${column.name}" has moved: ${tests[0]?.statistic ?? 'its values'}`;
  return named('covariate-drift', text);
}

function numberCause(of: ColumnCase): NamedCause | null {
  const { column, known } = of;
  const { name, novel } = column;
  const nonfinite = rise(of, 'nonfinite');
  if (nonfinite !== null) {
    const text = `${percent(nonfinite.observed)} of "${name}" are infinite or NaN`;
    return named('not-a-number', text, { rows: 'NOT isfinite({c}::DOUBLE)' });
  }
  const whole = rise(of, 'whole');
  const isCut = whole !== null && whole.effect > 1.3 * (rise(of, 'zero')?.effect ?? 0);
  const sentinel = isCut && rise(of, 'zero') !== null ? null : sentinelOf(of);
  if (sentinel !== null) {
    const text = `${sentinel.value} stands in ${percent(sentinel.share)} of "${name}", where it hardly occurred`;
    const facts = { value: Number(sentinel.value) };
    return named('sentinel', text, { facts, rows: `{c} = ${sentinel.value}`, repair: '{c} = NULL' });
  }
  const negative = rise(of, 'negative');
  const scaled = scaleOfColumn(of);
  const isFiner =
    rise(of, 'fraction') !== null ||
    of.tests.some(({ statistic, effect }) => /^(whole|tenths)$/.test(statistic) && effect < 0);
  if (negative !== null && !isFiner && (scaled === null || of.usualLow >= 0)) {
    const text = `${percent(negative.observed)} of "${name}" are below 0, where ${percent(negative.expected)} is usual`;
    if (looksMirrored(of)) return named('sign-flip', text, { rows: '{c} < 0', repair: '{c} = -{c}' });
  }
  if (scaled !== null) {
    const text = `"${name}" is ${scaled.text} in ${percent(scaled.share)} of the rows`;
    const beyond = scaled.factor > 1 ? `{c} > ${known?.greatest ?? 0}` : `{c} < ${known?.least ?? 0}`;
    const rows =
      scaled.share > 0.9 ? 'TRUE' : scaled.factor > 1 && Number.isFinite(known?.greatest) ? beyond : null;
    return named('unit-change', text, {
      facts: { factor: scaled.factor },
      rows,
      repair: `{c} = {c} / ${scaled.factor}`,
    });
  }
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
  const spread = has(of, 'spread', 'roughness');
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
  return null;
}

/** Share of the rows from which on it is the column that has moved, and not some rows. */
const mostOutliers = 0.2;

/** Rows outside of what was known; those far outside are among them. */
function farRows(known: KnownColumn | null): string | null {
  return known === null ? null : `{c} < ${known.least} OR {c} > ${known.greatest}`;
}

/** Rough beyond what noise does, and by nothing else than the order of the rows. */
function isDisordered({ tests }: ColumnCase): boolean {
  const [first] = tests.filter(({ statistic }) => statistic === 'roughness');
  return (
    first !== undefined &&
    first.effect > Math.log(1.3) &&
    tests.every(({ statistic }) => statistic === 'roughness' || statistic === 'run')
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

/** A factor between what came and what is usual, where it is a known one. */
function scaleOfColumn(of: ColumnCase): { factor: number; text: string; share: number } | null {
  const { column, usualMiddle, usualLow, usualHigh } = of;
  const { present, novel } = column;
  const median = has(of, 'median', 'q25', 'q75');
  if (median !== null && usualMiddle > 0 && column.middle > 0) {
    const found = nearestFactor(column.middle / usualMiddle, 0.25);
    const spread = factorOf(of.tests, 'spread');
    if (found !== null && (spread === null || Math.abs(Math.log(spread / found.factor)) < 0.7))
      return { ...found, share: 1 };
  }
  const wider = has(of, 'above-range', 'far', 'spread', 'roughness', 'q95');
  if (wider !== null && wider.effect > 0 && novel.above >= 2 && usualHigh > 0) {
    // What is out of range may be of the upper half only: compare it with the upper part of what is usual.
    const usual =
      novel.above > 0.5 * present ? usualMiddle : Math.max(usualMiddle, (usualMiddle + usualHigh) / 2);
    const found = usual > 0 ? nearestFactor(novel.aboveMedian / usual, 0.8) : null;
    if (found !== null && found.factor > 2) return { ...found, share: novel.above / Math.max(1, present) };
  }
  const low = has(of, 'q05') ?? rise(of, 'below-range') ?? rise(of, 'far');
  if (low !== null && low.effect !== 0 && usualLow > 0 && column.least > 0 && column.least < usualLow / 4) {
    const found = nearestFactor(column.least / usualLow, 0.8);
    if (found !== null && found.factor < 0.5)
      return { ...found, share: Math.max(novel.below / Math.max(1, present), 0.01) };
  }
  return null;
}

function textCause(of: ColumnCase): NamedCause | null {
  const { column, known } = of;
  const { name } = column;
  const damaged = rise(of, 'damaged') ?? rise(of, 'non-ascii');
  if (damaged !== null) {
    return named(
      'encoding-damage',
      `${percent(damaged.observed)} of "${name}" were decoded by the wrong character set`,
    );
  }
  const [newest] = column.novel.newest;
  const isNone = newest !== undefined && isImplicitNull(newest[0]);
  const implicit =
    rise(of, 'implicit-null') ??
    rise(of, 'empty') ??
    (isNone ? (rise(of, 'new-patterns') ?? rise(of, 'new-values')) : null);
  if (implicit !== null) {
    const word = [...column.novel.newest, ...column.top].find(([value]) => isImplicitNull(value))?.[0] ?? '';
    const literal = `'${word.replaceAll("'", "''")}'`;
    const text = `'${word}' stands in ${percent(implicit.observed)} of "${name}"`;
    return named('implicit-null', text, {
      facts: { value: word },
      rows: `{c} = ${literal}`,
      repair: '{c} = NULL',
    });
  }
  const zeros = rise(of, 'leading-zero');
  if (zeros !== null)
    return named(
      'key-loss',
      `${percent(zeros.observed)} of "${name}" start with a 0, where ${percent(zeros.expected)} is usual`,
    );
  const padded = rise(of, 'padded');
  if (padded !== null) {
    return named('new-category', `${percent(padded.observed)} of "${name}" have blanks around them`, {
      rows: '{c} <> trim({c})',
      repair: '{c} = trim({c})',
    });
  }
  const unknown = rise(of, 'new-values') ?? rise(of, 'misspelt');
  const patterns = rise(of, 'new-patterns');
  if (unknown !== null && newest !== undefined && known?.values !== null && known !== null) {
    const meant = nearestName(newest[0], [...known.values]);
    const hint = meant === null ? '' : `; "${meant}" was meant`;
    const isWrapped = patterns !== null && meant === null;
    const cause =
      isWrapped || (patterns !== null && /^\W|\W$/.test(newest[0])) ? 'pattern-break' : 'new-category';
    const literal = newest[0].replaceAll("'", "''");
    return named(
      cause,
      `${percent(unknown.observed)} of "${name}" were never seen, such as "${newest[0]}"${hint}`,
      {
        facts: { value: newest[0], meant },
        rows: `{c} = '${literal}'`,
        repair: meant === null ? null : `{c} = '${meant.replaceAll("'", "''")}'`,
      },
    );
  }
  if (patterns !== null)
    return named('pattern-break', `${percent(patterns.observed)} of "${name}" have a form never seen`);
  return null;
}

function timeCause(of: ColumnCase): NamedCause | null {
  const { column } = of;
  const { name } = column;
  const epoch = rise(of, 'epoch');
  if (epoch !== null) {
    const text = `${percent(epoch.observed)} of "${name}" stand at 1970 or before 1907`;
    return named('sentinel', text, { facts: { value: '1970-01-01' } });
  }
  const days = (test: TestResult | null) =>
    test === null ? 0 : (test.observed - test.expected) / 86_400_000;
  const first = days(has(of, 'first-step'));
  const middle = days(has(of, 'median-step'));
  const last = days(has(of, 'last-step'));
  const largest = [first, middle, last].reduce((a, b) => (Math.abs(b) > Math.abs(a) ? b : a), 0);
  const shift = Math.abs(largest);
  const isWhole = Math.abs(first - last) < 0.1 * shift;
  if (shift >= 300) return named('clock-skew', `"${name}" is off by ${Math.round(shift)} days`);
  if (has(of, 'late-day') !== null || (shift >= 20 && !isWhole)) {
    return named('date-format', `days and months of "${name}" look exchanged`);
  }
  if (last < -0.01 && first > -0.01) {
    return named('missing-rows', `the rows of "${name}" end ${(-last).toFixed(2)} days before they should`);
  }
  const hour = has(of, 'hour-east', 'hour-north', 'value', 'whole-hour', 'midnight');
  if (hour !== null || (shift > 0 && shift < 1.01)) {
    const hours = shift === 0 ? null : Math.round(largest * 24);
    const by = hours === null || hours === 0 ? '' : `, by ${hours} h`;
    return named('time-shift', `the hours of "${name}" are shifted${by}`, { facts: { hours } });
  }
  if (shift >= 1)
    return named('missing-rows', `"${name}" goes on ${shift.toFixed(1)} days off where it should`);
  const disorder = rise(of, 'ties') ?? rise(of, 'inversions');
  if (disorder !== null) {
    const text = `${percent(disorder.observed)} of "${name}" ${disorder.statistic === 'ties' ? 'come twice' : 'go back in time'}, where ${percent(disorder.expected)} is usual`;
    return named('time-shift', text);
  }
  const gaps = rise(of, 'gaps');
  if (gaps !== null) {
    return named(
      'missing-rows',
      `"${name}" leaves out moments: ${percent(gaps.observed)} of its steps are not the usual one`,
    );
  }
  if (has(of, 'span') !== null) {
    return named('missing-rows', `"${name}" covers another length of time than usual`);
  }
  return null;
}
