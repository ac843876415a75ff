import { isNode, type SqlJson, type SqlNode } from './sql-tree.ts';

/** A FROM entry that names something outside the query itself; names of CTEs in scope are not among them. */
export type RelationReference =
  | {
      readonly kind: 'named';
      /** Empty when none was written. */
      readonly schema: string;
      readonly name: string;
      readonly alias: string;
      readonly at: { readonly unit: 'VERSION' | 'TIMESTAMP'; readonly expression: SqlNode } | null;
      /** Byte offset in the text the tree came from; null where DuckDB gives none. */
      readonly offset: number | null;
      readonly node: SqlNode;
    }
  | {
      readonly kind: 'function';
      /** Lower case. */
      readonly name: string;
      readonly alias: string;
      readonly args: readonly SqlNode[];
      readonly offset: number | null;
      readonly node: SqlNode;
    };

/**
 * A copy of a query with every reference replaced by what `replace` gives (null: kept as it is). Follows the scope
 * of CTEs: a name that a WITH in sight defines is not a reference.
 */
export function replaceReferences(
  query: SqlNode,
  replace: (reference: RelationReference) => SqlNode | null,
): SqlNode {
  const visited = visit(query, new Set(), replace);
  return isNode(visited) ? visited : query;
}

/** Every reference of a query, in the order of the tree; `inside` says whose arguments to look into as well. */
export function referencesOf(
  query: SqlNode,
  inside: (reference: RelationReference) => boolean = () => true,
): RelationReference[] {
  const found: RelationReference[] = [];
  replaceReferences(query, (reference) => {
    found.push(reference);
    return inside(reference) ? null : reference.node;
  });
  return found;
}

type Replace = (reference: RelationReference) => SqlNode | null;

function visit(json: SqlJson, scope: ReadonlySet<string>, replace: Replace): SqlJson {
  if (Array.isArray(json)) return json.map((item) => visit(item, scope, replace));
  if (!isNode(json)) return json;
  const reference = referenceOf(json, scope);
  if (reference !== null) {
    const replaced = replace(reference);
    if (replaced !== null) return replaced;
    // What a kept reference holds (the arguments of a table function) may refer on.
  }
  const inner = scopeInside(json, scope);
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [
      key,
      key === 'cte_map' ? visitCtes(value, scope, replace) : visit(value, inner, replace),
    ]),
  );
}

function cteEntries(cteMap: SqlJson | undefined): readonly SqlNode[] {
  const map = isNode(cteMap) ? cteMap.map : null;
  return Array.isArray(map) ? (map as SqlJson[]).filter(isNode) : [];
}

function scopeInside(node: SqlNode, scope: ReadonlySet<string>): ReadonlySet<string> {
  const names = cteEntries(node.cte_map).map((entry) => String(entry.key).toLowerCase());
  if (node.type === 'RECURSIVE_CTE_NODE') names.push(String(node.cte_name).toLowerCase());
  return names.length === 0 ? scope : new Set([...scope, ...names]);
}

/** Each CTE sees the ones before it; a recursive one sees itself through its RECURSIVE_CTE_NODE. */
function visitCtes(cteMap: SqlJson, scope: ReadonlySet<string>, replace: Replace): SqlJson {
  if (!isNode(cteMap)) return cteMap;
  const seen = new Set(scope);
  const map = cteEntries(cteMap).map((entry) => {
    const value = visit(entry.value ?? null, seen, replace);
    seen.add(String(entry.key).toLowerCase());
    return { ...entry, value };
  });
  return { ...cteMap, map };
}

function offsetOf(node: SqlNode): number | null {
  return typeof node.query_location === 'number' ? node.query_location : null;
}

function referenceOf(node: SqlNode, scope: ReadonlySet<string>): RelationReference | null {
  if (node.type === 'BASE_TABLE' && typeof node.table_name === 'string') {
    const schema = String(node.schema_name ?? '');
    if (schema === '' && scope.has(node.table_name.toLowerCase())) return null;
    const clause = node.at_clause;
    const expression = isNode(clause) ? clause.expr : undefined;
    const at =
      isNode(clause) && isNode(expression)
        ? ({ unit: clause.unit === 'TIMESTAMP' ? 'TIMESTAMP' : 'VERSION', expression } as const)
        : null;
    return {
      kind: 'named',
      schema,
      name: node.table_name,
      alias: String(node.alias ?? ''),
      at,
      offset: offsetOf(node),
      node,
    };
  }
  if (node.type === 'TABLE_FUNCTION' && isNode(node.function)) {
    const args = Array.isArray(node.function.children)
      ? (node.function.children as SqlJson[]).filter(isNode)
      : [];
    return {
      kind: 'function',
      name: String(node.function.function_name).toLowerCase(),
      alias: String(node.alias ?? ''),
      args,
      offset: offsetOf(node),
      node,
    };
  }
  return null;
}

/** A FROM entry that reads `schema.name` under the alias the query knows it by. */
export function relationNode(original: SqlNode, schema: string, name: string, alias: string): SqlNode {
  return {
    type: 'BASE_TABLE',
    alias,
    sample: original.sample ?? null,
    query_location: original.query_location ?? 0,
    schema_name: schema,
    table_name: name,
    column_name_alias: original.column_name_alias ?? [],
    catalog_name: '',
    at_clause: null,
  };
}

/** A FROM entry that is a query in parentheses. */
export function subqueryNode(original: SqlNode, query: SqlNode, alias: string): SqlNode {
  return {
    type: 'SUBQUERY',
    alias,
    sample: original.sample ?? null,
    query_location: original.query_location ?? 0,
    subquery: { node: query, named_param_map: [] },
    column_name_alias: original.column_name_alias ?? [],
  };
}
