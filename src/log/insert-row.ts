import { placedValues } from '../core/placed-values.ts';
import type { Session } from '../core/session.ts';
import type { SqlParameter } from '../core/value.ts';

/** Adds a row to one of the engine's own tables; nobody waits for it but the next statement. */
export function insertRow(tx: Session, relation: string, values: readonly SqlParameter[]): void {
  const { places, parameters } = placedValues(values);
  tx.later(`INSERT INTO ${relation} VALUES (${places.join(', ')})`, parameters);
}
