import { quoteLiteral } from '../core/identifier.ts';
import { placedValues } from '../core/placed-values.ts';
import type { Reason } from '../core/reasons.ts';
import type { Session } from '../core/session.ts';
import { type Version, versionOf } from '../core/version.ts';
import { ChangeIndex } from './change-index.ts';
import { insertRow } from './insert-row.ts';

/** One row of `everview.updates`. */
export type UpdateRecord = {
  readonly updateId: number;
  /** Null when the update made none. */
  readonly version: Version | null;
  readonly status: 'accepted' | 'partial' | 'rejected';
  readonly reason: Reason;
  readonly idempotencyKey: string | null;
  readonly tables: readonly string[];
  readonly inserted: number;
  readonly deleted: number;
  readonly quarantined: number;
  /** Tables to which rows came that have taken none of them. */
  readonly keptOut: readonly string[];
  readonly message: string | null;
  readonly committedAtMs: number;
};

export function recordUpdate(tx: Session, record: UpdateRecord): void {
  const { places, parameters } = placedValues([
    record.updateId,
    record.version,
    record.status,
    record.reason,
    record.idempotencyKey,
    record.inserted,
    record.deleted,
    record.quarantined,
    record.message,
    new Date(record.committedAtMs),
  ]);
  const [front, back] = [places.slice(0, 5), places.slice(5)];
  const [tables, keptOut] = [record.tables, record.keptOut].map(
    (names) => `[${names.map(quoteLiteral).join(', ')}]`,
  );
  const values = [...front, tables, ...back, keptOut].join(', ');
  tx.later(`INSERT INTO everview.updates VALUES (${values})`, parameters);
}

/**
 * Counts of one relation's change in one version; what staleness and costs are reckoned from. Of an update that is
 * about one table alone its own record says them: a statement less in every such update.
 *
 * @param effectiveMs when: with the version's update, or later for a view that was refreshed later
 */
export function recordChange(
  tx: Session,
  name: string,
  version: Version,
  inserted: number,
  deleted: number,
  effectiveMs: number,
): void {
  const at = new Date(effectiveMs);
  insertRow(tx, 'everview.changes', [name, version, inserted, deleted, at]);
}

/** The relation is gone or made anew: its changes so far are nobody's. */
export async function forgetChanges(tx: Session, name: string, version: Version): Promise<void> {
  await tx.run('DELETE FROM everview.changes WHERE name = $1', [name]);
  insertRow(tx, 'everview.forgotten', [name, version]);
}

/** The version after the accepted update that carried the key; null when none did. */
export async function findUpdateByKey(tx: Session, key: string): Promise<Version | null> {
  const [row] = await tx.rows(
    `SELECT coalesce(version, 0) AS version FROM everview.updates
     WHERE idempotency_key = $1 AND status <> 'rejected' LIMIT 1`,
    [key],
  );
  return row === undefined ? null : versionOf(Number(row.version));
}

type LoggedHistory = {
  readonly version: Version;
  readonly lastUpdateId: number;
  readonly changes: ChangeIndex;
};

/** What the engine keeps in memory of the history, read once at opening. */
export async function loadHistory(session: Session): Promise<LoggedHistory> {
  const [last] = await session.rows(
    'SELECT coalesce(max(version), 0) AS version, coalesce(max(update_id), 0) AS id FROM everview.updates',
  );
  const counts = await session.rows(
    `SELECT c.name, c.version, c.inserted, c.deleted, coalesce(c.effective_at, u.committed_at) AS moment
     FROM everview.changes c JOIN everview.updates u ON u.version = c.version
     UNION ALL
     SELECT u.tables[1], u.version, u.inserted, u.deleted, u.committed_at FROM everview.updates u
     LEFT JOIN (SELECT name, max(version) AS version FROM everview.forgotten GROUP BY name) f ON f.name = u.tables[1]
     WHERE u.version IS NOT NULL AND len(u.tables) = 1 AND u.version > coalesce(f.version, -1)
     ORDER BY version, moment`,
  );
  const changes = ChangeIndex.of(
    counts.map((row) => ({
      name: String(row['name']),
      version: versionOf(Number(row['version'])),
      effectiveMs: Number(row['moment']),
      inserted: Number(row['inserted']),
      deleted: Number(row['deleted']),
    })),
  );
  return {
    version: versionOf(Number(last?.['version'] ?? 0)),
    lastUpdateId: Number(last?.['id'] ?? 0),
    changes,
  };
}

/** The newest version committed at or before an instant. */
export async function versionAt(session: Session, atMs: number): Promise<Version> {
  const [row] = await session.rows(
    'SELECT coalesce(max(version), 0) AS version FROM everview.updates WHERE committed_at <= $1',
    [new Date(atMs)],
  );
  return versionOf(Number(row?.['version'] ?? 0));
}
