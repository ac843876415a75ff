import { quoteIdentifier, quoteLiteral, versionColumn, weightColumn } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import type { Version } from '../core/version.ts';
import { quarantineIdColumn } from '../ingest/quarantine-record.ts';
import { dataRelation, logRelation, quarantineRelation } from '../ingest/relation-names.ts';

/** When a source of a table last sent rows, and how many of all it sent since it is watched were taken. */
export type SourceArrival = { readonly lastMs: number; readonly rows: number };

/** By the source's value as text; NULL is a source too. */
export type SourceArrivals = ReadonlyMap<string | null, SourceArrival>;

type Arrived = {
  readonly table: string;
  /** The column `source` names. */
  readonly column: string;
  readonly updateId: number;
  readonly nowMs: number;
};

/**
 * Records which sources the rows of an update came from. Those of rows that were set aside have sent as well, and are not
 * silent; who sends the same again has sent nothing. What only rows that were set aside name is no source: it may be what
 * is wrong with them.
 */
export function recordSources(
  tx: Session,
  arrived: Arrived,
  version: Version,
  hasSetAside: boolean,
  known: SourceArrivals,
): Promise<SourceArrivals> {
  const { table, updateId } = arrived;
  const column = quoteIdentifier(arrived.column);
  const taken = `SELECT ${column}, 1 AS __ev_taken FROM ${logRelation(table)}
    WHERE ${versionColumn} = ${version} AND ${weightColumn} = 1`;
  const aside = `SELECT q.${column}, 0 FROM ${quarantineRelation(table)} AS q
    JOIN everview.quarantine AS e ON e.id = q.${quarantineIdColumn}
    WHERE e.update_id = ${updateId} AND e.constraint_kind <> 'replayed-batch'`;
  return record(tx, arrived, `(${hasSetAside ? `${taken} UNION ALL ${aside}` : taken})`, known);
}

/** Begins to watch a table's sources: those of rows that are there count as heard of now. */
export function beginSources(tx: Session, arrived: Arrived): Promise<SourceArrivals> {
  return record(tx, arrived, `(SELECT *, 1 AS __ev_taken FROM ${dataRelation(arrived.table)})`, new Map());
}

async function record(
  tx: Session,
  { table, column, updateId, nowMs }: Arrived,
  from: string,
  known: SourceArrivals,
): Promise<SourceArrivals> {
  const at = new Date(nowMs);
  const sent = await tx.rows(
    `SELECT CAST(${quoteIdentifier(column)} AS VARCHAR) AS source, sum(__ev_taken)::BIGINT AS rows FROM ${from} GROUP BY 1 ORDER BY 1`,
  );
  const found = sent
    .map(({ source, rows }) => ({ name: typeof source === 'string' ? source : null, rows: Number(rows) }))
    .filter(({ name, rows }) => rows > 0 || known.has(name));
  if (found.length === 0) return known;
  const values = found.map(({ name, rows }) => {
    const text = name === null ? 'NULL' : quoteLiteral(name);
    return `(${quoteLiteral(table)}, ${text}, ${updateId}, ${rows}, $1)`;
  });
  await tx.run(`INSERT INTO everview.source_arrivals VALUES ${values.join(', ')}`, [at]);
  const arrivals = new Map(known);
  for (const { name, rows } of found)
    arrivals.set(name, { lastMs: nowMs, rows: rows + (known.get(name)?.rows ?? 0) });
  return arrivals;
}

/**
 * Arrivals are added, and only their sum and the last moment count: so that they do not grow with the updates, what came
 * so far becomes, now and then, a row a source.
 */
export async function compactSources(
  tx: Session,
  sources: ReadonlyMap<string, SourceArrivals>,
  updateId: number,
): Promise<void> {
  if (updateId % compactEvery !== 0) return;
  const values = [...sources].flatMap(([table, arrivals]) =>
    [...arrivals].map(([source, { lastMs, rows }]) => {
      const text = source === null ? 'NULL' : quoteLiteral(source);
      return `(${quoteLiteral(table)}, ${text}, ${updateId}, ${rows}, make_timestamp_ms(${Math.floor(lastMs)}))`;
    }),
  );
  if (values.length === 0) return;
  await tx.run('DELETE FROM everview.source_arrivals');
  await tx.run(`INSERT INTO everview.source_arrivals VALUES ${values.join(', ')}`);
}

/** Updates. */
const compactEvery = 64;

export async function forgetSources(tx: Session, table: string): Promise<void> {
  await tx.run('DELETE FROM everview.source_arrivals WHERE "table" = $1', [table]);
}

/** By table, as they were left. */
export async function loadSources(session: Session): Promise<ReadonlyMap<string, SourceArrivals>> {
  const rows = await session.rows(
    `SELECT "table", source, max(arrived_at) AS last, sum(rows)::DOUBLE AS rows
     FROM everview.source_arrivals GROUP BY ALL ORDER BY ALL`,
  );
  const byTable = new Map<string, Map<string | null, SourceArrival>>();
  for (const { table, source, last, rows: count } of rows) {
    const name = String(table);
    const arrivals = byTable.get(name) ?? new Map<string | null, SourceArrival>();
    arrivals.set(typeof source === 'string' ? source : null, { lastMs: Number(last), rows: Number(count) });
    byTable.set(name, arrivals);
  }
  return byTable;
}
