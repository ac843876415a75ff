import { quoteIdentifier, quoteList, quoteLiteral } from '../core/identifier.ts';
import { sameName } from '../core/schema.ts';
import type { IngestTarget, Reference, ReferencesConstraint } from './ingest-target.ts';
import { baseRelation, dataRelation } from './relation-names.ts';
import { allPresent, equalKeys, type Rule, remaining, shown, shownPairs, touches } from './rule.ts';
import { rowColumn, type Stage, stageRelation } from './stage.ts';

/** REFERENCES of the staged rows; a NULL passes, and rows of the same batch count for a table's own. */
export function referenceRules(
  target: IngestTarget,
  constraint: ReferencesConstraint,
  stage: Stage,
): readonly Rule[] {
  return target.parents
    .filter((reference) => reference.constraint.name === constraint.name)
    .map((reference) => {
      const { childColumns, parentColumns } = reference;
      const own = sameName(reference.parentTable, target.name);
      const kept = own ? remaining(target, stage, parentColumns) : dataRelation(reference.parentTable);
      const batch = own
        ? `ANTI JOIN ${stage.relation} AS q ON ${equalKeys('q', parentColumns, 's', childColumns)}`
        : '';
      const missing = (from: string): string =>
        `FROM ${from} AS s ANTI JOIN ${kept} AS p ON ${equalKeys('p', parentColumns, 's', childColumns)} ${batch}`;
      const present = allPresent(childColumns);
      const staged = `(SELECT * FROM ${stage.relation} WHERE ${present})`;
      const where = quoteLiteral(` is not in "${reference.parentTable}" (${parentColumns.join(', ')})`);
      const { matchRate } = constraint;
      return {
        constraint,
        table: target.name,
        phase: 'row' as const,
        count:
          matchRate === undefined
            ? `(SELECT count(*) ${missing(staged)})`
            : `(SELECT CASE WHEN n > ${1 - matchRate} * (SELECT count(*) FROM ${staged}) + 1e-9 THEN n ELSE 0 END
                FROM (SELECT count(*) AS n ${missing(staged)}))`,
        find: `SELECT s.${rowColumn} AS r, ${shownPairs(target, childColumns, 's.')} || ${where} AS reason
               ${missing(staged)}`,
      };
    });
}

/** The other direction: a row removed, or a key changed, that rows of a table (this one too) still reference. */
export function removalRules(target: IngestTarget, stage: Stage): readonly Rule[] {
  return (
    target.children
      // Where some references may find nothing, their target may go.
      .filter((reference) => reference.constraint.matchRate === undefined)
      .filter((reference) => touches(stage, reference.parentColumns))
      .map((reference) => removalRule(target, reference, stage))
  );
}

function removalRule(target: IngestTarget, reference: Reference, stage: Stage): Rule {
  const { childColumns, parentColumns, childKey, constraint } = reference;
  const child = childrenAfter(target, reference, stage);
  const join = `${child} AS c JOIN ${removedKeys(target, reference, stage)} AS r ON ${equalKeys('c', childColumns, 'r', parentColumns)}`;
  const sample =
    childKey.length === 0
      ? `''`
      : childKey
          .map(
            (column) =>
              `${quoteLiteral(`, ${column} = `)} || ${shown(`c.${quoteIdentifier(column)}`, false)}`,
          )
          .join(' || ');
  const still = quoteLiteral(
    ` is still referenced by "${reference.childTable}" (${childColumns.join(', ')})`,
  );
  return {
    constraint,
    table: reference.childTable,
    phase: 'removal',
    count: `(SELECT count(*) FROM ${join})`,
    find: `SELECT r.${rowColumn} AS r, min(${shownPairs(target, parentColumns, 'r.')} || ${still} || ${sample}) AS reason
           FROM ${join} GROUP BY r.${rowColumn}`,
  };
}

/** Rows that may reference: the child table's, and for a table's own references those that the batch leaves. */
function childrenAfter(target: IngestTarget, reference: Reference, stage: Stage): string {
  if (!sameName(reference.childTable, target.name)) return dataRelation(reference.childTable);
  const columns = [...new Set([...reference.childColumns, ...reference.childKey])];
  const kept = remaining(target, stage, columns);
  if (!stage.hasRows) return kept;
  const list = quoteList(columns);
  return `(SELECT ${list} FROM ${kept} UNION ALL SELECT ${list} FROM ${stageRelation})`;
}

/** Keys that the batch takes away and does not bring back. */
function removedKeys(target: IngestTarget, reference: Reference, stage: Stage): string {
  const { parentColumns } = reference;
  const brought = stage.hasRows
    ? `ANTI JOIN ${stageRelation} AS n ON ${equalKeys('n', parentColumns, 'd', parentColumns)}`
    : '';
  // Only on_violation = warn lets a key stand twice; then its other row still answers the reference.
  const doubled =
    target.table.definition.onViolation === 'warn'
      ? `ANTI JOIN ${remaining(target, { ...stage, replaces: true }, parentColumns)} AS k
         ON ${equalKeys('k', parentColumns, 'd', parentColumns)}`
      : '';
  return `(SELECT o.${rowColumn}, ${quoteList(parentColumns, 'd.')} FROM ${baseRelation(target.name)} AS d
           JOIN ${stageRelation} AS o ON o.__ev_old = d.rowid ${brought} ${doubled}
           WHERE ${allPresent(parentColumns, 'd.')})`;
}
