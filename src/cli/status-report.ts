import type { Everview, Row, SqlValue } from '../index.ts';
import { spanText } from './provenance-line.ts';
import { tableLines } from './table.ts';
import type { Output } from './terminal.ts';

export type LastRefresh = {
  readonly kind: string;
  readonly reason: string;
  readonly ms: number;
  readonly at: Date;
};

/** How far behind the contents are; for a model, those of the version that answers. */
export type ContentsStatus = {
  /** The newest version of the database the contents are right for. */
  readonly asOf: number;
  readonly versions: number;
  readonly rows: number;
  readonly ms: number;
  readonly effect: number | null;
};

export type ObjectStatus = { readonly name: string } & (
  | {
      readonly kind: 'table';
      readonly rows: number;
      /** Rows set aside and not yet corrected, released or dropped. */
      readonly quarantined: number;
    }
  | { readonly kind: 'virtual-view' }
  | {
      readonly kind: 'view' | 'training-set' | 'model';
      /** The promoted version of a model. */
      readonly modelVersion: number | null;
      /** Null: never built, or built from another definition. */
      readonly contents: ContentsStatus | null;
      readonly policyMet: boolean;
      readonly lastRefresh: LastRefresh | null;
    }
);

export type StatusReport = { readonly version: number; readonly objects: readonly ObjectStatus[] };

/** Reads the state of every object from the system tables. */
export async function readStatus(engine: Pick<Everview, 'execute'>): Promise<StatusReport> {
  const tables = await engine.execute('SELECT name, rows FROM everview.tables');
  const virtual = await engine.execute("SELECT name FROM everview.views WHERE kind = 'view'");
  const models = await engine.execute('SELECT name, model_version FROM everview.models');
  const staleness = await engine.execute('SELECT * FROM everview.staleness');
  const refreshes = await engine.execute(
    `SELECT name, kind, reason, actual_ms, refreshed_at FROM everview.refreshes
     QUALIFY row_number() OVER (PARTITION BY name ORDER BY refresh_id DESC) = 1`,
  );
  const quarantine = await engine.execute(
    `SELECT "table" AS name, count(*) AS rows FROM everview.quarantine WHERE state = 'held' GROUP BY ALL`,
  );
  const asideOf = byName(quarantine.rows);
  const lastOf = byName(refreshes.rows);
  const modelOf = byName(models.rows);
  return {
    version: staleness.version,
    objects: [
      ...tables.rows.map((row) => tableStatus(row, asideOf.get(keyOf(row)))),
      ...virtual.rows.map((row) => ({ name: String(row.name), kind: 'virtual-view' as const })),
      ...staleness.rows.map((row) => maintainedStatus(row, modelOf.get(keyOf(row)), lastOf.get(keyOf(row)))),
    ],
  };
}

/** Names of what a refresh would change, each after what it reads. */
export function staleNames({ objects }: StatusReport): string[] {
  return objects.filter((object) => standingOf(object) === 'behind').map((object) => object.name);
}

function standingOf(object: ObjectStatus): 'not-kept' | 'fresh' | 'behind' {
  if (object.kind === 'table' || object.kind === 'virtual-view') return 'not-kept';
  const { contents } = object;
  return contents !== null && contents.versions === 0 && contents.rows === 0 && contents.ms === 0
    ? 'fresh'
    : 'behind';
}

function keyOf(row: Row): string {
  return String(row.name).toLowerCase();
}

function byName(rows: readonly Row[]): ReadonlyMap<string, Row> {
  return new Map(rows.map((row) => [keyOf(row), row]));
}

function tableStatus(row: Row, aside: Row | undefined): ObjectStatus {
  return {
    name: String(row.name),
    kind: 'table',
    rows: Number(row.rows),
    quarantined: Number(aside?.rows ?? 0),
  };
}

function maintainedStatus(row: Row, model: Row | undefined, last: Row | undefined): ObjectStatus {
  const asOf = numberOrNull(row.as_of_version);
  return {
    name: String(row.name),
    kind: row.kind === 'model' || row.kind === 'training-set' ? row.kind : 'view',
    modelVersion: numberOrNull(model?.model_version),
    contents:
      asOf === null
        ? null
        : {
            asOf,
            versions: Number(row.versions),
            rows: Number(row.rows),
            ms: Number(row.ms),
            effect: numberOrNull(row.effect),
          },
    policyMet: row.policy_met === true,
    lastRefresh: lastRefreshOf(last),
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

const heads = ['name', 'kind', 'rows', 'as of', 'behind', 'policy', 'last refresh', 'quarantined'] as const;

const numericHeads: ReadonlySet<string> = new Set(['rows', 'as of', 'quarantined']);

export function* statusLines(
  { version, objects }: StatusReport,
  output: Pick<Output, 'colors' | 'widthColumns'>,
): Iterable<string> {
  yield* tableLines(
    {
      columns: heads.map((name) => ({ name, type: numericHeads.has(name) ? 'BIGINT' : 'VARCHAR' })),
      rows: objects.map(statusRow),
    },
    output,
  );
  yield output.colors.dim(`version ${version} · ${summary(objects)}`);
}

function statusRow(object: ObjectStatus): Row {
  const cells = { ...Object.fromEntries(heads.map((head) => [head, ''])), name: object.name };
  switch (object.kind) {
    case 'table':
      return { ...cells, kind: 'table', rows: object.rows, quarantined: object.quarantined };
    case 'virtual-view':
      return { ...cells, kind: 'virtual view' };
    case 'view':
    case 'training-set':
    case 'model':
      return {
        ...cells,
        kind:
          object.kind.replace('-', ' ') + (object.modelVersion === null ? '' : ` v${object.modelVersion}`),
        'as of': object.contents?.asOf ?? '',
        behind: standingOf(object) === 'fresh' ? 'fresh' : behindText(object.contents),
        policy: object.policyMet ? 'met' : 'NOT MET',
        'last refresh': object.lastRefresh === null ? '' : refreshText(object.lastRefresh),
      };
  }
}

function behindText(contents: ContentsStatus | null): string {
  if (contents === null) return 'not built';
  const { versions, rows, ms, effect } = contents;
  const parts = [`${versions} version${versions === 1 ? '' : 's'}`, `${rows} row${rows === 1 ? '' : 's'}`];
  if (ms > 0) parts.push(spanText(ms));
  if (effect !== null && effect !== 0) parts.push(`effect ${effect.toPrecision(3)}`);
  return parts.join(', ');
}

function refreshText({ kind, reason, ms, at }: LastRefresh): string {
  const moment = Number.isNaN(at.getTime()) ? '' : ` at ${at.toISOString().slice(0, 19).replace('T', ' ')}`;
  return `${kind} (${reason}) in ${ms < 10 ? ms.toFixed(1) : Math.round(ms)} ms${moment}`;
}

function summary(objects: readonly ObjectStatus[]): string {
  const stale = objects.filter((object) => standingOf(object) === 'behind').length;
  const broken = objects.filter((object) => 'policyMet' in object && !object.policyMet).length;
  const aside = objects.reduce((sum, object) => sum + (object.kind === 'table' ? object.quarantined : 0), 0);
  const parts = [stale === 0 ? 'nothing is stale' : `${stale} stale`];
  if (broken > 0) parts.push(`${broken} beyond the declared policy`);
  if (aside > 0) parts.push(`${aside} row${aside === 1 ? '' : 's'} in quarantine`);
  return parts.join(' · ');
}
