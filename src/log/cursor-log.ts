import type { ModelVersions } from '../core/prediction.ts';
import type { Reason } from '../core/reasons.ts';
import type { Session } from '../core/session.ts';
import type { Row } from '../core/value.ts';
import { modelVersionOf, type Version, versionOf } from '../core/version.ts';
import type { ObjectKind } from '../declare/definition.ts';
import type { Rung } from '../plan/view-plan.ts';
import { insertRow } from './insert-row.ts';

/** How far an object's contents have come; moves in the transaction that writes them. */
export type Cursor = {
  readonly version: Version;
  readonly asOfMs: number;
  /** Of the definition the contents were made by. */
  readonly hash: string;
  readonly rows: number | null;
  /** The first moment after which the contents change by the clock alone. */
  readonly nextBoundaryMs: number | null;
  /** The cost model's memory, as JSON. */
  readonly costState: string | null;
  /** The models whose predictions are in the contents. */
  readonly models: ModelVersions;
  /** Of a model: what came of the fit. Null: of a view, or not known. */
  readonly outcome: FitOutcome | null;
};

/** Beyond being fitted: whether the candidate passed the gate, which is named by its hash where it did not. */
export type FitOutcome =
  | { readonly kind: 'passed' }
  | { readonly kind: 'failed'; readonly gate: string }
  | { readonly kind: 'too-few-rows' };

/** Of each way there was; null: there was no such way. `incremental`: the cheapest that is. */
export type PredictedMs = {
  readonly incremental: number | null;
  readonly algebraic: number | null;
  readonly domain: number | null;
  readonly full: number | null;
};

/** One row of `everview.refreshes`. */
export type RefreshRecord = {
  readonly refreshId: number;
  readonly name: string;
  readonly objectKind: ObjectKind;
  readonly kind: 'none' | 'incremental' | 'full';
  /** What was executed; null: nothing. */
  readonly rung: Rung | null;
  readonly reason: Reason;
  readonly trigger: Reason;
  readonly fromVersion: Version | null;
  readonly toVersion: Version;
  readonly rows: number;
  readonly predictedMs: PredictedMs;
  readonly actualMs: number;
  /** Cost beyond that of the best other way, as predicted when this one was known; null where nothing was decided. */
  readonly regretMs: number | null;
  readonly refreshedAtMs: number;
};

/**
 * Adds a cursor that moves without a refresh of its object; it counts as the last of its name. An UPDATE of the one
 * before costs twice as much.
 *
 * @param lastRefreshId of the refreshes recorded so far
 */
export function saveCursor(tx: Session, name: string, cursor: Cursor, lastRefreshId: number): void {
  insertRow(tx, 'everview.cursors', [
    name,
    cursor.version,
    new Date(cursor.asOfMs),
    cursor.hash,
    cursor.rows,
    cursor.nextBoundaryMs === null ? null : new Date(cursor.nextBoundaryMs),
    cursor.costState,
    cursor.models.size === 0 ? null : JSON.stringify(Object.fromEntries(cursor.models)),
    lastRefreshId,
  ]);
}

/** What a cursor says beyond the refresh that moved it: the column `cursor` of the refreshes, as JSON. */
type CursorOfRefresh = Pick<Cursor, 'hash' | 'rows' | 'nextBoundaryMs' | 'costState'> & {
  readonly models: Readonly<Record<string, number | null>>;
  /** Left out where it says nothing. */
  readonly outcome?: FitOutcome;
};

function cursorText({ hash, rows, nextBoundaryMs, costState, models, outcome }: Cursor): string {
  const kept: CursorOfRefresh = {
    hash,
    rows,
    nextBoundaryMs,
    costState,
    models: Object.fromEntries(models),
    ...(outcome === null ? {} : { outcome }),
  };
  return JSON.stringify(kept);
}

/** How many refreshes may leave cursors behind that no longer count. */
const pruneEvery = 256;

/** Removes the cursors that later ones have replaced, after every so many refreshes. */
async function pruneCursors(tx: Session, refreshId: number): Promise<void> {
  if (refreshId % pruneEvery !== 0) return;
  const moved =
    '(SELECT name, max(refresh_id) AS last FROM everview.refreshes WHERE cursor IS NOT NULL GROUP BY name)';
  await tx.run(
    `DELETE FROM everview.cursors WHERE rowid NOT IN (SELECT max(rowid) FROM everview.cursors GROUP BY name)
       OR after_refresh < (SELECT last FROM ${moved} AS moved WHERE moved.name = cursors.name)`,
  );
  await tx.run(
    `UPDATE everview.refreshes AS each SET cursor = NULL FROM ${moved} AS moved
     WHERE each.cursor IS NOT NULL AND moved.name = each.name AND each.refresh_id < moved.last`,
  );
}

export async function dropCursor(tx: Session, name: string): Promise<void> {
  await tx.run('DELETE FROM everview.cursors WHERE name = $1', [name]);
  await tx.run('UPDATE everview.refreshes SET cursor = NULL WHERE name = $1 AND cursor IS NOT NULL', [name]);
}

/** Where every object stands: by the last of its refreshes, or by what moved it since. */
export async function loadCursors(session: Session): Promise<Map<string, Cursor>> {
  const refreshed = await session.rows(
    `SELECT refresh_id AS place, name, to_version AS version, refreshed_at AS as_of, cursor FROM everview.refreshes
     WHERE cursor IS NOT NULL ORDER BY refresh_id`,
  );
  const moved = await session.rows('SELECT *, after_refresh AS place FROM everview.cursors ORDER BY rowid');
  const placed = [
    ...refreshed.map((row) => ({ row, cursor: cursorOfRefresh(row) })),
    ...moved.map((row) => ({ row, cursor: movedCursor(row) })),
  ];
  placed.sort((one, other) => Number(one.row.place) - Number(other.row.place));
  return new Map(placed.map(({ row, cursor }) => [String(row.name), cursor]));
}

function cursorOfRefresh({ version, as_of, cursor }: Row): Cursor {
  // Written by recordRefresh below, in this form.
  const { models, outcome = null, ...kept } = JSON.parse(String(cursor)) as CursorOfRefresh;
  return {
    ...kept,
    outcome,
    version: versionOf(Number(version)),
    asOfMs: Number(as_of),
    models: modelVersionsOf(models),
  };
}

function movedCursor(row: Row): Cursor {
  return {
    version: versionOf(Number(row.version)),
    asOfMs: Number(row.as_of),
    hash: String(row.hash),
    rows: row.rows === null ? null : Number(row.rows),
    nextBoundaryMs: row.next_boundary === null ? null : Number(row.next_boundary),
    costState: row.cost_state === null ? null : String(row.cost_state),
    models: modelVersionsOf(typeof row.models === 'string' ? JSON.parse(row.models) : {}),
    outcome: null,
  };
}

function modelVersionsOf(stored: object): ModelVersions {
  return new Map(
    Object.entries(stored).map(([model, version]) => [
      model,
      version === null ? null : modelVersionOf(Number(version)),
    ]),
  );
}

/** @param cursor where the refresh has brought the contents, if it has: of the record's version and moment */
export async function recordRefresh(
  tx: Session,
  record: RefreshRecord,
  cursor: Cursor | null = null,
): Promise<void> {
  await pruneCursors(tx, record.refreshId);
  const { predictedMs } = record;
  insertRow(tx, 'everview.refreshes', [
    record.refreshId,
    record.name,
    record.objectKind,
    record.kind,
    record.reason,
    record.trigger,
    record.fromVersion,
    record.toVersion,
    record.rows,
    predictedMs.incremental,
    predictedMs.full,
    predictedOf(record),
    record.actualMs,
    new Date(record.refreshedAtMs),
    record.rung,
    record.regretMs,
    predictedMs.algebraic,
    predictedMs.domain,
    cursor === null ? null : cursorText(cursor),
  ]);
}

/** Predicted for what was executed. */
export function predictedOf({ kind, rung, predictedMs }: RefreshRecord): number | null {
  return rung === null ? predictedMs[kind === 'full' ? 'full' : 'incremental'] : predictedMs[rung];
}

export async function lastRefreshId(session: Session): Promise<number> {
  const [row] = await session.rows('SELECT coalesce(max(refresh_id), 0) AS id FROM everview.refreshes');
  return Number(row?.id ?? 0);
}

/** Why a model of the name was fitted the last time as it was, or what came of it; null: none was. */
export async function reasonOfLastFit(session: Session, model: string): Promise<string | null> {
  const [row] = await session.rows(
    `SELECT reason FROM everview.refreshes WHERE name = $1 AND object_kind = 'model' AND kind <> 'none'
     ORDER BY refresh_id DESC LIMIT 1`,
    [model],
  );
  return row === undefined ? null : String(row.reason);
}
