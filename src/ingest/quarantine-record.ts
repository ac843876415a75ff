/** Names of the quarantine relations' own columns and closed lists. */
export const quarantineIdColumn = '__ev_q';

/** In `quarantine."t"`: what the row was to be when it was set aside. */
export const heldAsColumn = '__ev_as';

/** `replacement`: the new form of a row that the primary key finds again. */
export type HeldAs = 'insert' | 'replacement';

export type QuarantineState = 'held' | 'released' | 'corrected' | 'dropped' | 'rejected';
