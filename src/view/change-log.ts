import { instantColumn, quoteIdentifier, versionColumn, weightColumn } from '../core/identifier.ts';
import { columnNames, type Schema } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import { derivedLogOf } from './derived-log.ts';
import type { RefreshContext, ViewHandle } from './refresher.ts';

export function logOf(name: string): string {
  return `log.${quoteIdentifier(name)}`;
}

export function contentsOf(name: string): string {
  return `view.${quoteIdentifier(name)}`;
}

/** The table that holds the rows of the contents: with keys that the view does not show, it is the state's. */
export function rowsOf(view: ViewHandle): string {
  return hiddenKeys(view).length === 0 ? contentsOf(view.name) : `state.${quoteIdentifier(view.name)}`;
}

/** The columns of `rowsOf`. */
export function storedSchema(view: ViewHandle): Schema {
  return [...view.schema, ...hiddenKeys(view)];
}

export function storedColumns(view: ViewHandle): string[] {
  return columnNames(storedSchema(view));
}

export function hiddenKeys({ plan }: ViewHandle): Schema {
  return plan.kind === 'domain' ? plan.hidden : [];
}

/** `written`: a table of signed rows. `derived`: a DuckDB view over the log of the one table the view reads. */
export type LogKind = 'written' | 'derived';

/**
 * Makes the view's log when it is first needed, and says what it is. A log that an older release wrote although it
 * could be derived stays as it is.
 */
export async function ensureLog(tx: Session, view: ViewHandle): Promise<LogKind> {
  const derived = derivedLogOf(view);
  if (derived !== null) {
    if (await isThere(tx, 'view', view.name)) return 'derived';
    if (!(await isThere(tx, 'table', view.name))) {
      await tx.run(`CREATE VIEW ${logOf(view.name)} AS ${derived}`);
      return 'derived';
    }
  }
  const columns = columnNames(view.schema).map(quoteIdentifier);
  columns.push(
    `0::TINYINT AS ${quoteIdentifier(weightColumn)}`,
    `0::BIGINT AS ${quoteIdentifier(versionColumn)}`,
  );
  if (view.isClocked) columns.push(`0::BIGINT AS ${quoteIdentifier(instantColumn)}`);
  // Of the types that the contents have: DuckDB's clients are told VARCHAR of JSON, which is not the same to `to_json`.
  await tx.run(
    `CREATE TABLE IF NOT EXISTS ${logOf(view.name)} AS SELECT ${columns.join(', ')} FROM ${contentsOf(view.name)} WHERE false`,
  );
  return 'written';
}

/** One kind at a time: DuckDB takes 1 ms longer to list both. */
async function isThere(tx: Session, kind: 'view' | 'table', name: string): Promise<boolean> {
  const found = await tx.rows(
    `SELECT 1 FROM duckdb_${kind}s() WHERE schema_name = 'log' AND lower(${kind}_name) = lower($1)`,
    [name],
  );
  return found.length > 0;
}

/** The values after a row's weight in a written log. */
export function logPlace(
  view: ViewHandle,
  { to, moments }: Pick<RefreshContext, 'to' | 'moments'>,
): string[] {
  return view.isClocked ? [String(to), String(moments.toMs)] : [String(to)];
}

/** The rows of a written log that this refresh made. */
export function justLogged(
  view: ViewHandle,
  { to, moments }: Pick<RefreshContext, 'to' | 'moments'>,
): string {
  const version = `${quoteIdentifier(versionColumn)} = ${to}`;
  return view.isClocked ? `${version} AND ${quoteIdentifier(instantColumn)} = ${moments.toMs}` : version;
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
