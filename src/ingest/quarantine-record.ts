import { quoteIdentifier } from '../core/identifier.ts';

/** Names of the quarantine relations' own columns and closed lists. */
export const quarantineIdColumn = '__ev_q';

/** In `quarantine."t"`: what the row was to be when it was set aside. */
export const heldAsColumn = '__ev_as';

/**
 * `replacement`: the new form of a row that the primary key finds again. With the columns that its update set, each as
 * `setColumn` writes it; without any, it is of all of them.
 */
export function replacementOf(columns: readonly string[]): string {
  return `replacement${columns.map(setColumn).join('')}`;
}

/** Such that none is found within the name of another. */
export function setColumn(name: string): string {
  return `,${quoteIdentifier(name)},`;
}

export type QuarantineState = 'held' | 'released' | 'corrected' | 'dropped' | 'rejected';
