import type { Session } from '../../core/session.ts';
import { blockRows } from '../moment-block.ts';
import { contentsOf, type TrainingRelation } from '../row-source.ts';

/** How a relation is read: its disjoint parts, and pieces spread over it to start from. */
export type ScanParts = {
  /** Rows, at most. */
  readonly rows: number;
  readonly parts: readonly (string | null)[];
  readonly sample: readonly (string | null)[];
};

/** Parts of a full scan; fixed, so that sums do not depend on how many streams share them. */
const scanParts = 4;
/** Rows of the warm start, in pieces of a block each: the rows of a table are often in the order of time. */
export const sampleBlocks = 8;

/** @param rowsInMemory up to so many rows the sample is the whole */
export async function planParts(
  session: Session,
  relation: TrainingRelation,
  rowsInMemory: number,
): Promise<ScanParts> {
  const tables = await session.rows(
    `SELECT 1 FROM duckdb_tables() WHERE schema_name = 'view' AND lower(table_name) = lower($1)`,
    [relation.name],
  );
  if (tables.length === 0) {
    const [counted = {}] = await session.rows(`SELECT count(*) AS rows FROM ${contentsOf(relation)}`);
    return { rows: Number(counted.rows ?? 0), parts: [null], sample: [null] };
  }
  const [span = {}] = await session.rows(
    `SELECT min(rowid) AS low, max(rowid) AS high FROM ${contentsOf(relation)}`,
  );
  const low = Number(span.low ?? 0);
  const rows = Number(span.high ?? -1) + 1 - low;
  if (rows <= rowsInMemory) return { rows, parts: [null], sample: [null] };
  const between = (from: number, to: number) => `rowid >= ${from} AND rowid < ${to}`;
  const cut = (part: number, of: number) => low + Math.floor((rows * part) / of);
  const parts = Array.from({ length: scanParts }, (_, part) =>
    between(cut(part, scanParts), cut(part + 1, scanParts)),
  );
  const sample = Array.from({ length: sampleBlocks }, (_, piece) => {
    const from = cut(piece, sampleBlocks);
    return between(from, Math.min(from + blockRows, cut(piece + 1, sampleBlocks)));
  });
  return { rows, parts, sample };
}
