import { type KeyRange, withinRanges } from './key-range.ts';

/** Keys that a change touches: a relation of distinct rows, which of its columns hold what, and their ranges, if known. */
export type TouchedKeys = {
  readonly item: string;
  readonly columns: readonly string[];
  readonly ranges?: readonly (KeyRange | null)[];
};

/** The columns of touched keys, in the order of a domain's keys. */
export const touchedColumn = (place: number): string => `__ev_t${place}`;

/** Conditions that tie `expressions` to a row of the touched keys, which is called `__ev_touched` there. */
export function sameAsTouched(
  expressions: readonly string[],
  { columns, ranges = [] }: TouchedKeys,
): string[] {
  const same = expressions.map(
    (expression, place) => `(${expression}) IS NOT DISTINCT FROM __ev_touched.${columns[place]}`,
  );
  return [...same, ...withinRanges(expressions, ranges)];
}
