import { distance } from 'fastest-levenshtein';
import { type ColumnProfile, measureNames, type ValueCount } from '../profile/column-profile.ts';
import { middle } from './middle.ts';
import type { ColumnPast } from './table-history.ts';
import { frequentValues, type ValuePast } from './value-past.ts';

/** Rows of a value, among those whose counts are kept. */
export function rowsOf(column: ColumnProfile, value: string): number {
  return (column.values ?? column.top).find(([one]) => one === value)?.[1] ?? 0;
}

/**
 * How many rows usually share one value, in columns of many values that repeat all the same (a price per shop). `few`: the
 * values are a list that stays, and rows have theirs each by itself.
 */
export function clusterOf(past: ColumnPast, few: boolean): number {
  const place = measureNames.number.indexOf('distinct');
  let sum = 0;
  let count = 0;
  for (const one of past) {
    if (one === null || one.kind !== 'number' || (few && one.values !== null)) continue;
    const share = one.measures[place] ?? Number.NaN;
    if (share > 0) [sum, count] = [sum + 1 / share, count + 1];
  }
  const cluster = count * 2 < past.length ? 1 : sum / count;
  return cluster > 5 ? cluster : 1;
}

/** Days of the month say something only of moments that are spread over more than one. */
export function coversMonths(past: ColumnPast): boolean {
  const wide = past.filter((one) => one !== null && one.greatest - one.least > 45 * 86_400_000);
  return wide.length * 2 > past.length;
}

export function reachOf(past: ColumnPast) {
  let least = Number.POSITIVE_INFINITY;
  let greatest = Number.NEGATIVE_INFINITY;
  for (const one of past) {
    if (one === null) continue;
    if (one.least < least) least = one.least;
    if (one.greatest > greatest) greatest = one.greatest;
  }
  return { least, greatest };
}

/** A key by its numbers: none came twice, and each update went on from where the one before ended. It is no quantity. */
export function isGrowingKey(past: ColumnPast): boolean {
  let greatest = Number.NEGATIVE_INFINITY;
  let updates = 0;
  for (const one of past) {
    if (one === null || one.present === 0) continue;
    const distinct = one.measures[measureNames.number.indexOf('distinct')];
    if (one.kind !== 'number' || distinct !== 1 || !(one.least > greatest)) return false;
    greatest = one.greatest;
    updates += 1;
  }
  return updates > 1;
}

/** Numbers that never were but one value: nothing is known of how they move when they do. */
export function isConstant(past: ColumnPast): boolean {
  let only: string | null = null;
  for (const one of past) {
    if (one === null || one.present === 0) continue;
    if (one.kind !== 'number' && one.kind !== 'boolean') return false;
    const [value, more] = one.values ?? [];
    if (value === undefined || more !== undefined || (only !== null && only !== value[0])) return false;
    only = value[0];
  }
  return only !== null;
}

/**
 * The largest share that a value (or form) had which came in one or two updates only, where there are such: others like
 * it will come. 0: the list is closed.
 */
export function rareShare(past: ColumnPast, listOf: (one: ColumnProfile) => ColumnProfile['values']): number {
  const seen = new Map<string, { updates: number; share: number }>();
  for (const one of past) {
    for (const [value, rows] of one === null ? [] : (listOf(one) ?? [])) {
      const share = rows / Math.max(1, one?.present ?? 1);
      const known = seen.get(value) ?? { updates: 0, share: 0 };
      seen.set(value, { updates: known.updates + 1, share: Math.max(share, known.share) });
    }
  }
  return Math.max(0, ...[...seen.values()].filter(({ updates }) => updates <= 2).map(({ share }) => share));
}

/** Rows of new words that are one letter from a known one: they are misspelt, whatever new ones come. */
export function misspelt(column: ColumnProfile, past: ColumnPast): number {
  const known = new Set(past.flatMap((one) => (one?.values ?? []).map(([value]) => value)));
  let rows = 0;
  for (const [value, count] of column.novel.newest) {
    if (!isWord(value) || known.has(value)) continue;
    if ([...known].some((one) => isWord(one) && distance(value, one) === 1)) rows += count;
  }
  return rows;
}

/** Of codes, which differ by one sign as well as words by five letters, one says nothing. */
function isWord(text: string): boolean {
  return text.length >= 5 && !/\d/.test(text);
}

/** Values whose share is compared: those that are frequent now, and those that were. */
export function comparedValues(
  column: ColumnProfile,
  past: ColumnPast,
  values: ValuePast,
): readonly ValueCount[] {
  const counts = new Map(column.values ?? []);
  // Of times the values are the hours.
  const compared = new Map(column.kind === 'time' ? [] : column.top);
  for (const value of frequentValues(past, values)) compared.set(value, counts.get(value) ?? 0);
  return [...compared];
}

/** The middle of the spreads that history had: what a quantile's change is measured in. */
export function typicalWidth(past: ColumnPast): number {
  const place = measureNames.number.indexOf('spread');
  const width = middle(past.map((one) => one?.measures[place] ?? Number.NaN));
  return Number.isNaN(width) ? 0 : width;
}

/** A step from the update before, where that one came early or late itself: what makes it good again is no news. */
export function afterShift(now: number, before: number, past: ArrayLike<number>): number {
  const usual = middle(past);
  const left = now - usual + (before - usual);
  return Math.abs(left) < Math.abs(now - usual) ? usual + left : now;
}
