import { sameName } from '../core/schema.ts';
import {
  columnParts,
  contains,
  isNode,
  rewriteItems,
  rewriteParts,
  type SqlJson,
  type SqlNode,
  walk,
} from '../core/sql-tree.ts';
import { aggregateFunctions } from './aggregate-functions.ts';
import { LowerRefusal } from './lower-refusal.ts';
import { nodesOf } from './lower-relations.ts';
import { type FromScope, resolveColumn, visibleNames } from './lower-scope.ts';

/** Classes of expression that are a function of one row, whatever they hold. */
const scalarClasses = new Set([
  'COLUMN_REF',
  'CONSTANT',
  'FUNCTION',
  'COMPARISON',
  'CONJUNCTION',
  'OPERATOR',
  'CASE',
  'CAST',
  'BETWEEN',
  'LAMBDA',
]);

const refusedClasses: Readonly<Record<string, string>> = {
  SUBQUERY: 'subquery in an expression',
  WINDOW: 'window function',
  STAR: 'COLUMNS expression',
  COLLATE: 'COLLATE',
  POSITIONAL_REFERENCE: 'positional reference',
};

const scalarOperators = new Set([
  'OPERATOR_NOT',
  'OPERATOR_IS_NULL',
  'OPERATOR_IS_NOT_NULL',
  'OPERATOR_COALESCE',
  'OPERATOR_NULLIF',
  'OPERATOR_TRY',
  'COMPARE_IN',
  'COMPARE_NOT_IN',
  'ARRAY_EXTRACT',
  'ARRAY_SLICE',
  'STRUCT_EXTRACT',
  'ARRAY_CONSTRUCTOR',
  'GROUPING_FUNCTION',
]);

/** Functions that give several rows; in a SELECT list they repeat the row they stand in. */
const rowFunctions = new Set(['unnest', 'unlist', 'generate_subscripts']);

/** Functions that look beyond the row. */
const refusedFunctions = new Set(['regexp_split_to_table', 'grouping', 'grouping_id']);

/** Functions whose second argument may be a lambda; anywhere else `a -> b` is JSON extraction. */
const lambdaFunctions = new Set([
  'list_transform',
  'array_transform',
  'list_apply',
  'array_apply',
  'apply',
  'list_filter',
  'array_filter',
  'filter',
  'list_reduce',
  'array_reduce',
  'reduce',
]);

export type ExpressionContext = {
  readonly scope: FromScope;
  /** The expression a SELECT alias stands for, already lowered; null: no such alias in sight. */
  readonly alias: (name: string) => SqlNode | null;
  /** What may stand here beside functions of one row. */
  readonly allow: { readonly aggregates: boolean; readonly windows: boolean; readonly unnest: boolean };
  /** What a subquery is replaced by; null: none may stand here. */
  readonly subquery: ((node: SqlNode) => SqlNode) | null;
  /** A column of the query around this one, in the form the caller wants; null: there is none of that name. */
  readonly outer: ((names: readonly string[]) => SqlNode | null) | null;
};

/**
 * A scalar expression with every column qualified as `[alias, column, …]`.
 *
 * @throws LowerRefusal for anything that is not known to be a function of one row
 */
export function lowerExpression(node: SqlNode, context: ExpressionContext): SqlNode {
  return lower(node, context, new Set());
}

function lower(node: SqlNode, context: ExpressionContext, lambda: ReadonlySet<string>): SqlNode {
  const kind = node['class'];
  if (kind === undefined || typeof kind !== 'string') {
    return rewriteParts(node, (value) => lowerInside(value, context, lambda));
  }
  if (kind === 'SUBQUERY' && context.subquery !== null) {
    return { ...context.subquery(node), alias: node['alias'] ?? '' };
  }
  const isWindow = kind === 'WINDOW' && context.allow.windows;
  if (!isWindow && !scalarClasses.has(kind))
    throw new LowerRefusal(refusedClasses[kind] ?? kind.toLowerCase());
  switch (kind) {
    case 'COLUMN_REF':
      return lowerColumn(node, context, lambda);
    case 'CONSTANT':
      return node;
    case 'OPERATOR':
      if (!scalarOperators.has(String(node['type'])))
        throw new LowerRefusal(`operator ${String(node['type'])}`);
      break;
    case 'FUNCTION':
      return lowerFunction(node, context, lambda);
  }
  return rewriteParts(node, (value) => lowerInside(value, context, lambda));
}

function lowerInside(json: SqlJson, context: ExpressionContext, lambda: ReadonlySet<string>): SqlJson {
  if (Array.isArray(json)) return rewriteItems(json, (item) => lowerInside(item, context, lambda));
  return isNode(json) ? lower(json, context, lambda) : json;
}

function checkFunction(node: SqlNode, context: ExpressionContext): void {
  const name = String(node['function_name']).toLowerCase();
  if (refusedFunctions.has(name) || (rowFunctions.has(name) && !context.allow.unnest))
    throw new LowerRefusal(`${name}()`);
  if (aggregateFunctions.has(name)) {
    if (!context.allow.aggregates) throw new LowerRefusal(`${name}() where no aggregate may stand`);
    return;
  }
  const orders = isNode(node['order_bys']) ? nodesOf(node['order_bys']['orders']) : [];
  if (isNode(node['filter']) || node['distinct'] === true || orders.length > 0) {
    throw new LowerRefusal(`${name}() with FILTER, DISTINCT or ORDER BY`);
  }
}

function lowerColumn(node: SqlNode, context: ExpressionContext, lambda: ReadonlySet<string>): SqlNode {
  const names = columnParts(node);
  const [first] = names;
  if (first !== undefined && lambda.has(first.toLowerCase())) return node;
  const resolved = resolveColumn(context.scope, names);
  if (resolved !== null) return { ...node, column_names: resolved };
  const aliased = first !== undefined && names.length === 1 ? context.alias(first) : null;
  if (aliased !== null) return { ...aliased, alias: node['alias'] ?? '' };
  const outer = context.outer?.(names) ?? null;
  if (outer !== null) return { ...outer, alias: node['alias'] ?? '' };
  const name = names.join('.');
  throw new LowerRefusal(`column "${name}" is not in sight`, {
    name,
    node,
    known: visibleNames(context.scope),
  });
}

function lowerFunction(node: SqlNode, context: ExpressionContext, lambda: ReadonlySet<string>): SqlNode {
  checkFunction(node, context);
  const takesLambda = lambdaFunctions.has(String(node['function_name']).toLowerCase());
  const children = nodesOf(node['children']).map((child, place) =>
    takesLambda && place === 1 && child['class'] === 'LAMBDA'
      ? lowerLambda(child, context, lambda)
      : lower(child, context, lambda),
  );
  const { children: _, ...rest } = node;
  return { ...rewriteParts(rest, (value) => lowerInside(value, context, lambda)), children };
}

/** Parameters hide columns. */
function lowerLambda(node: SqlNode, context: ExpressionContext, outer: ReadonlySet<string>): SqlNode {
  const lhs = node['lhs'];
  const parameters = isNode(lhs) ? lambdaParameters(lhs) : [];
  const isMistakable = context.scope.nodes.some(({ alias }) =>
    parameters.some((parameter) => sameName(parameter, alias)),
  );
  if (parameters.length === 0 || isMistakable) throw new LowerRefusal('lambda');
  const inner = new Set([...outer, ...parameters.map((name) => name.toLowerCase())]);
  return { ...node, expr: lowerInside(node['expr'] ?? null, context, inner) };
}

function lambdaParameters(lhs: SqlNode): string[] {
  if (lhs['class'] === 'COLUMN_REF') return columnParts(lhs).length === 1 ? columnParts(lhs) : [];
  return nodesOf(lhs['children']).flatMap(lambdaParameters);
}

/** Text that is equal for expressions that are the same but for where they stand and what they are called. */
export function expressionKey(node: SqlNode): string {
  return JSON.stringify(withoutPlaces({ ...node, alias: '' }));
}

function withoutPlaces(json: SqlJson): SqlJson {
  if (Array.isArray(json)) return rewriteItems(json, withoutPlaces);
  if (!isNode(json)) return json;
  const { query_location: _, ...rest } = json;
  return rewriteParts(rest, withoutPlaces);
}

/** Whether rows multiply under the expression. */
export function hasRowFunction(expression: SqlNode): boolean {
  return contains(
    expression,
    (node) => node['class'] === 'FUNCTION' && rowFunctions.has(String(node['function_name']).toLowerCase()),
  );
}

export function windowsIn(expression: SqlNode): SqlNode[] {
  const found: SqlNode[] = [];
  walk(expression, (node) => {
    if (node['class'] === 'WINDOW') found.push(node);
  });
  return found;
}
