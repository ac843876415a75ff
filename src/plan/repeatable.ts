import type { Repeatability } from '../algebra/domain.ts';
import { isNode, type SqlNode, walk } from '../core/sql-tree.ts';
import { aggregateFunctions } from './aggregate-functions.ts';
import { expressionKey, windowsIn } from './lower-expression.ts';
import { nodesOf } from './lower-relations.ts';
import { queryExpression, selectTree } from './lower-tree.ts';
import type { LoweredSelect } from './lowered-select.ts';

/** Aggregates whose result is the same for the same bag in any order. */
const orderless = new Set(
  `
  count count_star count_if countif min max bool_and bool_or bit_and bit_or bit_xor median
  quantile_cont quantile_disc mad row_number_over rank dense_rank percent_rank cume_dist
`
    .trim()
    .split(/\s+/),
);

/** Aggregates that add: exact, and so the same in any order, unless the numbers are floating-point. */
const adding = new Set(['sum', 'avg', 'mean', 'product']);

/** Aggregates that are the same in any order once they are given one over all they see. */
const ordering = new Set(['list', 'array_agg', 'string_agg', 'group_concat', 'listagg']);

/**
 * @param from, where what the SELECT reads, as the body has it
 */
export function repeatabilityOf(
  select: LoweredSelect,
  from: SqlNode,
  where: readonly SqlNode[],
): Repeatability<SqlNode> {
  let obstacle: string | null = select.limit === null ? null : 'LIMIT, where rows may tie';
  if (select.distinct?.on) obstacle ??= 'DISTINCT ON, where rows may tie';
  const added: SqlNode[] = [];
  const expressions = [
    ...select.items.map((item) => item.expression),
    ...(select.group?.having ? [select.group.having] : []),
    ...(select.qualify === null ? [] : [select.qualify]),
  ];
  for (const call of expressions.flatMap(orderedCalls)) {
    const name = String(call['function_name']).toLowerCase();
    if (orderless.has(name)) continue;
    if (adding.has(name)) added.push(...nodesOf(call['children']));
    else if (!ordering.has(name) || !isOrderedByItself(call))
      obstacle ??= `${name}(), which depends on order`;
  }
  const exactOnly = added.length === 0 ? [] : [queryExpression(selectTree({ list: added, from, where }))];
  return { obstacle, exactOnly };
}

/** Both, for a body inside another. */
export function bothRepeatable(
  one: Repeatability<SqlNode>,
  other: Repeatability<SqlNode>,
): Repeatability<SqlNode> {
  return { obstacle: one.obstacle ?? other.obstacle, exactOnly: [...one.exactOnly, ...other.exactOnly] };
}

function orderedCalls(expression: SqlNode): SqlNode[] {
  const calls: SqlNode[] = [...windowsIn(expression)];
  walk(expression, (node) => {
    if (node['class'] !== 'FUNCTION') return;
    if (aggregateFunctions.has(String(node['function_name']).toLowerCase())) calls.push(node);
  });
  return calls;
}

function isOrderedByItself(call: SqlNode): boolean {
  const orders = isNode(call['order_bys']) ? nodesOf(call['order_bys']['orders']) : [];
  const [argument] = nodesOf(call['children']);
  if (argument === undefined) return false;
  return orders.some(
    ({ expression }) => isNode(expression) && expressionKey(expression) === expressionKey(argument),
  );
}
