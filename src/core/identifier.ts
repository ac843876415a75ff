/** Columns of the engine's own, beside the user's in a relation, start with this; users' may not. */
export const reservedPrefix = '__ev_';

/** The place of a row in its table, as DuckDB calls it; a column of that name would stand for it. */
export const placeColumn = 'rowid';

/** Signed multiplicity of a row in a change: +1 inserted, −1 deleted. */
export const weightColumn = '__ev_w';

/** The version whose update made a change-log row. */
export const versionColumn = '__ev_v';

/**
 * The moment of the refresh that made a change-log row, milliseconds since the Unix epoch; in the logs of views that
 * follow the clock, which can change more than once in a version.
 */
export const instantColumn = '__ev_at';

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function quoteList(names: readonly string[], prefix = ''): string {
  return names.map((name) => prefix + quoteIdentifier(name)).join(', ');
}
