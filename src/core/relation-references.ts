import { isNode, rewriteItems, rewriteParts, type SqlJson, type SqlNode } from './sql-tree.ts';

/** A FROM entry that names something outside the query itself; names of CTEs in scope are not among them. */
export type RelationReference =
  | {
      readonly kind: 'named';
      /** With the catalog in front where one was written; empty for none and for `main`. */
      readonly schema: string;
      readonly name: string;
      readonly alias: string;
      readonly at: { readonly unit: 'VERSION' | 'TIMESTAMP'; readonly expression: SqlNode } | null;
      /** Byte offset in the text the tree came from; null where DuckDB gives none. */
      readonly offset: number | null;
      readonly node: SqlNode;
      readonly scope: CteScope;
    }
  | {
      readonly kind: 'function';
      /** Lower case. */
      readonly name: string;
      readonly alias: string;
      readonly args: readonly SqlNode[];
      readonly offset: number | null;
      readonly node: SqlNode;
      readonly scope: CteScope;
    };

/**
 * The CTEs a FROM entry can name, by name in lower case, each after those it can name itself; null for a recursive
 * one seen from within.
 */
export type CteScope = ReadonlyMap<string, SqlNode | null>;

/**
 * The query with every reference replaced by what `replace` gives (null: kept as it is). Follows the scope
 * of CTEs: a name that a WITH in sight defines is not a reference.
 *
 * @param scope the CTEs in sight where the query stands
 */
export function replaceReferences(
  query: SqlNode,
  replace: (reference: RelationReference) => SqlNode | null,
  scope: CteScope = new Map(),
): SqlNode {
  const visited = visit(query, scope, (node, inSight) => {
    const reference = referenceOf(node, inSight);
    // What a kept reference holds (the arguments of a table function) may refer on.
    return reference === null ? null : replace(reference);
  });
  return isNode(visited) ? visited : query;
}

/** FROM entries that ask for a CTE AT a version or a moment, of which it has none. */
export function ctesReadAt(query: SqlNode): SqlNode[] {
  const found: SqlNode[] = [];
  visit(query, new Map(), (node, scope) => {
    if (isCte(node, scope) && isNode(node.at_clause)) found.push(node);
    return null;
  });
  return found;
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

type Replace = (node: SqlNode, scope: CteScope) => SqlNode | null;

function visit(json: SqlJson, scope: CteScope, replace: Replace): SqlJson {
  if (Array.isArray(json)) return rewriteItems(json, (item) => visit(item, scope, replace));
  if (!isNode(json)) return json;
  const replaced = replace(json, scope);
  if (replaced !== null) return replaced;
  const inner = scopeInside(json, scope);
  return rewriteParts(json, (part, key) =>
    key === 'cte_map' ? visitCtes(part, scope, replace) : visit(part, inner, replace),
  );
}

function cteEntries(cteMap: SqlJson | undefined): readonly SqlNode[] {
  const map = isNode(cteMap) ? cteMap.map : null;
  return Array.isArray(map) ? (map as SqlJson[]).filter(isNode) : [];
}

function scopeInside(node: SqlNode, scope: CteScope): CteScope {
  const entries = cteEntries(node.cte_map);
  const isRecursive = node.type === 'RECURSIVE_CTE_NODE';
  if (entries.length === 0 && !isRecursive) return scope;
  const inside = new Map(scope);
  for (const entry of entries) hide(inside, String(entry.key), entry);
  if (isRecursive) hide(inside, String(node.cte_name), null);
  return inside;
}

function hide(scope: Map<string, SqlNode | null>, name: string, entry: SqlNode | null): void {
  scope.delete(name.toLowerCase());
  scope.set(name.toLowerCase(), entry);
}

/** Each CTE sees the ones before it; a recursive one sees itself through its RECURSIVE_CTE_NODE. */
function visitCtes(cteMap: SqlJson, scope: CteScope, replace: Replace): SqlJson {
  if (!isNode(cteMap)) return cteMap;
  const seen = new Map(scope);
  const entries = cteEntries(cteMap);
  const map = entries.map((entry) => {
    const value = visit(entry.value ?? null, seen, replace);
    hide(seen, String(entry.key), entry);
    return value === entry.value ? entry : { ...entry, value };
  });
  return map.some((entry, place) => entry !== entries[place]) ? { ...cteMap, map } : cteMap;
}

function offsetOf(node: SqlNode): number | null {
  return typeof node.query_location === 'number' ? node.query_location : null;
}

function writtenSchema({ catalog_name: catalog, schema_name: schema }: SqlNode): string {
  return [catalog, schema].filter((part) => part).join('.');
}

function isCte(node: SqlNode, scope: CteScope): boolean {
  if (node.type !== 'BASE_TABLE' || typeof node.table_name !== 'string') return false;
  return writtenSchema(node) === '' && scope.has(node.table_name.toLowerCase());
}

function referenceOf(node: SqlNode, scope: CteScope): RelationReference | null {
  if (node.type === 'BASE_TABLE' && typeof node.table_name === 'string') {
    if (isCte(node, scope)) return null;
    const written = writtenSchema(node);
    const schema = written.toLowerCase() === 'main' ? '' : written;
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
      scope,
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
      scope,
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
