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

/** The oldest version that history still reaches. */
export async function loadHorizon(session: Session): Promise<Version> {
  const [row] = await session.rows('SELECT horizon FROM everview.meta');
  return versionOf(Number(row?.horizon ?? 0));
}

export async function saveHorizon(tx: Session, horizon: Version): Promise<void> {
  await tx.run('UPDATE everview.meta SET horizon = $1', [horizon]);
}
