/** Keys that a change touches: a relation of distinct rows, and which of its columns hold what. */
export type TouchedKeys = { readonly item: string; readonly columns: readonly string[] };

/** The columns of touched keys, in the order of a domain's keys. */
export const touchedColumn = (place: number): string => `__ev_t${place}`;

/** Conditions that tie `expressions` to a row of the touched keys, which is called `__ev_touched` there. */
export function sameAsTouched(expressions: readonly string[], touched: TouchedKeys): string[] {
  return expressions.map(
    (expression, place) => `(${expression}) IS NOT DISTINCT FROM __ev_touched.${touched.columns[place]}`,
  );
}

/** Some of the touched keys, and what ties rows to them. */
export type TouchedPart = { readonly item: string; readonly conditions: readonly string[] };

/**
 * `sameAsTouched` in two: the keys without a NULL, by `=`, and those with one. For rows read from one table: DuckDB
 * leaves out what is beyond the range of the keys without reading it, but for `=` alone, and reads nothing for the
 * second part where no touched key has a NULL.
 */
export function touchedParts(
  expressions: readonly string[],
  touched: TouchedKeys,
): readonly [TouchedPart, TouchedPart] {
  const someNull = (columns: readonly string[]) =>
    `(${columns.map((column) => `(${column}) IS NULL`).join(' OR ')})`;
  const equal = expressions.map(
    (expression, place) => `(${expression}) = __ev_touched.${touched.columns[place]}`,
  );
  return [
    { item: touched.item, conditions: equal },
    {
      item: `(SELECT * FROM ${touched.item} WHERE ${someNull(touched.columns)})`,
      conditions: [someNull(expressions), ...sameAsTouched(expressions, touched)],
    },
  ];
}
