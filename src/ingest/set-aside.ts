import { quoteLiteral } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import type { UpdateContext } from './change-outcome.ts';
import type { IngestTarget } from './ingest-target.ts';
import { replacementOf } from './quarantine-record.ts';
import { quarantineRelation } from './relation-names.ts';
import { columnList, jsonOf } from './row-sql.ts';
import type { Rule } from './rule.ts';
import { oldColumn, rowColumn, type Stage, stageRelation } from './stage.ts';

/** SQL of a moment of the engine's clock. */
export function timestampSql(ms: number): string {
  return `make_timestamp(${Math.round(ms)} * 1000)`;
}

/** SQL that turns the rule's number into its constraint's name or kind. */
export function ruleText(rules: readonly Rule[], column: string, what: 'name' | 'kind'): string {
  const cases = rules.map((rule, index) => `WHEN ${index} THEN ${quoteLiteral(rule.constraint[what])}`);
  return `CASE ${column} ${cases.join(' ')} END`;
}

/** Each broken row once: `r`, its first broken rule `c`, all reasons, and all that its rules are about. */
export function brokenRows(rules: readonly Rule[]): string {
  return `(SELECT r, min(c) AS c, string_agg(reason, '; ' ORDER BY c) AS reason,
      list_sort(list(DISTINCT ${ruleText(rules, 'c', 'name')})) AS subjects
    FROM temp."__ev_broken" GROUP BY r)`;
}

export type SetAside = (
  tx: Session,
  target: IngestTarget,
  stage: Stage,
  rules: readonly Rule[],
  context: UpdateContext,
) => Promise<number>;

/**
 * Moves the rows of `__ev_broken` from the stage into the quarantine (which is written before anything else is) and
 * says how many they were. The first rule broken names the constraint; the reason and the subjects join them all.
 */
export const setAside: SetAside = async (tx, target, stage, rules, context) => {
  await tx.run(
    `CREATE OR REPLACE TEMP TABLE "__ev_bad" AS
     SELECT (SELECT coalesce(max(id), 0) FROM everview.quarantine) + row_number() OVER (ORDER BY r) AS id,
            r, c, reason, subjects
     FROM ${brokenRows(rules)}`,
  );
  const heldAs = stage.replaces
    ? `CASE WHEN s.${oldColumn} IS NULL THEN 'insert' ELSE ${quoteLiteral(replacementOf(stage.assigned ?? []))} END`
    : `'insert'`;
  const from = `FROM ${stageRelation} AS s JOIN temp."__ev_bad" AS b ON b.r = s.${rowColumn} ORDER BY b.id`;
  await tx.run(
    `INSERT INTO ${quarantineRelation(target.name)} SELECT b.id, ${columnList(target, 's.')}, ${heldAs} ${from}`,
  );
  const { updateId, version, nowMs } = context;
  const count = await tx.run(
    `INSERT INTO everview.quarantine
       (id, update_id, version, "table", constraint_name, constraint_kind, reason, state, "row", quarantined_at, subjects)
     SELECT b.id, ${updateId}, ${version}, ${quoteLiteral(target.name)}, ${ruleText(rules, 'b.c', 'name')},
            ${ruleText(rules, 'b.c', 'kind')}, b.reason, 'held', ${jsonOf(target, 's')}, ${timestampSql(nowMs)},
            b.subjects ${from}`,
  );
  await tx.run(`DELETE FROM ${stageRelation} AS s WHERE s.${rowColumn} IN (SELECT r FROM temp."__ev_bad")`);
  await tx.run('DROP TABLE temp."__ev_bad"');
  await tx.run('DROP TABLE temp."__ev_broken"');
  return count;
};
