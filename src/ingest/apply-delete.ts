import type { Session } from '../core/session.ts';
import type { SqlFragment } from '../declare/statement.ts';
import { type ChangeOutcome, nothingDone, type UpdateContext } from './change-outcome.ts';
import { checkStage } from './check-stage.ts';
import type { IngestTarget } from './ingest-target.ts';
import { withOwnRows } from './own-rows.ts';
import { setAside } from './set-aside.ts';
import { oldColumn, rowColumn, type Stage, stageRelation, withStage } from './stage.ts';
import { writeDeletes } from './write-stage.ts';

/** Texts refer to the table by its name or alias; sub-selects inside are rewritten to physical names already. */
export type DeleteOptions = {
  readonly using: SqlFragment | null;
  readonly where: SqlFragment | null;
  readonly alias: string | null;
};

/**
 * DELETE. Rows that others still reference are refused whatever `on_violation` says: there is no row to set aside.
 * @throws UpdateRejected
 */
export async function applyDelete(
  tx: Session,
  target: IngestTarget,
  options: DeleteOptions,
  context: UpdateContext,
): Promise<ChangeOutcome> {
  return withStage(tx, async () => {
    await stageDelete(tx, target, options);
    const stage: Stage = {
      relation: stageRelation,
      replaces: true,
      hasRows: false,
      mayMisfit: false,
      changed: null,
    };
    if (target.children.length > 0) {
      await checkStage(tx, target, stage, {
        response: 'reject',
        file: null,
        aside: setAside,
        context,
        arrival: { nowMs: context.nowMs, kind: 'arriving', repeats: null },
      });
    }
    return { ...nothingDone, ...(await writeDeletes(tx, target, context)) };
  });
}

async function stageDelete(tx: Session, target: IngestTarget, options: DeleteOptions): Promise<void> {
  const { using, where } = options;
  const texts = [using, where].flatMap((one) => (one === null ? [] : [one.text]));
  await withOwnRows(tx, target, { alias: options.alias ?? target.name, texts }, (rows) =>
    tx.run(
      `CREATE OR REPLACE TEMP TABLE "__ev_stage" AS
       SELECT row_number() OVER () AS ${rowColumn}, x.${oldColumn} FROM (
         SELECT ${using === null ? '' : 'DISTINCT '}${rows.place} AS ${oldColumn}
         FROM ${rows.from}${using === null ? '' : `, ${using.text}`} ${where === null ? '' : `WHERE ${where.text}`}\n) AS x`,
    ),
  );
}
