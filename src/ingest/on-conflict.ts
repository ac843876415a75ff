import type { Assignment, Name, SqlFragment } from '../declare/statement.ts';

/** Names and texts as the statement has them; sub-selects inside are rewritten to physical names already. */
export type OnConflict =
  | { readonly action: 'nothing'; readonly target: readonly Name[] }
  | {
      readonly action: 'update';
      readonly target: readonly Name[];
      readonly set: readonly Assignment[];
      readonly where: SqlFragment | null;
    };
