import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import type { Assignment, SqlFragment } from '../declare/statement.ts';
import { assignedColumns } from './assigned-columns.ts';
import { type ChangeOutcome, outcomeOf, type UpdateContext } from './change-outcome.ts';
import { checkStage } from './check-stage.ts';
import { type IngestTarget, primaryKeyOf } from './ingest-target.ts';
import { type OwnRows, withOwnRows } from './own-rows.ts';
import { shownPairs } from './rule.ts';
import { setAside } from './set-aside.ts';
import {
  makeStage,
  oldColumn,
  rowColumn,
  type Stage,
  stageRelation,
  stageSelect,
  withStage,
} from './stage.ts';
import { replacementResponse } from './violation-response.ts';
import { writeReplacements } from './write-stage.ts';

/** Texts refer to the table by its name or alias; sub-selects inside are rewritten to physical names already. */
export type UpdateOptions = {
  readonly set: readonly Assignment[];
  readonly from: SqlFragment | null;
  readonly where: SqlFragment | null;
  readonly alias: string | null;
};

/**
 * UPDATE: to the log a delete and an insert; rows that stay as they were make no change. Where `on_violation` is
 * quarantine, the new form of a row that breaks a constraint is set aside and the row stays as it was; without a
 * primary key to find that row again (or when the key itself is set) the statement is rejected instead.
 * @throws UpdateRejected; EverviewError `invalid-row`, `unknown-column`, `duplicate-source-row` when FROM matches a row
 *   twice with different outcomes.
 */
export async function applyUpdate(
  tx: Session,
  target: IngestTarget,
  options: UpdateOptions,
  context: UpdateContext,
): Promise<ChangeOutcome> {
  const assigned = assignedColumns(target, options.set);
  return withStage(tx, async () => {
    const alias = options.alias ?? target.name;
    const others = [options.from, options.where].flatMap((one) => (one === null ? [] : [one.text]));
    const stage = await withOwnRows(tx, target, { alias, texts: [...assigned.values(), ...others] }, (rows) =>
      stageUpdate(tx, target, assigned, options, rows),
    );
    const columns = [...assigned.keys()];
    if (options.from !== null) await assertEachOnce(tx, target);
    const verdict = await checkStage(tx, target, stage, {
      response: replacementResponse(target, columns),
      file: null,
      aside: setAside,
      context,
      arrival: { nowMs: context.nowMs, kind: 'arriving', repeats: null },
    });
    if (verdict.rows === 0) return outcomeOf(verdict, { inserted: 0, deleted: 0 });
    return outcomeOf(verdict, await writeReplacements(tx, target, columns, verdict.rows, context));
  });
}

async function stageUpdate(
  tx: Session,
  target: IngestTarget,
  assigned: ReadonlyMap<string, string>,
  options: UpdateOptions,
  rows: OwnRows,
): Promise<Stage> {
  const alias = quoteIdentifier(options.alias ?? target.name);
  const values = target.schema.map((column, index) => {
    const value = assigned.get(column.name);
    return `${value === undefined ? `${alias}.${quoteIdentifier(column.name)}` : `(${value}\n)`} AS __ev_c${index}`;
  });
  const old = target.schema
    .filter((column) => assigned.has(column.name))
    .map((column, index) => `${alias}.${quoteIdentifier(column.name)} AS __ev_o${index}`);
  const inner = `SELECT ${options.from === null ? '' : 'DISTINCT '}${[`${rows.place} AS ${oldColumn}`, ...values, ...old].join(', ')}
    FROM ${rows.from}${options.from === null ? '' : `, ${options.from.text}`}
    ${options.where === null ? '' : `WHERE ${options.where.text}`}`;
  const types = await tx.describe(inner);
  const given = target.schema.map((column, index) => ({
    column: column.name,
    expression: `x.__ev_c${index}`,
    // What is not assigned is of its column's type, whatever `describe` calls that (JSON it calls VARCHAR).
    type: (assigned.has(column.name) ? types[index + 1]?.type : undefined) ?? column.type,
    lossless: false,
  }));
  const assignedColumnsInOrder = target.schema
    .map((column, index) => ({ column, index }))
    .filter(({ column }) => assigned.has(column.name));
  const differs = assignedColumnsInOrder.map(
    ({ column, index }, position) =>
      // as a value: see `withDifferencesAsValues` in store/duckdb-faults.ts
      `coalesce(TRY_CAST(x.__ev_c${index} AS ${column.type}) IS DISTINCT FROM x.__ev_o${position}, false)
       OR (x.__ev_c${index} IS NOT NULL AND TRY_CAST(x.__ev_c${index} AS ${column.type}) IS NULL)`,
  );
  const select = stageSelect(target, `(${inner}) AS x`, given, {
    extra: [`x.${oldColumn}`],
    where: differs.join(' OR '),
  });
  await makeStage(tx, select);
  return {
    relation: stageRelation,
    replaces: true,
    hasRows: true,
    mayMisfit: select.mayMisfit,
    changed: new Set([...assigned.keys()].map((name) => name.toLowerCase())),
    assigned: [...assigned.keys()],
  };
}

async function assertEachOnce(tx: Session, target: IngestTarget): Promise<void> {
  const key = primaryKeyOf(target.table.definition);
  const named = key.length === 0 ? `'a row'` : `min(${shownPairs(target, key, 's.')})`;
  const [row] = await tx.rows(
    `SELECT min(s.${rowColumn}) AS r, ${named} AS k, count(*) AS n FROM ${stageRelation} AS s
     GROUP BY s.${oldColumn} HAVING count(*) > 1 ORDER BY r LIMIT 1`,
  );
  if (row === undefined) return;
  throw new EverviewError(
    'duplicate-source-row',
    `UPDATE … FROM would change ${row.k} of "${target.name}" ${row.n} times in one statement`,
    { hint: 'make FROM and WHERE match each row once', data: { table: target.name } },
  );
}
