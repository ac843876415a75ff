import { quoteIdentifier, versionColumn, weightColumn } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import type { ViewHandle } from './refresher.ts';

export function logOf(name: string): string {
  return `log.${quoteIdentifier(name)}`;
}

export function contentsOf(name: string): string {
  return `view.${quoteIdentifier(name)}`;
}

/** Makes the view's log when it is first needed. */
export async function ensureLog(tx: Session, view: ViewHandle): Promise<void> {
  const columns = view.schema.map(({ name, type }) => `${quoteIdentifier(name)} ${type}`);
  columns.push(`${quoteIdentifier(weightColumn)} TINYINT`, `${quoteIdentifier(versionColumn)} BIGINT`);
  await tx.run(`CREATE TABLE IF NOT EXISTS ${logOf(view.name)} (${columns.join(', ')})`);
}

/**
 * A SELECT of `list` for each row of `relation`, as many times as the absolute value of its weight.
 *
 * @param isSet true when every weight is 1 or −1
 */
export function repeated(relation: string, list: readonly string[], isSet: boolean, where = 'true'): string {
  const select = `SELECT ${list.join(', ')}`;
  if (isSet) return `${select} FROM ${relation} WHERE ${where}`;
  return `${select} FROM (SELECT *, unnest(range(abs(${quoteIdentifier(weightColumn)}))) FROM ${relation} WHERE ${where})`;
}
