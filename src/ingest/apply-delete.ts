import { quoteIdentifier } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import type { SqlFragment } from '../declare/statement.ts';
import { type ChangeOutcome, nothingDone, type UpdateContext } from './change-outcome.ts';
import { checkStage } from './check-stage.ts';
import type { IngestTarget } from './ingest-target.ts';
import { dataRelation } from './relation-names.ts';
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
  const alias = quoteIdentifier(options.alias ?? target.name);
  const from = `${dataRelation(target.name)} AS ${alias}${options.using === null ? '' : `, ${options.using.text}`}`;
  const where = options.where === null ? '' : `WHERE ${options.where.text}`;
  await tx.run(
    `CREATE OR REPLACE TEMP TABLE "__ev_stage" AS
     SELECT row_number() OVER () AS ${rowColumn}, x.${oldColumn} FROM (
       SELECT ${options.using === null ? '' : 'DISTINCT '}${alias}.rowid AS ${oldColumn} FROM ${from} ${where}\n) AS x`,
  );
}
