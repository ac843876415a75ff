import type { ModelVersions } from '../core/prediction.ts';
import type { Reason } from '../core/reasons.ts';
import type { Session } from '../core/session.ts';
import { modelVersionOf, type Version, versionOf } from '../core/version.ts';
import type { ObjectKind } from '../declare/definition.ts';
import type { Rung } from '../plan/view-plan.ts';
import { insertRow } from './placed-values.ts';

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
};

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

/** Adds the cursor; it counts as the last of its name. An UPDATE of the one before costs twice as much. */
export async function saveCursor(tx: Session, name: string, cursor: Cursor): Promise<void> {
  await insertRow(tx, 'everview.cursors', [
    name,
    cursor.version,
    new Date(cursor.asOfMs),
    cursor.hash,
    cursor.rows,
    cursor.nextBoundaryMs === null ? null : new Date(cursor.nextBoundaryMs),
    cursor.costState,
    cursor.models.size === 0 ? null : JSON.stringify(Object.fromEntries(cursor.models)),
  ]);
}

/** How many refreshes may leave cursors behind that no longer count. */
const pruneEvery = 256;

/** Removes the cursors that later ones have replaced, after every so many refreshes. */
async function pruneCursors(tx: Session, refreshId: number): Promise<void> {
  if (refreshId % pruneEvery !== 0) return;
  await tx.run(
    'DELETE FROM everview.cursors WHERE rowid NOT IN (SELECT max(rowid) FROM everview.cursors GROUP BY name)',
  );
}

export async function dropCursor(tx: Session, name: string): Promise<void> {
  await tx.run('DELETE FROM everview.cursors WHERE name = $1', [name]);
}

export async function loadCursors(session: Session): Promise<Map<string, Cursor>> {
  const rows = await session.rows('SELECT * FROM everview.cursors ORDER BY rowid');
  return new Map(
    rows.map((row) => [
      String(row.name),
      {
        version: versionOf(Number(row.version)),
        asOfMs: Number(row.as_of),
        hash: String(row.hash),
        rows: row.rows === null ? null : Number(row.rows),
        nextBoundaryMs: row.next_boundary === null ? null : Number(row.next_boundary),
        costState: row.cost_state === null ? null : String(row.cost_state),
        models: modelVersionsOf(row.models),
      },
    ]),
  );
}

function modelVersionsOf(stored: unknown): ModelVersions {
  const versions: unknown = typeof stored === 'string' ? JSON.parse(stored) : {};
  return new Map(
    Object.entries(versions ?? {}).map(([model, version]) => [
      model,
      version === null ? null : modelVersionOf(Number(version)),
    ]),
  );
}

export async function recordRefresh(tx: Session, record: RefreshRecord): Promise<void> {
  await pruneCursors(tx, record.refreshId);
  const { predictedMs } = record;
  await insertRow(tx, 'everview.refreshes', [
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
