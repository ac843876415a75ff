import { quoteIdentifier, quoteLiteral } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import type { UpdateContext } from './change-outcome.ts';
import type { IngestTarget } from './ingest-target.ts';
import { timestampSql } from './set-aside.ts';

/** A batch by its content: how many rows, and what they hash to in whatever order. */
export type BatchFingerprint = {
  readonly rows: number;
  readonly hash: string;
  /** The last update that brought the very same rows to the table; null where none did. */
  readonly repeats: number | null;
};

/**
 * The fingerprint of the rows in `relation`, as they came in: sum and exclusive or of DuckDB's 64-bit hash of each row,
 * so that the order does not count and rows that come twice do. Another release of DuckDB may hash otherwise: a replay
 * over such a change is missed, and nothing is taken for one wrongly.
 */
export async function fingerprintOf(
  tx: Session,
  target: IngestTarget,
  relation: string,
): Promise<BatchFingerprint> {
  const columns = target.schema.map(({ name }) => `b.${quoteIdentifier(name)}`).join(', ');
  const [row] = await tx.rows(
    `WITH f AS (SELECT count(*) AS n, sum(h::HUGEINT)::VARCHAR || ':' || bit_xor(h)::VARCHAR AS hash
                FROM (SELECT hash(${columns}) AS h FROM ${relation} AS b))
     SELECT n, hash, (SELECT max(update_id) FROM everview.batches AS k
       WHERE k."table" = ${quoteLiteral(target.name)} AND k.rows = f.n AND k.hash = f.hash) AS repeats FROM f`,
  );
  return {
    rows: Number(row?.n ?? 0),
    hash: String(row?.hash ?? ''),
    repeats:
      typeof row?.repeats === 'number' || typeof row?.repeats === 'bigint' ? Number(row.repeats) : null,
  };
}

export async function recordFingerprint(
  tx: Session,
  target: IngestTarget,
  { rows, hash }: BatchFingerprint,
  { updateId, nowMs }: Pick<UpdateContext, 'updateId' | 'nowMs'>,
): Promise<void> {
  if (rows === 0) return;
  await tx.run(
    `INSERT INTO everview.batches VALUES (${quoteLiteral(target.name)}, ${updateId}, ${rows}, ${quoteLiteral(hash)}, ${timestampSql(nowMs)})`,
  );
}

/** The table is gone: what comes to another of its name is no replay. */
export async function forgetFingerprints(tx: Session, table: string): Promise<void> {
  await tx.run('DELETE FROM everview.batches WHERE "table" = $1', [table]);
}
