/** Whole numbers from the least on, by which a list finds a level without looking at the others. */
export type LevelSpan = { readonly least: number; readonly length: number };

/** A list may be so many times as long as there are levels: what DuckDB takes to plan it is soon lost again. */
const mostPerLevel = 8;

/** Null: levels that are not whole numbers as DuckDB prints them, or lie too far apart. */
export function levelSpan(levels: readonly string[]): LevelSpan | null {
  if (levels.length === 0 || !levels.every((level) => /^(?:0|-?[1-9]\d{0,14})$/.test(level))) return null;
  const numbers = levels.map(Number);
  const least = numbers.reduce((a, b) => Math.min(a, b));
  const length = numbers.reduce((a, b) => Math.max(a, b)) - least + 1;
  return length <= levels.length * mostPerLevel ? { least, length } : null;
}

/** A whole number's place in lists over the span, from 1 on, as BIGINT; the number must lie within. */
export function placeInSpan(span: LevelSpan, value: string): string {
  return `CAST(${value} AS BIGINT) - (${span.least - 1})`;
}

export function isInSpan({ least, length }: LevelSpan, value: string): string {
  return `${value} BETWEEN ${least} AND ${least + length - 1}`;
}

/** A list over the span of what there is for each level, and of `none` between them. */
export function overSpan<T>(
  { least, length }: LevelSpan,
  entries: readonly (readonly [level: string, T])[],
  none: T,
): T[] {
  const list = Array.from({ length }, () => none);
  for (const [level, entry] of entries) list[Number(level) - least] = entry;
  return list;
}
