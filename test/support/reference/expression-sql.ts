import type { Aggregate, Expression } from './expression.ts';
import { literalSql } from './value.ts';

/** How the names inside an expression are written. `keys`: the GROUP BY expressions a `key` stands for. */
export type Naming = { readonly qualified: boolean; readonly keys: readonly Expression[] };

export const qualifiedNames: Naming = { qualified: true, keys: [] };
export const bareNames: Naming = { qualified: false, keys: [] };

export function expressionSql(expression: Expression, naming: Naming): string {
  const sql = (inner: Expression) => expressionSql(inner, naming);
  switch (expression.kind) {
    case 'column':
      return naming.qualified ? `${expression.input}.${expression.name}` : expression.name;
    case 'literal':
      return literalSql(expression.value, expression.type);
    case 'arithmetic':
      return `(${sql(expression.left)} ${expression.operator} ${sql(expression.right)})`;
    case 'double-of':
      return `CAST(${sql(expression.argument)} AS DOUBLE)`;
    case 'compare':
      return `${sql(expression.left)} ${expression.operator.toUpperCase()} ${sql(expression.right)}`;
    case 'logic':
      return `(${sql(expression.left)} ${expression.operator.toUpperCase()} ${sql(expression.right)})`;
    case 'not':
      return `NOT (${sql(expression.argument)})`;
    case 'is-null':
      return `(${sql(expression.argument)}) IS ${expression.negated ? 'NOT ' : ''}NULL`;
    case 'case': {
      const otherwise = expression.otherwise === null ? '' : ` ELSE ${sql(expression.otherwise)}`;
      return `CASE WHEN ${sql(expression.when)} THEN ${sql(expression.then)}${otherwise} END`;
    }
    case 'coalesce':
      return `coalesce(${expression.arguments.map(sql).join(', ')})`;
    case 'concat':
      return `(${sql(expression.left)} || ${sql(expression.right)})`;
    case 'day':
      return `date_trunc('day', ${sql(expression.argument)})`;
    case 'key': {
      const key = naming.keys[expression.index];
      return key === undefined ? `#${expression.index}` : expressionSql(key, naming);
    }
    case 'aggregate':
      return aggregateSql(expression, naming);
  }
}

function aggregateSql(aggregate: Aggregate, naming: Naming): string {
  const argument = aggregate.argument === null ? '*' : expressionSql(aggregate.argument, naming);
  const call = `${aggregate.function}(${aggregate.distinct ? 'DISTINCT ' : ''}${argument})`;
  return aggregate.filter === null
    ? call
    : `${call} FILTER (WHERE ${expressionSql(aggregate.filter, naming)})`;
}
