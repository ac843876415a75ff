import { type CteScope, type RelationReference, relationNode } from './relation-references.ts';
import { selectAll } from './select-all.ts';
import { isNode, type SqlJson, type SqlNode, walk } from './sql-tree.ts';

/** PREDICT, as DuckDB parses it: a table function. */
export type PredictReference = Extract<RelationReference, { kind: 'function' }>;

export function isPredict(reference: RelationReference): reference is PredictReference {
  return reference.kind === 'function' && reference.name === 'predict';
}

/** What PREDICT was given, as it stands. */
export type PredictArguments = {
  readonly model: string;
  readonly input: PredictInput;
};

export type PredictInput =
  | { readonly kind: 'query'; readonly query: SqlNode }
  | { readonly kind: 'relation'; readonly name: string; readonly location: SqlJson };

/** @returns what is wrong with them, where something is */
export function predictArguments({ args }: PredictReference): PredictArguments | 'arguments' | 'input' {
  const [first, second, ...more] = args;
  const model = columnName(first);
  if (model === null || second === undefined || more.length > 0) return 'arguments';
  const relation = columnName(second);
  if (relation !== null)
    return { model, input: { kind: 'relation', name: relation, location: second.query_location ?? 0 } };
  const subquery = isNode(second.subquery) ? second.subquery.node : undefined;
  if (second.type !== 'SUBQUERY' || !isNode(subquery)) return 'input';
  return { model, input: { kind: 'query', query: subquery } };
}

/** The call over a query in place of its input. */
export function withInput(call: PredictReference, query: SqlNode): SqlNode {
  const called = isNode(call.node.function) ? call.node.function : {};
  const input: SqlNode = {
    class: 'SUBQUERY',
    type: 'SUBQUERY',
    alias: '',
    query_location: call.node.query_location ?? 0,
    subquery_type: 'SCALAR',
    subquery: { node: query, named_param_map: [] },
    child: null,
    comparison_type: 'INVALID',
  };
  return { ...call.node, function: { ...called, children: [call.args[0] ?? null, input] } };
}

/** The name a bare column reference consists of; null for anything else. */
export function columnName(node: SqlNode | undefined): string | null {
  const names = node?.type === 'COLUMN_REF' ? node.column_names : undefined;
  return Array.isArray(names) && names.length === 1 ? String(names[0]) : null;
}

/** The query that gives the input's rows. */
export function queryOfInput(input: PredictInput): SqlNode {
  return input.kind === 'query'
    ? input.query
    : selectAll(relationNode({ query_location: input.location }, '', input.name, ''));
}

/** The query that gives the input's rows, with the CTEs around the call that it names. */
export function inputQueryOf({ input }: { readonly input: PredictInput }, scope: CteScope): SqlNode {
  return withNamedCtes(queryOfInput(input), scope);
}

/** The input of PREDICT with the CTEs of the queries around it that it names, directly or through each other. */
function withNamedCtes(input: SqlNode, scope: CteScope): SqlNode {
  const named = new Set<string>();
  const outer: SqlNode[] = [];
  collectNames(input, named);
  for (const [name, entry] of [...scope].reverse()) {
    if (entry === null || !named.has(name)) continue;
    collectNames(entry, named);
    outer.unshift(entry);
  }
  return withCtes(input, outer);
}

/** The query with CTEs before its own. */
export function withCtes(query: SqlNode, ctes: readonly SqlNode[]): SqlNode {
  if (ctes.length === 0) return query;
  const own = isNode(query.cte_map) && Array.isArray(query.cte_map.map) ? query.cte_map.map : [];
  return { ...query, cte_map: { map: [...ctes, ...own] } };
}

/** Every name a FROM entry inside could mean a CTE by: no name too few, though perhaps one too many. */
function collectNames(tree: SqlNode, names: Set<string>): void {
  walk(tree, (node) => {
    if (typeof node.table_name === 'string') names.add(node.table_name.toLowerCase());
    const column = columnName(node);
    if (column !== null) names.add(column.toLowerCase());
  });
}
