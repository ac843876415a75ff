import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier, quoteList } from '../core/identifier.ts';
import type { Session } from '../core/session.ts';
import type { Constraint } from '../declare/definition.ts';
import type { IngestTarget } from './ingest-target.ts';
import { dataRelation } from './relation-names.ts';
import { checkHolds } from './rule.ts';

/**
 * Rows that are in the table already must meet constraints declared later.
 * @throws EverviewError `constraint-violation` naming the constraint and how many rows break it.
 */
export async function assertRowsMeet(tx: Session, target: IngestTarget): Promise<void> {
  for (const constraint of target.table.definition.constraints) {
    const [row] = await tx.rows(`SELECT count(*) AS broken FROM ${violationsSql(target, constraint)}`);
    const broken = Number(row?.broken ?? 0);
    if (broken === 0) continue;
    throw new EverviewError(
      'constraint-violation',
      `${broken} ${broken === 1 ? 'row' : 'rows'} that "${target.name}" holds already ${broken === 1 ? 'breaks' : 'break'} ${constraint.name}`,
      {
        hint: `correct or delete ${broken === 1 ? 'it' : 'them'} first`,
        data: { table: target.name, constraint: constraint.name, rows: broken },
      },
    );
  }
}

function violationsSql(target: IngestTarget, constraint: Constraint): string {
  const data = dataRelation(target.name);
  switch (constraint.kind) {
    case 'not-null':
      return `${data} WHERE ${quoteIdentifier(constraint.column)} IS NULL`;
    case 'check':
      return `${data} AS ${quoteIdentifier(target.name)} WHERE NOT (${checkHolds(constraint.expression)})`;
    case 'unique':
    case 'primary-key': {
      const key = quoteList(constraint.columns);
      const present = constraint.columns
        .map((column) => `${quoteIdentifier(column)} IS NOT NULL`)
        .join(' AND ');
      return `(SELECT 1 FROM ${data} WHERE ${present} GROUP BY ${key} HAVING count(*) > 1)`;
    }
    case 'references': {
      const reference = target.parents.find((known) => known.constraint === constraint);
      if (reference === undefined) return `${data} WHERE false`;
      const matches = reference.childColumns
        .map(
          (column, index) =>
            `p.${quoteIdentifier(reference.parentColumns[index] ?? '')} = c.${quoteIdentifier(column)}`,
        )
        .join(' AND ');
      const present = reference.childColumns
        .map((column) => `c.${quoteIdentifier(column)} IS NOT NULL`)
        .join(' AND ');
      const missing = `NOT EXISTS (SELECT 1 FROM ${dataRelation(reference.parentTable)} AS p WHERE ${matches})`;
      const { matchRate } = constraint;
      const most = `${1 - (matchRate ?? 1)} * (SELECT count(*) FROM ${data} AS c WHERE ${present}) + 1e-9`;
      const rows = `${data} AS c WHERE ${present} AND ${missing}`;
      return matchRate === undefined ? rows : `(SELECT 1 FROM ${rows} QUALIFY count(*) OVER () > ${most})`;
    }
  }
}
