import type { Session } from '../core/session.ts';
import type { SqlParameter } from '../core/value.ts';

/** Values for a statement: what stands in its text for each, and the parameters that go with it. */
export type PlacedValues = {
  readonly places: readonly string[];
  readonly parameters: readonly Exclude<SqlParameter, null>[];
};

/**
 * NULLs stand in the text: as parameters they have no type, and DuckDB would bind the prepared statement anew each
 * time. So there is one prepared statement for each pattern of NULLs, which are few.
 */
export function placedValues(values: readonly SqlParameter[]): PlacedValues {
  const parameters: Exclude<SqlParameter, null>[] = [];
  const places = values.map((value) => (value === null ? 'NULL' : `$${parameters.push(value)}`));
  return { places, parameters };
}

/** Adds a row to one of the engine's own tables; nobody waits for it but the next statement. */
export function insertRow(tx: Session, relation: string, values: readonly SqlParameter[]): void {
  const { places, parameters } = placedValues(values);
  tx.later(`INSERT INTO ${relation} VALUES (${places.join(', ')})`, parameters);
}
