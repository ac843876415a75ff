import { quoteIdentifier, quoteLiteral } from '../core/identifier.ts';
import { sameName } from '../core/schema.ts';
import type { Constraint } from '../declare/definition.ts';
import type { IngestTarget } from './ingest-target.ts';
import { checkHolds, type Rule, shownPairs } from './rule.ts';
import { rowColumn, stageRelation } from './stage.ts';

export function notNullRule(
  target: IngestTarget,
  constraint: Extract<Constraint, { kind: 'not-null' }>,
): Rule {
  const column = quoteIdentifier(constraint.column);
  return {
    constraint,
    table: target.name,
    phase: 'row',
    count: `count(*) - count(${column})`,
    find: `SELECT ${rowColumn} AS r, ${quoteLiteral(`${constraint.column} is NULL, declared NOT NULL`)} AS reason
           FROM ${stageRelation} WHERE ${column} IS NULL`,
  };
}

export function checkRule(target: IngestTarget, constraint: Extract<Constraint, { kind: 'check' }>): Rule {
  const broken = `NOT (${checkHolds(constraint.expression)})`;
  const declared = constraint.declaredAs ?? constraint.expression;
  const values = mentionedColumns(declared, target);
  const text = quoteLiteral(`breaks CHECK (${declared})`);
  const reason = values.length === 0 ? text : `${shownPairs(target, values)} || ' ' || ${text}`;
  return {
    constraint,
    table: target.name,
    phase: 'row',
    count: `count(*) FILTER (WHERE ${broken})`,
    find: `SELECT ${rowColumn} AS r, ${reason} AS reason
           FROM ${stageRelation} AS ${quoteIdentifier(target.name)} WHERE ${broken}`,
  };
}

/** Columns whose name stands in the expression, in the table's order. */
function mentionedColumns(expression: string, target: IngestTarget): string[] {
  const words = expression.replace(/'(?:[^']|'')*'/g, ' ').match(/"(?:[^"]|"")+"|[\p{L}_][\p{L}\p{N}_$]*/gu);
  const names = (words ?? []).map((word) =>
    word.startsWith('"') ? word.slice(1, -1).replaceAll('""', '"') : word,
  );
  return target.schema
    .map((column) => column.name)
    .filter((column) => names.some((name) => sameName(name, column)));
}
