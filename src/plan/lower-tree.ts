import {
  columnParts,
  columnReference,
  isNode,
  rewrite,
  type SqlJson,
  type SqlNode,
  walk,
} from '../core/sql-tree.ts';

/** The parts of a SELECT; those left out are empty. */
export type SelectParts = {
  readonly list: readonly SqlNode[];
  readonly from: SqlNode;
  readonly where?: readonly SqlNode[];
  readonly group?: Pick<SqlNode, 'group_expressions' | 'group_sets'>;
  readonly having?: SqlNode | null;
  readonly qualify?: SqlNode | null;
  readonly modifiers?: readonly SqlNode[];
};

export function selectTree(parts: SelectParts): SqlNode {
  return {
    type: 'SELECT_NODE',
    modifiers: parts.modifiers ?? [],
    cte_map: { map: [] },
    select_list: parts.list,
    from_table: parts.from,
    where_clause: conjunction(parts.where ?? []),
    group_expressions: parts.group?.['group_expressions'] ?? [],
    group_sets: parts.group?.['group_sets'] ?? [],
    aggregate_handling: 'STANDARD_HANDLING',
    having: parts.having ?? null,
    sample: null,
    qualify: parts.qualify ?? null,
  };
}

/** A FROM entry that names a relation the SQL around it defines. */
export function namedItem(name: string): SqlNode {
  return {
    type: 'BASE_TABLE',
    alias: '',
    sample: null,
    query_location: 0,
    schema_name: '',
    table_name: name,
    column_name_alias: [],
    catalog_name: '',
    at_clause: null,
  };
}

/** A FROM entry that is a query. */
export function queryItem(query: SqlNode, alias: string): SqlNode {
  return {
    type: 'SUBQUERY',
    alias,
    sample: null,
    query_location: 0,
    subquery: { node: query, named_param_map: [] },
    column_name_alias: [],
  };
}

export function emptyItem(): SqlNode {
  return { type: 'EMPTY', alias: '', sample: null, query_location: 0 };
}

/** A query as an expression, which is how it prints in parentheses. */
export function queryExpression(
  query: SqlNode,
  kind: Pick<SqlNode, 'subquery_type' | 'child' | 'comparison_type'> = {
    subquery_type: 'SCALAR',
    child: null,
    comparison_type: 'INVALID',
  },
): SqlNode {
  return {
    class: 'SUBQUERY',
    type: 'SUBQUERY',
    alias: '',
    query_location: 0,
    ...kind,
    subquery: { node: query, named_param_map: [] },
  };
}

/** The query of `queryExpression`. */
export function queryOf(expression: SqlNode): SqlNode {
  const { subquery } = expression;
  const node = isNode(subquery) ? subquery['node'] : null;
  if (!isNode(node)) throw new RangeError('not a query');
  return node;
}

export function named(expression: SqlNode, alias: string): SqlNode {
  return { ...expression, alias };
}

export function equality(left: SqlNode, right: SqlNode): SqlNode {
  return { class: 'COMPARISON', type: 'COMPARE_EQUAL', alias: '', query_location: 0, left, right };
}

export function call(name: string, children: readonly SqlNode[]): SqlNode {
  return {
    class: 'FUNCTION',
    type: 'FUNCTION',
    alias: '',
    query_location: 0,
    function_name: name,
    schema: '',
    children,
    filter: null,
    order_bys: { type: 'ORDER_MODIFIER', orders: [] },
    distinct: false,
    is_operator: false,
    export_state: false,
    catalog: '',
  };
}

export function coalesce(children: readonly SqlNode[]): SqlNode {
  return { class: 'OPERATOR', type: 'OPERATOR_COALESCE', alias: '', query_location: 0, children };
}

export function isNotNull(expression: SqlNode): SqlNode {
  return {
    class: 'OPERATOR',
    type: 'OPERATOR_IS_NOT_NULL',
    alias: '',
    query_location: 0,
    children: [expression],
  };
}

/** The conditions all of which must hold. */
export function conjuncts(condition: SqlNode | null): SqlNode[] {
  if (condition === null) return [];
  const children = condition['children'];
  if (condition['type'] !== 'CONJUNCTION_AND' || !Array.isArray(children)) return [condition];
  return children.filter((child: SqlJson) => isNode(child)).flatMap(conjuncts);
}

export function conjunction(conditions: readonly SqlNode[]): SqlNode | null {
  const [first, ...more] = conditions;
  if (first === undefined) return null;
  if (more.length === 0) return first;
  return {
    class: 'CONJUNCTION',
    type: 'CONJUNCTION_AND',
    alias: '',
    query_location: 0,
    children: conditions,
  };
}

/** The two sides of `a = b` or `a IS NOT DISTINCT FROM b`; null for anything else. */
export function sidesOfEquality(condition: SqlNode): readonly [SqlNode, SqlNode] | null {
  const { type, left, right } = condition;
  if (type !== 'COMPARE_EQUAL' && type !== 'COMPARE_NOT_DISTINCT_FROM') return null;
  return isNode(left) && isNode(right) ? [left, right] : null;
}

/** Every `[alias, column, …]` reference, parents first; parameters of lambdas have one part and are none. */
export function qualifiedReferences(tree: SqlJson): SqlNode[] {
  const found: SqlNode[] = [];
  walk(tree, (node) => {
    if (node['class'] === 'COLUMN_REF' && columnParts(node).length > 1) found.push(node);
  });
  return found;
}

/** The aliases a lowered expression reads. */
export function aliasesIn(expression: SqlNode): ReadonlySet<string> {
  return new Set(qualifiedReferences(expression).map((reference) => columnParts(reference)[0] ?? ''));
}

/** The tree with every reference that `map` knows put elsewhere. */
export function mapReferences(
  tree: SqlNode,
  map: (alias: string, column: string) => readonly [string, string] | null,
): SqlNode {
  const mapped = rewrite(tree, (node) => {
    if (node['class'] !== 'COLUMN_REF') return null;
    const [alias, column, ...fields] = columnParts(node);
    const to = alias === undefined || column === undefined ? null : map(alias, column);
    if (to === null) return node;
    return { ...columnReference(...to, ...fields), alias: node['alias'] ?? '' };
  });
  return isNode(mapped) ? mapped : tree;
}

/** FROM entries side by side; at least one. */
export function crossItem(items: readonly SqlNode[]): SqlNode {
  return items.reduce((left, right) => ({
    type: 'JOIN',
    alias: '',
    sample: null,
    query_location: 0,
    left,
    right,
    condition: null,
    join_type: 'INNER',
    ref_type: 'CROSS',
    using_columns: [],
    delim_flipped: false,
    duplicate_eliminated_columns: [],
  }));
}

/** A constant by its text, of a type by its name. */
export function constant(text: string | null, type: string): SqlNode {
  return {
    class: 'CAST',
    type: 'OPERATOR_CAST',
    alias: '',
    query_location: 0,
    child: {
      class: 'CONSTANT',
      type: 'VALUE_CONSTANT',
      alias: '',
      query_location: 0,
      value: {
        type: { id: 'VARCHAR', type_info: null },
        is_null: text === null,
        ...(text === null ? {} : { value: text }),
      },
    },
    cast_type: { id: type, type_info: null },
    try_cast: false,
  };
}

/** NULL, of whatever type is asked of it. */
export const nullConstant: SqlNode = {
  class: 'CONSTANT',
  type: 'VALUE_CONSTANT',
  alias: '',
  query_location: 0,
  value: { type: { id: 'NULL', type_info: null }, is_null: true },
};
