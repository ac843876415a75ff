import { allColumns } from '../core/select-all.ts';
import { isNode, rewrite, type SqlJson, type SqlNode } from '../core/sql-tree.ts';
import { conjunction, conjuncts, isNotNull, queryItem, selectTree } from '../plan/lower-tree.ts';

/** The same query, written so that DuckDB 1.5 gives what it means. */
export function withoutFaults(tree: SqlJson): SqlJson {
  return rewrite(tree, (node) => withPlainSetOperation(node) ?? withNullsUnmatched(node));
}

/**
 * DuckDB 1.5 fails on an ASOF join right over EXCEPT ALL or INTERSECT ALL (its issue 24672, fixed after 1.5), with an
 * error that ends the whole database; a SELECT between the two is enough. Where a query holds another, that is.
 */
function withPlainSetOperation(holder: SqlNode): SqlNode | null {
  const query = holder['node'];
  if (!isNode(query) || query['type'] !== 'SET_OPERATION_NODE') return null;
  if (query['setop_all'] !== true || query['setop_type'] === 'UNION') return null;
  const inner = rewriteInside(query);
  return { ...holder, node: selectTree({ list: [allColumns()], from: queryItem(inner, '') }) };
}

/**
 * An ASOF join gives a row whose time is NULL a partner where DuckDB sorts its sides, as it does from about 64 rows on,
 * and none where it loops over them. With USING there is no place to say so.
 */
function withNullsUnmatched(join: SqlNode): SqlNode | null {
  const condition = join['condition'];
  if (join['type'] !== 'JOIN' || join['ref_type'] !== 'ASOF' || !isNode(condition)) return null;
  if (join['join_type'] !== 'INNER' && join['join_type'] !== 'LEFT') return null;
  const conditions = conjuncts(condition);
  const ordered = conditions.find(({ type }) => orders.has(String(type)));
  const sides = [ordered?.['left'], ordered?.['right']].filter(isNode);
  const told = conjunction([...conditions, ...sides.map(isNotNull)]);
  return { ...rewriteInside(join), condition: withoutFaults(told) };
}

const orders: ReadonlySet<string> = new Set([
  'COMPARE_GREATERTHAN',
  'COMPARE_GREATERTHANOREQUALTO',
  'COMPARE_LESSTHAN',
  'COMPARE_LESSTHANOREQUALTO',
]);

function rewriteInside(node: SqlNode): SqlNode {
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withoutFaults(value)]));
}
