import type { Session } from '../core/session.ts';
import type { Name } from '../declare/statement.ts';
import { type ChangeOutcome, outcomeOf, type UpdateContext } from './change-outcome.ts';
import { checkStage } from './check-stage.ts';
import { resolveConflicts } from './conflict.ts';
import type { IngestTarget } from './ingest-target.ts';
import type { OnConflict } from './on-conflict.ts';
import type { RowSource } from './row-source.ts';
import { setAside } from './set-aside.ts';
import { type Stage, withStage } from './stage.ts';
import { stageSource } from './stage-source.ts';
import { replacementResponse } from './violation-response.ts';
import { writeInserts, writeReplacements } from './write-stage.ts';

export type InsertOptions = {
  /** Null: all of the table's, in order. */
  readonly columns: readonly Name[] | null;
  readonly byName: boolean;
  readonly onConflict: OnConflict | null;
  /** See SourceOptions. */
  readonly eachValueAlone?: boolean;
};

export const plainInsert: InsertOptions = { columns: null, byName: false, onConflict: null };

/**
 * Takes the rows of `source` into the table: staged, checked, then written to data and change log. Runs inside the
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
  return withStage(tx, async () => {
    const { mayMisfit, file } = await stageSource(tx, target, source, options);
    const plain: Stage = { replaces: false, hasRows: true, mayMisfit, changed: null };
    const conflicts =
      options.onConflict === null
        ? null
        : await resolveConflicts(tx, target, plain, options.onConflict, file);
    const stage = conflicts?.stage ?? plain;
    const response = stage.replaces
      ? replacementResponse(target, conflicts?.assigned ?? [])
      : target.table.definition.onViolation;
    const verdict = await checkStage(tx, target, stage, { response, file, aside: setAside, context });
    if (verdict.rows === 0) return outcomeOf(verdict, { inserted: 0, deleted: 0 });
    const written = stage.replaces
      ? await writeReplacements(tx, target, conflicts?.assigned ?? [], context)
      : await writeInserts(tx, target, context);
    return outcomeOf(verdict, written);
  });
}
