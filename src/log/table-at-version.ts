import { quoteIdentifier, quoteList, versionColumn, weightColumn } from '../core/identifier.ts';
import { columnNames, type Schema } from '../core/schema.ts';
import type { Version } from '../core/version.ts';

/**
 * A base table as it was at version n: R@n = R@now − Σ changes in (n, now], as a bag. With no change since, the
 * table itself.
 *
 * A row deleted since comes back as often as it was deleted; a row inserted since is taken out as often as it was
 * inserted, whichever of its equal copies that is.
 *
 * The outer SELECT is there for an ASOF join over it: DuckDB 1.5 fails on one right over EXCEPT ALL (its issue 24672).
 */
export function tableAtVersionSql(
  name: string,
  schema: Schema,
  version: Version,
  changedSince: boolean,
): string {
  const table = `data.${quoteIdentifier(name)}`;
  const columns = quoteList(columnNames(schema));
  if (!changedSince) return `SELECT ${columns} FROM ${table}`;
  const since = `FROM log.${quoteIdentifier(name)} WHERE ${versionColumn} > ${version} AND ${weightColumn}`;
  return (
    `SELECT ${columns} FROM ((SELECT ${columns} FROM ${table} UNION ALL SELECT ${columns} ${since} < 0) ` +
    `EXCEPT ALL SELECT ${columns} ${since} > 0)`
  );
}
