import { quoteIdentifier, quoteLiteral } from '../core/identifier.ts';
import { findColumn, sameName } from '../core/schema.ts';
import type { Session } from '../core/session.ts';
import { arrivalRuleName } from '../declare/arrival-rules.ts';
import type { Assignment, SqlFragment } from '../declare/statement.ts';
import { assignedColumns } from './assigned-columns.ts';
import { type ChangeOutcome, nothingDone, outcomeOf, type UpdateContext } from './change-outcome.ts';
import { checkStage } from './check-stage.ts';
import { type IngestTarget, primaryKeyOf } from './ingest-target.ts';
import {
  heldAsColumn,
  type QuarantineState,
  quarantineIdColumn,
  replacementOf,
  setColumn,
} from './quarantine-record.ts';
import { baseRelation, quarantineRelation } from './relation-names.ts';
import { jsonOf } from './row-sql.ts';
import { equalKeys } from './rule.ts';
import { brokenRows, ruleText, type SetAside, timestampSql } from './set-aside.ts';
import {
  assertFits,
  makeStage,
  oldColumn,
  rowColumn,
  type Stage,
  stageRelation,
  stageSelect,
  withStage,
} from './stage.ts';
import { writeInserts, writeReplacements } from './write-stage.ts';

export type ReleaseOutcome = ChangeOutcome & {
  /** Rows that left the quarantine for the table. */
  readonly released: number;
  /** Rows asked for that still break a constraint; their reason is the new one. */
  readonly stillHeld: number;
};

/**
 * Held rows that `where` picks are checked again; those that hold now flow into the table as a change of this
 * version. `where` may name the row's columns, and `quarantine_id`, `constraint_name`, `constraint_kind`, `reason`,
 * `subjects` (a column of the row by that name hides them). Sub-selects inside are rewritten to physical names already.
 */
export async function releaseQuarantine(
  tx: Session,
  target: IngestTarget,
  where: SqlFragment | null,
  context: UpdateContext,
): Promise<ReleaseOutcome> {
  return withStage(tx, async () => {
    const stage = await stageHeld(tx, target, new Map(), where);
    return releaseStaged(tx, target, stage, 'released', context);
  });
}

/**
 * Rewrites held rows and releases them; rows that still break a constraint stay, as rewritten. `everview.quarantine` keeps
 * them as they came (`row`) beside what they were made into (`corrected`).
 * @throws EverviewError `invalid-row` when a value does not fit its column, `unknown-column`.
 */
export async function correctQuarantine(
  tx: Session,
  target: IngestTarget,
  set: readonly Assignment[],
  where: SqlFragment | null,
  context: UpdateContext,
): Promise<ReleaseOutcome> {
  const assigned = assignedColumns(target, set);
  return withStage(tx, async () => {
    const stage = await stageHeld(tx, target, assigned, where);
    await assertFits(tx, target, stage, null);
    await rewriteHeld(tx, target, [...assigned.keys()]);
    return releaseStaged(tx, target, stage, 'corrected', context);
  });
}

/** Gives held rows up; their content and reason stay in `everview.quarantine`. @returns how many. */
export async function dropQuarantine(
  tx: Session,
  target: IngestTarget,
  where: SqlFragment | null,
  context: Pick<UpdateContext, 'nowMs'>,
): Promise<number> {
  const condition = where === null ? '' : `WHERE ${where.text}`;
  const dropped = await tx.run(
    `UPDATE everview.quarantine SET state = 'dropped', resolved_at = ${timestampSql(context.nowMs)}
     WHERE id IN (SELECT ${quarantineIdColumn} FROM ${heldRows(target)} ${condition}\n)`,
  );
  await tx.run(
    `DELETE FROM ${quarantineRelation(target.name)} WHERE ${quarantineIdColumn} NOT IN (
       SELECT id FROM everview.quarantine WHERE state = 'held' AND "table" = ${quoteLiteral(target.name)})`,
  );
  return dropped;
}

/**
 * When rows of a table were last set aside as they came, or as an update was to change them, by table. A replay brings
 * none.
 */
export async function lastSetAside(session: Session): Promise<ReadonlyMap<string, number>> {
  // A release that finds another rule broken makes that the kind; the subjects keep both.
  const replay = `"table" || ${quoteLiteral(arrivalRuleName('', 'replayed-batch'))}`;
  const rows = await session.rows(
    `SELECT "table", max(quarantined_at) AS last FROM everview.quarantine
     WHERE state <> 'rejected' AND constraint_kind <> 'replayed-batch'
       AND NOT coalesce(list_contains(subjects, ${replay}), false) GROUP BY ALL`,
  );
  return new Map(rows.map(({ table, last }) => [String(table), Number(last)]));
}

/** All that speaks against rows of a table that are set aside. */
export async function heldSubjects(tx: Session, table: string): Promise<ReadonlySet<string>> {
  const rows = await tx.rows(
    `SELECT DISTINCT unnest(subjects) AS subject FROM everview.quarantine WHERE "table" = $1 AND state = 'held'`,
    [table],
  );
  return new Set(rows.map(({ subject }) => String(subject)));
}

/**
 * Of the rows of a table that came in from the quarantine in this moment: what speaks against those that the judgement had
 * set aside, and whether it had all of them.
 */
export async function judgedBefore(
  tx: Session,
  table: string,
  nowMs: number,
): Promise<{ readonly subjects: ReadonlySet<string>; readonly areAll: boolean }> {
  const rows = await tx.rows(
    `SELECT constraint_kind = 'finding' AS judged, list_distinct(flatten(list(subjects))) AS subjects
     FROM everview.quarantine
     WHERE "table" = $1 AND state IN ('released', 'corrected') AND resolved_at = ${timestampSql(nowMs)} GROUP BY ALL`,
    [table],
  );
  const judged = rows.flatMap(({ judged, subjects }) =>
    judged === true && Array.isArray(subjects) ? subjects.map(String) : [],
  );
  return { subjects: new Set(judged), areAll: rows.every((row) => row.judged === true) };
}

/**
 * The held rows under the table's name, as they would come in now, with what the quarantine says about each: SET and WHERE
 * read the row that is written.
 */
function heldRows(target: IngestTarget): string {
  const about = ['quarantine_id', 'constraint_name', 'constraint_kind', 'reason', 'subjects']
    .filter((name) => findColumn(target.schema, name) === undefined)
    .map((name) => `, e.${name === 'quarantine_id' ? 'id' : name} AS ${name}`);
  const key = primaryKeyOf(target.table.definition);
  const [held, join] =
    key.length === 0 ? ['q.*', ''] : [asByNow(target, 'q', key), joinReplaced(target, 'q', key)];
  return `(SELECT ${held}${about.join('')} FROM ${quarantineRelation(target.name)} AS q
    JOIN everview.quarantine AS e ON e.id = q.${quarantineIdColumn} AND e.state = 'held' ${join}) AS ${quoteIdentifier(target.name)}`;
}

async function stageHeld(
  tx: Session,
  target: IngestTarget,
  assigned: ReadonlyMap<string, string>,
  where: SqlFragment | null,
): Promise<Stage> {
  const name = quoteIdentifier(target.name);
  const values = target.schema.map((column, index) => {
    const value = assigned.get(column.name);
    return `${value === undefined ? `${name}.${quoteIdentifier(column.name)}` : `(${value}\n)`} AS __ev_c${index}`;
  });
  const inner = `SELECT ${name}.${quarantineIdColumn}, ${name}.${heldAsColumn}, ${values.join(', ')}
    FROM ${heldRows(target)} ${where === null ? '' : `WHERE ${where.text}`}\n`;
  const types = await tx.describe(inner);
  const key = primaryKeyOf(target.table.definition);
  const select = stageSelect(
    target,
    `(${inner}) AS x`,
    target.schema.map((column, index) => ({
      column: column.name,
      expression: `x.__ev_c${index}`,
      type: types[index + 2]?.type ?? column.type,
      lossless: false,
    })),
    {
      rowNumber: `row_number() OVER (ORDER BY x.${quarantineIdColumn})`,
      extra: [`x.${quarantineIdColumn}`, `x.${heldAsColumn}`],
    },
  );
  if (key.length === 0) {
    await makeStage(tx, select);
    return {
      relation: stageRelation,
      replaces: false,
      hasRows: true,
      mayMisfit: select.mayMisfit,
      changed: null,
    };
  }
  // Once more, as a correction of the key finds another row.
  const sql = `SELECT ${asByNow(target, 's', [...key, ...assigned.keys()])}, d.rowid AS ${oldColumn} FROM (${select.sql}) AS s
    ${joinReplaced(target, 's', key)} ORDER BY s.${rowColumn}`;
  await makeStage(tx, { ...select, sql });
  return {
    relation: stageRelation,
    replaces: true,
    hasRows: true,
    mayMisfit: select.mayMisfit,
    changed: null,
  };
}

const isReplacement = quoteLiteral(replacementOf([]));

/** SQL that joins, as `d`, the row of the table that a held one replaces. */
function joinReplaced({ name }: IngestTarget, held: string, key: readonly string[]): string {
  return `LEFT JOIN ${baseRelation(name)} AS d ON starts_with(${held}.${heldAsColumn}, ${isReplacement}) AND ${equalKeys('d', key, held, key)}`;
}

/** A row that replaces another has, in the columns that its update did not set, what the row has by now. */
function asByNow({ schema }: IngestTarget, held: string, own: readonly string[]): string {
  const others = schema.filter(({ name }) => !own.some((one) => sameName(one, name)));
  if (others.length === 0) return `${held}.*`;
  const values = others.map(({ name }) => {
    const column = quoteIdentifier(name);
    const isSet = `${held}.${heldAsColumn} = ${isReplacement} OR contains(${held}.${heldAsColumn}, ${quoteLiteral(setColumn(name))})`;
    return `CASE WHEN d.rowid IS NULL OR ${isSet} THEN ${held}.${column} ELSE d.${column} END AS ${column}`;
  });
  return `${held}.* REPLACE (${values.join(', ')})`;
}

async function rewriteHeld(tx: Session, target: IngestTarget, assigned: readonly string[]): Promise<void> {
  const set = assigned
    .map((column) => `${quoteIdentifier(column)} = s.${quoteIdentifier(column)}`)
    .join(', ');
  const named = quoteLiteral(assigned.map(setColumn).join(''));
  await tx.run(
    `UPDATE ${quarantineRelation(target.name)} AS q
     SET ${set}, ${heldAsColumn} = q.${heldAsColumn} || CASE WHEN starts_with(q.${heldAsColumn}, ${isReplacement} || ',') THEN ${named} ELSE '' END
     FROM ${stageRelation} AS s
     WHERE q.${quarantineIdColumn} = s.${quarantineIdColumn}`,
  );
  await tx.run(
    `UPDATE everview.quarantine AS e SET corrected = ${jsonOf(target, 's')} FROM ${stageRelation} AS s
     WHERE e.id = s.${quarantineIdColumn}`,
  );
}

async function releaseStaged(
  tx: Session,
  target: IngestTarget,
  stage: Stage,
  state: Extract<QuarantineState, 'released' | 'corrected'>,
  context: UpdateContext,
): Promise<ReleaseOutcome> {
  const verdict = await checkStage(tx, target, stage, {
    response: 'quarantine',
    file: null,
    aside: keepHeld,
    context,
    arrival: { nowMs: context.nowMs, kind: 'released', repeats: null },
  });
  const stillHeld = verdict.quarantined;
  if (verdict.rows === 0)
    return { ...nothingDone, ...outcomeOf(verdict, nothingDone), quarantined: 0, released: 0, stillHeld };
  const columns = target.schema.map((column) => column.name);
  const written = stage.replaces
    ? await writeReplacements(tx, target, columns, verdict.rows, context)
    : await writeInserts(tx, target, context);
  const released = `(SELECT ${quarantineIdColumn} FROM ${stageRelation})`;
  await tx.run(
    `UPDATE everview.quarantine SET state = ${quoteLiteral(state)}, resolved_at = ${timestampSql(context.nowMs)} WHERE id IN ${released}`,
  );
  await tx.run(`DELETE FROM ${quarantineRelation(target.name)} WHERE ${quarantineIdColumn} IN ${released}`);
  return { ...outcomeOf(verdict, written), quarantined: 0, released: verdict.rows, stillHeld };
}

/** Rows that still break a rule go back to where they were, with the new reason; what they came for is known still. */
const keepHeld: SetAside = async (tx, _target, _stage, rules) => {
  const count = await tx.run(
    `UPDATE everview.quarantine AS e
     SET reason = b.reason, constraint_name = ${ruleText(rules, 'b.c', 'name')},
         constraint_kind = ${ruleText(rules, 'b.c', 'kind')},
         subjects = list_sort(list_distinct(list_concat(e.subjects, b.subjects)))
     FROM ${brokenRows(rules)} AS b JOIN ${stageRelation} AS s ON s.${rowColumn} = b.r
     WHERE e.id = s.${quarantineIdColumn}`,
  );
  await tx.run(
    `DELETE FROM ${stageRelation} AS s WHERE s.${rowColumn} IN (SELECT r FROM temp."__ev_broken")`,
  );
  await tx.run('DROP TABLE temp."__ev_broken"');
  return count;
};
