/** Columns of the engine's own, beside the user's in a relation, start with this; users' may not. */
export const reservedPrefix = '__ev_';

/** Signed multiplicity of a row in a change: +1 inserted, −1 deleted. */
export const weightColumn = '__ev_w';

/** The version whose update made a change-log row. */
export const versionColumn = '__ev_v';

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

export function quoteLiteral(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}

export function quoteList(names: readonly string[], prefix = ''): string {
  return names.map((name) => prefix + quoteIdentifier(name)).join(', ');
}
