import { quoteList, versionColumn, weightColumn } from '../core/identifier.ts';
import { columnNames, type Schema } from '../core/schema.ts';
import type { Version } from '../core/version.ts';
import { baseRelation, pastRelation } from '../ingest/relation-names.ts';

/** What a table went through since a version: nothing, rows that came with their version, or it is not known. */
export type ChangeSince = 'none' | 'inserts' | 'any';

/**
 * A base table as it was at version n, as a bag: of the rows there are those that came up to n, and what has gone since,
 * less what had come since. A row that was updated since is among the rows there are, in its new form, and in `past` as
 * both: so it is taken out and put in, whichever of its equal copies that is.
 *
 * The outer SELECT is there for an ASOF join over it: DuckDB 1.5 fails on one right over EXCEPT ALL (its issue 24672).
 */
export function tableAtVersionSql(
  name: string,
  schema: Schema,
  version: Version,
  since: Exclude<ChangeSince, 'none'>,
): string {
  const columns = quoteList(columnNames(schema));
  const there = `SELECT ${columns} FROM ${baseRelation(name)} WHERE ${versionColumn} <= ${version}`;
  if (since === 'inserts') return there;
  const past = `SELECT ${columns} FROM ${pastRelation(name)} WHERE ${versionColumn} > ${version} AND ${weightColumn}`;
  return `SELECT ${columns} FROM ((${there} UNION ALL ${past} < 0) EXCEPT ALL ${past} > 0)`;
}
