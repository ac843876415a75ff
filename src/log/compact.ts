import { quoteIdentifier, versionColumn } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import { type Version, versionOf } from '../core/version.ts';

/**
 * Forgets a relation's changes up to and including `through`. The caller passes a version behind every reader's
 * cursor and behind the history horizon.
 */
export async function compactLog(tx: Session, name: string, through: Version): Promise<number> {
  const [log] = await tx.rows(
    `SELECT schema_name AS place FROM duckdb_tables() WHERE schema_name IN ('log', 'past') AND table_name = $1`,
    [name],
  );
  // A view that nothing rests on keeps no log. What a base table still tells of its rows is no log either.
  if (log === undefined) return 0;
  return tx.run(`DELETE FROM ${log.place}.${quoteIdentifier(name)} WHERE ${versionColumn} <= $1`, [through]);
}

/** How far back history reaches. */
export type HistoryReach = {
  /** The oldest version that can still be read. */
  readonly horizon: Version;
  /** Since this version rows of base tables know which one brought them; 0 but in files of an older form. */
  readonly rowsSince: Version;
};

export async function loadReach(session: Session): Promise<HistoryReach> {
  const [row] = await session.rows('SELECT horizon, rows_since FROM everview.meta');
  return {
    horizon: versionOf(Number(row?.horizon ?? 0)),
    rowsSince: versionOf(Number(row?.rows_since ?? 0)),
  };
}

export async function saveHorizon(tx: Session, horizon: Version): Promise<void> {
  await tx.run('UPDATE everview.meta SET horizon = $1', [horizon]);
}
