import { quoteIdentifier } from '../core/identifier.ts';

/** The rows at the newest version, with exactly the user's columns. A DuckDB view: it has no rowid. */
export function dataRelation(table: string): string {
  return `data.${quoteIdentifier(table)}`;
}

/** What `dataRelation` shows, with the version that brought each row; see `createTableStorage`. */
export function baseRelation(table: string): string {
  return `base.${quoteIdentifier(table)}`;
}

/** Every change, as signed rows with their versions. A DuckDB view over `baseRelation` and `pastRelation`. */
export function logRelation(table: string): string {
  return `log.${quoteIdentifier(table)}`;
}

/** The changes that `baseRelation` does not tell. */
export function pastRelation(table: string): string {
  return `past.${quoteIdentifier(table)}`;
}

export function quarantineRelation(table: string): string {
  return `quarantine.${quoteIdentifier(table)}`;
}
