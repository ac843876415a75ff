import { type Expression, isExact } from './expression.ts';
import type { RefColumn } from './value.ts';

/** The queries the generator writes, as the reference evaluates them and the printer prints them. */
export type ViewQuery = RowsQuery | GroupQuery | UnionQuery | WindowQuery;

export type Input = { readonly alias: string; readonly relation: string };

export type Output = { readonly name: string; readonly expression: Expression };

export type Source = {
  readonly inputs: readonly Input[];
  /** Conjuncts. With `left`, the second input's rows may be missing; there are two inputs then. */
  readonly on: readonly Expression[];
  readonly join: 'inner' | 'left';
  readonly where: Expression | null;
  /** One way of several to write the same FROM. */
  readonly style: 'join' | 'comma' | 'subquery' | 'cte';
};

export type RowsQuery = {
  readonly kind: 'rows';
  readonly source: Source;
  readonly outputs: readonly Output[];
  readonly distinct: boolean;
};

/** Outputs and `having` are over `key` and `aggregate` expressions. No keys: one group, also of no rows. */
export type GroupQuery = {
  readonly kind: 'group';
  readonly source: Source;
  readonly keys: readonly Expression[];
  readonly outputs: readonly Output[];
  readonly having: Expression | null;
  /** GROUP BY ALL; only where every key is selected as it is. */
  readonly groupByAll: boolean;
};

export type UnionQuery = { readonly kind: 'union-all'; readonly branches: readonly RowsQuery[] };

/** `row_number()` in each partition, in the order of all outputs: the bag does not depend on ties. */
export type WindowQuery = {
  readonly kind: 'window';
  readonly source: Source;
  readonly outputs: readonly Output[];
  readonly partition: readonly Expression[];
};

export const rowNumberColumn = 'position';

export function columnsOf(query: ViewQuery): RefColumn[] {
  switch (query.kind) {
    case 'rows':
    case 'group':
      return query.outputs.map(columnOf);
    case 'window':
      return [...query.outputs.map(columnOf), { name: rowNumberColumn, type: 'int', exact: true }];
    case 'union-all': {
      const [first, ...rest] = query.branches.map((branch) => branch.outputs.map(columnOf));
      if (first === undefined) return [];
      return first.map((column, place) => ({
        ...column,
        exact: column.exact && rest.every((columns) => columns[place]?.exact ?? true),
      }));
    }
  }
}

function columnOf(output: Output): RefColumn {
  return { name: output.name, type: output.expression.type, exact: isExact(output.expression) };
}

/** The relations a query names, each once. */
export function relationsOf(query: ViewQuery): string[] {
  const sources = query.kind === 'union-all' ? query.branches.map((branch) => branch.source) : [query.source];
  return [...new Set(sources.flatMap((source) => source.inputs.map((input) => input.relation)))];
}

/** Whether an algebraic rule must exist for the shape (the issue names them); null: not promised either way. */
export function isMaintainable(query: ViewQuery): boolean | null {
  switch (query.kind) {
    case 'window':
      return false;
    case 'union-all':
      return query.branches.every((branch) => isMaintainable(branch) === true) ? true : null;
    case 'rows':
      return !query.distinct && query.source.join === 'inner' ? true : null;
    case 'group': {
      if (query.source.join === 'left' || hidesColumnInHaving(query)) return null;
      return aggregatesOf(query).every((one) => !one.distinct && one.filter === null) ? true : null;
    }
  }
}

/** HAVING names a column that an output is called by, too: which one is meant is DuckDB's to say. */
function hidesColumnInHaving(query: GroupQuery): boolean {
  const names = new Set(query.outputs.map((output) => output.name));
  const visit = (expression: Expression): boolean =>
    (expression.kind === 'column' && names.has(expression.name)) || partsOf(expression).some(visit);
  return query.having !== null && visit(query.having);
}

function aggregatesOf(query: GroupQuery): Extract<Expression, { kind: 'aggregate' }>[] {
  const found: Extract<Expression, { kind: 'aggregate' }>[] = [];
  const visit = (expression: Expression): void => {
    if (expression.kind === 'aggregate') found.push(expression);
    for (const inner of partsOf(expression)) visit(inner);
  };
  for (const output of query.outputs) visit(output.expression);
  if (query.having !== null) visit(query.having);
  return found;
}

export function partsOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'column':
    case 'literal':
    case 'key':
      return [];
    case 'arithmetic':
    case 'compare':
    case 'logic':
    case 'concat':
      return [expression.left, expression.right];
    case 'double-of':
    case 'not':
    case 'is-null':
    case 'day':
      return [expression.argument];
    case 'case':
      return [
        expression.when,
        expression.then,
        ...(expression.otherwise === null ? [] : [expression.otherwise]),
      ];
    case 'coalesce':
      return expression.arguments;
    case 'aggregate':
      return [expression.argument, expression.filter].filter((part) => part !== null);
  }
}
