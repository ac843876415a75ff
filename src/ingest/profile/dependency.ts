import type { BatchColumn } from './batch-columns.ts';

/** Rows that are alike in one thing are alike in another, within a batch: stores have one temperature a week. */
export type Dependency = {
  readonly kind: 'determines';
  /** What is determined. */
  readonly a: string;
  /** By what: a column, or a part of the moments in it. */
  readonly b: string;
  readonly part: TimePart | null;
};

export type TimePart = 'hour' | 'weekday';

/** Values as small numbers, in the order they came; −1 where there is none. */
export type ValueCodes = { readonly codes: Int32Array; readonly distinct: number };

const dayMs = 86_400_000;

export function codesOf({ kind, numbers, texts, present }: BatchColumn, part: TimePart | null): ValueCodes {
  const codes = new Int32Array(present.length).fill(-1);
  const known = new Map<number | string, number>();
  for (let row = 0; row < present.length; row++) {
    if (present[row] === 0) continue;
    const value = kind === 'text' ? (texts[row] ?? '') : partOf(numbers[row] ?? 0, part);
    const code = known.get(value) ?? known.size;
    if (code === known.size) known.set(value, code);
    codes[row] = code;
  }
  return { codes, distinct: known.size };
}

function partOf(value: number, part: TimePart | null): number {
  if (part === null) return value;
  return part === 'hour' ? Math.floor(value / 3_600_000) % 24 : Math.floor(value / dayMs) % 7;
}

/**
 * Rows that do not have the value most rows of their group have, and rows that are not alone in theirs; none where nearly
 * all rows have one value anyhow, for that says nothing.
 */
export function countUnlike(by: ValueCodes, of: ValueCodes): { unlike: number; rows: number } {
  if (!isVaried(of)) return { unlike: 0, rows: 0 };
  const pairs = new Map<number, number>();
  const totals = new Int32Array(by.distinct);
  const most = new Int32Array(by.distinct);
  for (let row = 0; row < by.codes.length; row++) {
    const [group, value] = [by.codes[row] ?? -1, of.codes[row] ?? -1];
    if (group < 0 || value < 0) continue;
    const pair = group * of.distinct + value;
    const rows = (pairs.get(pair) ?? 0) + 1;
    pairs.set(pair, rows);
    totals[group] = (totals[group] ?? 0) + 1;
    if (rows > (most[group] ?? 0)) most[group] = rows;
  }
  let unlike = 0;
  let rows = 0;
  for (const [group, total] of totals.entries()) {
    if (total < 2) continue;
    rows += total;
    unlike += total - (most[group] ?? 0);
  }
  return { unlike, rows };
}

function isVaried({ codes, distinct }: ValueCodes): boolean {
  if (distinct < 2) return false;
  const counts = new Int32Array(distinct);
  let rows = 0;
  for (const code of codes) {
    if (code < 0) continue;
    counts[code] = (counts[code] ?? 0) + 1;
    rows += 1;
  }
  return counts.every((count) => count <= mostAlike * rows);
}

/** Share of the rows with one value from which on it is said to be that of all. */
const mostAlike = 0.95;

/** Columns among which dependencies are looked for. */
const columnsLookedAt = 40;
/** Of one column on others. */
const keptOfColumn = 1;
const keptOfTable = 40;
/** Rows whose groups must have others in them. */
const leastGrouped = 0.5;

/**
 * Dependencies that hold in 99 % of the rows of a batch, and would not by chance: on what is no measured quantity rather
 * than on what is, and on few groups rather than many.
 */
export function chooseDependencies(columns: readonly BatchColumn[], rows: number): Dependency[] {
  const candidates = columns.filter(({ kind }) => kind !== 'other').slice(0, columnsLookedAt);
  const determined = candidates.map((column) => ({ column, values: codesOf(column, null) }));
  const determining = determined.flatMap(({ column, values }) => {
    const { name, kind } = column;
    const parts: readonly TimePart[] =
      kind === 'time' ? ['hour', 'weekday'] : kind === 'day' ? ['weekday'] : [];
    const isMeasured = isFractional(column);
    const whole = { name, part: null, values, isMeasured };
    return [whole, ...parts.map((part) => ({ name, part, values: codesOf(column, part), isMeasured }))];
  });
  const groups = determining
    .filter(({ values }) => values.distinct >= 2 && values.distinct <= rows / 2)
    .sort((x, y) => Number(x.isMeasured) - Number(y.isMeasured) || x.values.distinct - y.values.distinct);
  const found: Dependency[] = [];
  for (const { column, values } of determined) {
    if (values.distinct < 2) continue;
    let kept = 0;
    for (const by of groups) {
      if (by.name === column.name || kept >= keptOfColumn || !determines(by.values, values, rows)) continue;
      found.push({ kind: 'determines', a: column.name, b: by.name, part: by.part });
      kept += 1;
    }
  }
  return found.slice(0, keptOfTable);
}

function isFractional({ kind, numbers, present }: BatchColumn): boolean {
  return kind === 'number' && numbers.some((value, row) => present[row] === 1 && !Number.isInteger(value));
}

function determines(by: ValueCodes, of: ValueCodes, rows: number): boolean {
  const { unlike, rows: grouped } = countUnlike(by, of);
  if (grouped < leastGrouped * rows || unlike > 0.01 * grouped) return false;
  const moved = Int32Array.from(of.codes, (_, row) => of.codes[(row + (rows >> 1)) % rows] ?? -1);
  const chance = countUnlike(by, { codes: moved, distinct: of.distinct });
  return chance.unlike >= 0.1 * chance.rows;
}
