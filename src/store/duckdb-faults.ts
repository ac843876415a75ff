import { allColumns } from '../core/select-all.ts';
import { isNode, rewrite, type SqlJson, type SqlNode } from '../core/sql-tree.ts';
import {
  coalesce,
  conjunction,
  conjuncts,
  constant,
  isNotNull,
  queryItem,
  selectTree,
} from '../plan/lower-tree.ts';

/** The same query, written so that DuckDB 1.5 gives what it means. */
export function withoutFaults(tree: SqlJson): SqlJson {
  return rewrite(
    tree,
    (node) => withPlainSetOperation(node) ?? withNullsUnmatched(node) ?? withDifferencesAsValues(node),
  );
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

/**
 * `a IS DISTINCT FROM b` of lists or structs, as a condition, gives rows out of order; where a run-length encoded column
 * is read by them, DuckDB 1.5 fails with an error that ends the whole database (as its issue 19700, which was repaired
 * for the other comparisons). As a value it is right, so in conditions, and in what another query may make one of, it is
 * made a value; not in columns that have their names from what is written.
 */
function withDifferencesAsValues(node: SqlNode): SqlNode | null {
  if (node['type'] !== 'JOIN' && node['type'] !== 'SELECT_NODE') return null;
  const made = Object.entries(node).map(([place, inner]): [string, SqlJson] => {
    if (isNode(inner) && conditions.has(place)) return [place, differencesAsValues(inner)];
    if (!Array.isArray(inner) || place !== 'select_list') return [place, inner];
    return [
      place,
      inner.map((item) => (isNode(item) && item['alias'] !== '' ? differencesAsValues(item) : item)),
    ];
  });
  return rewriteInside(Object.fromEntries(made));
}

const conditions: ReadonlySet<string> = new Set(['where_clause', 'having', 'qualify', 'condition']);

/** Of an expression; the queries in it are their own. */
export function differencesAsValues(expression: SqlNode): SqlNode {
  const made = rewrite(expression, (node) => {
    if (node['type'] === 'SELECT_NODE') return node;
    if (node['type'] === 'COMPARE_DISTINCT_FROM') return orFalse(node);
    // DuckDB makes the same of the negation of the opposite
    const [inner] =
      node['type'] === 'OPERATOR_NOT' && Array.isArray(node['children']) ? node['children'] : [];
    if (!isNode(inner) || inner['type'] !== 'COMPARE_NOT_DISTINCT_FROM') return null;
    return { ...node, children: [orFalse(inner)] };
  });
  return isNode(made) ? made : expression;
}

/** Neither of the two comparisons is ever NULL. */
function orFalse(comparison: SqlNode): SqlNode {
  const { alias, ...rest } = comparison;
  const sides = Object.entries(rest).map(([key, side]) => [
    key,
    isNode(side) ? differencesAsValues(side) : side,
  ]);
  const plain = { ...Object.fromEntries(sides), alias: '' };
  return { ...coalesce([plain, constant('false', 'BOOLEAN')]), alias: alias ?? '' };
}

function rewriteInside(node: SqlNode): SqlNode {
  return Object.fromEntries(Object.entries(node).map(([key, value]) => [key, withoutFaults(value)]));
}
