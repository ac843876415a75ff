/** Values for a statement: what stands in its text for each, and the parameters that go with it. */
export type PlacedValues<V> = {
  readonly places: readonly string[];
  readonly parameters: readonly Exclude<V, null>[];
};

/**
 * NULLs stand in the text: as parameters they have no type, and DuckDB would bind the prepared statement anew each
 * time. So there is one prepared statement for each pattern of NULLs, which are few.
 */
export function placedValues<V>(values: readonly V[]): PlacedValues<V> {
  const parameters: Exclude<V, null>[] = [];
  const places = values.map((value) => (isGiven(value) ? `$${parameters.push(value)}` : 'NULL'));
  return { places, parameters };
}

function isGiven<V>(value: V): value is Exclude<V, null> {
  return value !== null;
}
