import { quoteIdentifier } from '../core/identifier.ts';
import { findColumn } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import type { Name } from '../declare/statement.ts';
import { hasRange, keyRanges, largeRelation } from '../store/key-range.ts';
import type { Arrival } from './arrival-rule.ts';
import { fingerprintOf, recordFingerprint } from './batch-fingerprint.ts';
import { type ChangeOutcome, nothingDone, outcomeOf, type UpdateContext } from './change-outcome.ts';
import { checkStage } from './check-stage.ts';
import { resolveConflicts } from './conflict.ts';
import { type IngestTarget, keysOf } from './ingest-target.ts';
import type { OnConflict } from './on-conflict.ts';
import type { RowSource } from './row-source.ts';
import { screensOf } from './rules-of.ts';
import { setAside } from './set-aside.ts';
import { type KeyRanges, onStage, type Placed, type Stage, stageRelation, withStage } from './stage.ts';
import { stageSource } from './stage-source.ts';
import { areUnbroken, batchInTable, moveToStage, placeFor } from './staging-place.ts';
import { replacementResponse } from './violation-response.ts';
import { writeInserts, writeReplacements } from './write-stage.ts';

export type InsertOptions = {
  /** Null: all of the table's, in order. */
  readonly columns: readonly Name[] | null;
  readonly byName: boolean;
  readonly onConflict: OnConflict | null;
  /** What SET and WHERE of ON CONFLICT call the table; its name when null. */
  readonly alias?: string | null;
  /** See SourceOptions. */
  readonly eachValueAlone?: boolean;
};

export const plainInsert: InsertOptions = { columns: null, byName: false, onConflict: null };

/**
 * Takes the rows of `source` into the table: staged, checked and written. Runs inside the
 * update's transaction and leaves no temporary table behind. `on_violation` says what becomes of rows that break a
 * constraint: `reject` refuses the statement, `quarantine` sets the rows aside, and `warn` takes them: a declared
 * opt-out of law 4 for this one table, whose views then see them.
 * @throws UpdateRejected when `on_violation` is reject; EverviewError `invalid-row`, `file-error`, `unknown-column`,
 *   `duplicate-source-row`.
 */
export async function applyInsert(
  tx: Session,
  target: IngestTarget,
  source: RowSource,
  options: InsertOptions,
  context: UpdateContext,
): Promise<ChangeOutcome> {
  const wished = options.onConflict === null ? placeFor(target, context) : onStage;
  const { onReplay } = target.table.definition.arrival;
  let isStaged = true;
  let notices: readonly string[] = [];
  const insert = async () => {
    const staged = await stageSource(tx, target, source, options, wished);
    const { place, mayMisfit, file } = staged;
    notices = staged.notices ?? [];
    const from = place.kind === 'table' ? batchInTable(target, place.version) : stageRelation;
    const ranges = await rangesOfKeys(tx, target, from, staged.ranges, context);
    const batch = onReplay === 'accept' ? null : await fingerprintOf(tx, target, from);
    const arrival: Arrival = { nowMs: context.nowMs, kind: 'arriving', repeats: batch?.repeats ?? null };
    if (batch !== null) await recordFingerprint(tx, target, batch, context);
    if (place.kind === 'table') {
      const taken = await leaveInTable(tx, target, place, arrival, ranges);
      isStaged = taken === null;
      if (taken !== null) return taken;
    }
    const plain: Stage = { ...newRows, relation: stageRelation, ranges, mayMisfit };
    const conflicts =
      options.onConflict === null
        ? null
        : await resolveConflicts(tx, target, plain, options.onConflict, options.alias ?? target.name, file);
    const stage = conflicts?.stage ?? plain;
    const response = stage.replaces
      ? replacementResponse(target, conflicts?.assigned ?? [])
      : target.table.definition.onViolation;
    const verdict = await checkStage(tx, target, stage, {
      response,
      file,
      aside: setAside,
      context,
      arrival,
    });
    if (verdict.rows === 0) return outcomeOf(verdict, { inserted: 0, deleted: 0 });
    const written = stage.replaces
      ? await writeReplacements(tx, target, conflicts?.assigned ?? [], verdict.rows, context)
      : await writeInserts(tx, target, context);
    return outcomeOf(verdict, written);
  };
  const outcome = await withStage(tx, insert, () => isStaged);
  return { ...outcome, notices };
}

const newRows = { replaces: false, hasRows: true, changed: null } as const;

/** Rows that wait in the table stay there if they break nothing; otherwise all of them go onto the stage, and null. */
async function leaveInTable(
  tx: Session,
  target: IngestTarget,
  { version, rows }: Extract<Placed, { kind: 'table' }>,
  arrival: Arrival,
  ranges: KeyRanges,
): Promise<ChangeOutcome | null> {
  if (rows === 0) return nothingDone;
  const stage = { ...newRows, inTable: version, ranges, mayMisfit: false };
  const countsOf = (relation: string) =>
    screensOf(target, { ...stage, relation }, arrival).map(({ count }) => count);
  if (await areUnbroken(tx, target, version, countsOf, rows)) return { ...nothingDone, inserted: rows };
  await moveToStage(tx, target, version);
  return null;
}

/** What the batch holds in the columns of keys, where the table is large. */
async function rangesOfKeys(
  tx: Session,
  target: IngestTarget,
  batch: string,
  known: KeyRanges = new Map(),
  { rowsOf }: UpdateContext,
): Promise<KeyRanges> {
  if ((rowsOf?.(target.name) ?? 0) < largeRelation) return new Map();
  const columns = [...new Set(keysOf(target.table.definition).flat())].filter(
    (column) => hasRange(findColumn(target.schema, column)?.type ?? '') && !known.has(column.toLowerCase()),
  );
  const ranges = await keyRanges(tx, batch, columns.map(quoteIdentifier));
  return new Map([
    ...known,
    ...columns.map((column, place) => [column.toLowerCase(), ranges[place] ?? null] as const),
  ]);
}
