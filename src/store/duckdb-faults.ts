import { allColumns } from '../core/select-all.ts';
import {
  contains,
  isNode,
  rewrite,
  rewriteParts,
  type SqlJson,
  type SqlNode,
  walk,
} from '../core/sql-tree.ts';
import {
  aliasesIn,
  coalesce,
  conjunction,
  conjuncts,
  constant,
  isNotNull,
  named,
  queryItem,
  selectTree,
} from '../plan/lower-tree.ts';

/**
 * The same query, written so that DuckDB 1.5 gives what it means.
 *
 * @param names of the columns of `namelessStructs`, by which they go when they are written otherwise
 */
export function withoutFaults(tree: SqlJson, names: ReadonlyMap<SqlNode, string> = new Map()): SqlJson {
  return groupsOften(tree)
    ? wellWritten(rewrite(withNames(tree, names), withFieldsApart))
    : wellWritten(tree);
}

/** Columns that have no name but their text, of which `withoutFaults` would make another. */
export function namelessStructs(tree: SqlJson): readonly SqlNode[] {
  if (!groupsOften(tree)) return [];
  const found: SqlNode[] = [];
  walk(tree, ({ type, select_list: items }) => {
    if (type !== 'SELECT_NODE' || !Array.isArray(items)) return;
    found.push(...items.filter(isNode).filter((item) => item['alias'] === '' && hasStruct(item)));
  });
  // A star is columns of several names.
  return found.filter((item) => !holds(item, starIn));
}

function withNames(tree: SqlJson, names: ReadonlyMap<SqlNode, string>): SqlJson {
  return rewrite(tree, (node) => {
    const name = names.get(node);
    if (name === undefined) return null;
    // Those of a query within have their names from the tree as it was, too.
    return named(
      rewriteParts(node, (part) => withNames(part, names)),
      name,
    );
  });
}

/** Also in a query within: its text is part of the column's. */
function hasStruct(item: SqlNode): boolean {
  return contains(item, (node) => structIn(node) !== null);
}

function wellWritten(tree: SqlJson): SqlJson {
  return rewrite(
    tree,
    (node) => withPlainSetOperation(node) ?? withNullsUnmatched(node) ?? withComparisonsAsValues(node),
  );
}

/**
 * Where rows are grouped more than once, DuckDB 1.5 makes a key of which a chunk has nothing but NULL (as an outer join
 * gives it) a column of one row, and writes so into the validity that a field of a struct shares with it: from the second
 * grouping on, NULL is what lay in memory, and a text is read from anywhere. A field that is computed shares nothing, and
 * this computation DuckDB does not see through.
 */
function withFieldsApart(node: SqlNode): SqlNode | null {
  if (node['type'] === 'SELECT_NODE') return namesNone(node, structIn) ? null : node;
  if (structIn(node) === null) return null;
  const fields = Array.isArray(node['children']) ? node['children'] : [];
  return { ...node, children: fields.map((field) => (isNode(field) ? apart(field) : field)) };
}

function apart(field: SqlNode): SqlJson {
  if (structIn(field) !== null || !hasReference(field)) return rewrite(field, withFieldsApart);
  const inside = rewriteParts(named(field, ''), (part) => rewrite(part, withFieldsApart));
  return named(coalesce([inside, inside]), String(field['alias'] ?? ''));
}

/** For several sets of keys, or for a DISTINCT aggregate beside others. */
function groupsOften(tree: SqlJson): boolean {
  return contains(
    tree,
    ({ type, group_sets: sets, distinct }) =>
      (Array.isArray(sets) && sets.length > 1) || (type === 'FUNCTION' && distinct === true),
  );
}

function starIn(node: SqlNode): SqlNode | null {
  return node['type'] === 'STAR' ? node : null;
}

function structIn(node: SqlNode): SqlNode | null {
  const name = String(node['function_name']).toLowerCase();
  return node['type'] === 'FUNCTION' && (name === 'struct_pack' || name === 'row') ? node : null;
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
  const ordered = conditions.find((one) => orders.has(String(one['type'])) && isOfBothSides(one));
  const sides = [ordered?.['left'], ordered?.['right']].filter(isNode);
  const told = conjunction([...conditions, ...sides.map(isNotNull)]);
  return { ...rewriteInside(join), condition: wellWritten(asValues(told)) };
}

const orders: ReadonlySet<string> = new Set([
  'COMPARE_GREATERTHAN',
  'COMPARE_GREATERTHANOREQUALTO',
  'COMPARE_LESSTHAN',
  'COMPARE_LESSTHANOREQUALTO',
]);

/**
 * Comparisons of lists or structs that DuckDB 1.5 gets wrong as conditions. `a IS DISTINCT FROM b` gives rows out of
 * order; where a run-length encoded column is read by them, it fails with an error that ends the whole database (as its
 * issue 19700, which was repaired for the other comparisons). And a lower and an upper bound by constants it makes one
 * BETWEEN of, for which it then has none of these types. As values they are right, so they are made values in
 * conditions, and in columns, of which another query may make conditions.
 */
function withComparisonsAsValues(node: SqlNode): SqlNode | null {
  switch (node['type']) {
    case 'JOIN':
      return rewriteInside({ ...node, ...made(node, ['condition'], whereJoined(node)) });
    case 'SELECT_NODE': {
      const conditions = made(node, ['where_clause'], asValues);
      return rewriteInside({ ...node, ...conditions, ...made(node, heldTogether, whereHeld(node)) });
    }
    case 'SET_OPERATION_NODE':
      return rewriteInside({ ...node, ...made(node, ['modifiers'], whereHeld(node)) });
    default:
      return null;
  }
}

function made(node: SqlNode, places: readonly string[], make: (part: SqlJson) => SqlJson): SqlNode {
  return Object.fromEntries(
    places.flatMap((place) => (place in node ? [[place, make(node[place] ?? null)]] : [])),
  );
}

/** DuckDB holds these against each other, so that it is all or none of them. */
const heldTogether = ['select_list', 'group_expressions', 'having', 'qualify', 'modifiers'];

/** The comparison that an expression is, if it is one of a kind. */
type Finder = (node: SqlNode) => SqlNode | null;

/** None of a kind of which a column has its name: it may not say it otherwise. */
function whereHeld(query: SqlNode): (part: SqlJson) => SqlJson {
  const kinds = [differenceIn, boundIn].filter((find) => namesNone(query, find));
  return (part) => asValues(part, firstOf(kinds));
}

function firstOf(kinds: readonly Finder[]): Finder {
  return (node) => kinds.reduce<SqlNode | null>((found, find) => found ?? find(node), null);
}

function namesNone(query: SqlNode, find: Finder): boolean {
  const { left, select_list: items } = query;
  // the columns of a set operation are named, and ordered by, as its first query says them
  if (query['type'] === 'SET_OPERATION_NODE') return isNode(left) && namesNone(left, find);
  if (!Array.isArray(items)) return false;
  return items.every((item) => !isNode(item) || item['alias'] !== '' || !holds(item, find));
}

function holds(expression: SqlNode, find: Finder): boolean {
  let found = false;
  rewrite(expression, (node) => {
    found ||= find(node) !== null;
    return isQuery(node) ? node : null;
  });
  return found;
}

/** What may be LATERAL is joined by nothing but comparisons of its side with the other, unless the join is an inner one. */
function whereJoined({ join_type: kind, right }: SqlNode): (condition: SqlJson) => SqlJson {
  if (kind === 'INNER' || !isNode(right) || !mayBeLateral(right)) return asValues;
  return (condition) =>
    isNode(condition)
      ? conjunction(conjuncts(condition).map((one) => (comparesSides(one) ? one : comparisonsAsValues(one))))
      : condition;
}

function mayBeLateral({ type, left, right }: SqlNode): boolean {
  if (type === 'JOIN') return [left, right].some((side) => isNode(side) && mayBeLateral(side));
  return type === 'SUBQUERY' || type === 'TABLE_FUNCTION';
}

function comparesSides(condition: SqlNode): boolean {
  const difference = differenceIn(condition);
  return difference !== null && isOfBothSides(difference);
}

function isOfBothSides({ left, right }: SqlNode): boolean {
  if (!isNode(left) || !isNode(right) || !hasReference(left) || !hasReference(right)) return false;
  const others = aliasesIn(right);
  return ![...aliasesIn(left)].some((alias) => others.has(alias));
}

function hasReference(expression: SqlNode): boolean {
  return contains(expression, ({ type }) => type === 'COLUMN_REF');
}

/** The comparison in `a IS DISTINCT FROM b`, or in the negation of the opposite, of which DuckDB makes the same. */
function differenceIn(node: SqlNode): SqlNode | null {
  if (node['type'] === 'COMPARE_DISTINCT_FROM') return node;
  const [inner] = node['type'] === 'OPERATOR_NOT' && Array.isArray(node['children']) ? node['children'] : [];
  return isNode(inner) && inner['type'] === 'COMPARE_NOT_DISTINCT_FROM' ? inner : null;
}

/** A comparison with a constant list or struct, as far as it can be seen to be one. */
function boundIn(node: SqlNode): SqlNode | null {
  const { type, left, right, lower, upper } = node;
  const sides = type === 'COMPARE_BETWEEN' ? [lower, upper] : orders.has(String(type)) ? [left, right] : [];
  return sides.some((side) => isNode(side) && isNested(side) && !hasReference(side)) ? node : null;
}

const nestedMakers: ReadonlySet<string> = new Set([
  'list_value',
  'list_pack',
  'array_value',
  'struct_pack',
  'row',
  'map',
]);

const nestedTypes: ReadonlySet<string> = new Set(['LIST', 'ARRAY', 'STRUCT', 'MAP', 'UNION', 'VARIANT']);

function isNested({ type, function_name: name, cast_type: cast }: SqlNode): boolean {
  if (type === 'OPERATOR_CAST') return isNode(cast) && nestedTypes.has(String(cast['id']));
  if (type === 'ARRAY_CONSTRUCTOR') return true;
  return type === 'FUNCTION' && nestedMakers.has(String(name).toLowerCase());
}

function isQuery({ type }: SqlNode): boolean {
  return type === 'SELECT_NODE' || type === 'SET_OPERATION_NODE';
}

/** Of a part of a query; the queries in it are their own. */
function asValues(part: SqlJson, find: Finder = firstOf([differenceIn, boundIn])): SqlJson {
  return rewrite(part, (node) => {
    if (isQuery(node)) return node;
    const comparison = find(node);
    if (comparison === null) return null;
    const value = asValue(comparison, find);
    return comparison === node ? value : { ...node, children: [value] };
  });
}

export function comparisonsAsValues(expression: SqlNode): SqlNode {
  const values = asValues(expression);
  return isNode(values) ? values : expression;
}

/** Differences are never NULL; of a bound coalesce() gives what it is, and DuckDB does not look into it. */
function asValue(comparison: SqlNode, find: Finder): SqlNode {
  const { alias, ...rest } = comparison;
  const sides = Object.entries(rest).map(([key, side]) => [key, isNode(side) ? asValues(side, find) : side]);
  const plain = { ...Object.fromEntries(sides), alias: '' };
  const otherwise = constant(differenceIn(comparison) === null ? null : 'false', 'BOOLEAN');
  return { ...coalesce([plain, otherwise]), alias: alias ?? '' };
}

function rewriteInside(node: SqlNode): SqlNode {
  return rewriteParts(node, wellWritten);
}
