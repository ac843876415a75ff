import type { Colors } from 'picocolors/types.js';
import type { Everview, Row, SqlValue } from './engine-port.ts';
import { spanText } from './provenance-line.ts';
import { tableLines } from './table.ts';
import type { Output } from './terminal.ts';

export type LastRefresh = {
  readonly kind: string;
  readonly reason: string;
  readonly ms: number;
  readonly at: Date;
};

export type ObjectStatus = {
  readonly name: string;
  readonly kind: string;
  /** Null for a base table, and for what has no contents yet. */
  readonly asOf: number | null;
  readonly versions: number;
  readonly rows: number;
  readonly ms: number;
  readonly effect: number | null;
  readonly policyMet: boolean;
  readonly lastRefresh: LastRefresh | null;
  /** Rows set aside and not yet corrected, released or dropped. */
  readonly quarantined: number;
};

export type StatusReport = { readonly version: number; readonly objects: readonly ObjectStatus[] };

/** Reads the state of every object from the system tables. */
export async function readStatus(engine: Pick<Everview, 'execute'>): Promise<StatusReport> {
  const tables = await engine.execute('SELECT * FROM everview.tables');
  const staleness = await engine.execute('SELECT * FROM everview.staleness');
  const refreshes = await engine.execute(
    `SELECT name, kind, reason, actual_ms, refreshed_at FROM everview.refreshes
     QUALIFY row_number() OVER (PARTITION BY name ORDER BY refresh_id DESC) = 1`,
  );
  const quarantine = await engine.execute(
    `SELECT "table" AS name, count(*) AS rows FROM everview.quarantine WHERE resolved_at IS NULL GROUP BY ALL`,
  );
  const lastOf = byName(refreshes.rows);
  const asideOf = byName(quarantine.rows);
  return {
    version: staleness.version,
    objects: [
      ...tables.rows.map((row) => tableStatus(row, asideOf)),
      ...staleness.rows.map((row) => derivedStatus(row, lastOf)),
    ],
  };
}

function byName(rows: readonly Row[]): ReadonlyMap<string, Row> {
  return new Map(rows.map((row) => [String(row.name).toLowerCase(), row]));
}

function tableStatus(row: Row, asideOf: ReadonlyMap<string, Row>): ObjectStatus {
  const name = String(row.name);
  return {
    name,
    kind: 'table',
    asOf: null,
    versions: 0,
    rows: 0,
    ms: 0,
    effect: null,
    policyMet: true,
    lastRefresh: null,
    quarantined: Number(asideOf.get(name.toLowerCase())?.rows ?? 0),
  };
}

function derivedStatus(row: Row, lastOf: ReadonlyMap<string, Row>): ObjectStatus {
  const name = String(row.name);
  return {
    name,
    kind: String(row.kind),
    asOf: numberOrNull(row.as_of),
    versions: Number(row.versions),
    rows: Number(row.rows),
    ms: Number(row.ms),
    effect: numberOrNull(row.effect),
    policyMet: row.policy_met === true,
    lastRefresh: lastRefreshOf(lastOf.get(name.toLowerCase())),
    quarantined: 0,
  };
}

function lastRefreshOf(row: Row | undefined): LastRefresh | null {
  if (row === undefined) return null;
  const at = row.refreshed_at;
  return {
    kind: String(row.kind),
    reason: String(row.reason),
    ms: Number(row.actual_ms),
    at: at instanceof Date ? at : new Date(Number.NaN),
  };
}

function numberOrNull(value: SqlValue | undefined): number | null {
  return value === null || value === undefined ? null : Number(value);
}

export function* statusLines(
  { version, objects }: StatusReport,
  output: Pick<Output, 'colors' | 'widthColumns'>,
): Iterable<string> {
  const heads = ['name', 'kind', 'as of', 'behind', 'policy', 'last refresh', 'quarantined'];
  yield* tableLines(
    {
      columns: heads.map((name) => ({
        name,
        type: name === 'as of' || name === 'quarantined' ? 'BIGINT' : 'VARCHAR',
      })),
      rows: objects.map(statusRow),
    },
    output,
  );
  yield output.colors.dim(`version ${version} · ${summary(objects, output.colors)}`);
}

function statusRow(object: ObjectStatus): Row {
  const isTable = object.kind === 'table';
  return {
    name: object.name,
    kind: object.kind,
    'as of': object.asOf ?? '',
    behind: isTable ? '' : behindText(object),
    policy: isTable ? '' : object.policyMet ? 'met' : 'NOT MET',
    'last refresh': object.lastRefresh === null ? '' : refreshText(object.lastRefresh),
    quarantined: isTable ? object.quarantined : '',
  };
}

function behindText({ versions, rows, ms, effect, asOf }: ObjectStatus): string {
  if (asOf === null) return 'not built';
  if (versions === 0 && rows === 0) return 'fresh';
  const parts = [`${versions} version${versions === 1 ? '' : 's'}`, `${rows} row${rows === 1 ? '' : 's'}`];
  if (ms > 0) parts.push(spanText(ms));
  if (effect !== null && effect !== 0) parts.push(`effect ${effect.toPrecision(3)}`);
  return parts.join(', ');
}

function refreshText({ kind, reason, ms, at }: LastRefresh): string {
  const moment = Number.isNaN(at.getTime()) ? '' : ` at ${at.toISOString().slice(0, 19).replace('T', ' ')}`;
  return `${kind} (${reason}) in ${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms${moment}`;
}

function summary(objects: readonly ObjectStatus[], colors: Colors): string {
  const stale = objects.filter((object) => object.versions > 0 || object.rows > 0).length;
  const broken = objects.filter((object) => !object.policyMet).length;
  const aside = objects.reduce((sum, object) => sum + object.quarantined, 0);
  const parts = [stale === 0 ? 'nothing is stale' : `${stale} stale`];
  if (broken > 0) parts.push(colors.yellow(`${broken} beyond the declared policy`));
  if (aside > 0) parts.push(`${aside} row${aside === 1 ? '' : 's'} in quarantine`);
  return parts.join(' · ');
}
