import type { LosslessNumber } from 'lossless-json';

/**
 * A SELECT as DuckDB's `json_serialize_sql` gives it. The engine reads and rewrites its relational structure (FROM
 * entries, joins, grouping) and leaves scalar expressions as they are; the tree goes back through
 * `json_deserialize_sql`. Numbers a double cannot hold exactly stay `LosslessNumber`.
 */
export type SqlJson = null | boolean | number | string | LosslessNumber | readonly SqlJson[] | SqlNode;

export type SqlNode = { readonly [key: string]: SqlJson };

/** Reads and prints SELECTs; the store's parser behind a port. */
export interface SqlParser {
  /**
   * The query node (`SELECT_NODE`, `SET_OPERATION_NODE`, …) of exactly one SELECT.
   * @throws EverviewError `syntax-error` with the place in `sql`, `unsupported` for what DuckDB cannot serialize.
   */
  parse(sql: string): Promise<SqlNode>;
  /** Whether the columns of a VALUES list have one type each. Asked here, as the store ends a transaction over it. */
  hasUniformColumns(values: string): Promise<boolean>;
  /** SQL text of a query node. */
  print(query: SqlNode): Promise<string>;
  /** SQL text of scalar expressions, in order, in one round trip. */
  printExpressions(expressions: readonly SqlNode[]): Promise<string[]>;
  /** Names (lower case) of functions that are not `CONSISTENT`: `random`, `now`, `nextval`, … */
  readonly unstableFunctions: ReadonlyMap<string, 'volatile' | 'per-query'>;
}

export function isNode(json: SqlJson | undefined): json is SqlNode {
  return typeof json === 'object' && json !== null && !Array.isArray(json) && !('isLosslessNumber' in json);
}

/** Visits every node of the tree, parents first. */
export function walk(json: SqlJson, visit: (node: SqlNode) => void): void {
  if (Array.isArray(json)) {
    for (const item of json) walk(item, visit);
  } else if (isNode(json)) {
    visit(json);
    for (const key of Object.keys(json)) walk(json[key] ?? null, visit);
  }
}

/** Whether some node of the tree is one. */
export function contains(json: SqlJson, is: (node: SqlNode) => boolean): boolean {
  if (Array.isArray(json)) return json.some((item) => contains(item, is));
  if (!isNode(json)) return false;
  return is(json) || Object.values(json).some((part) => contains(part, is));
}

/** The tree with every node replaced by what `replace` gives for it (null: keep and go on inside). */
export function rewrite(json: SqlJson, replace: (node: SqlNode) => SqlNode | null): SqlJson {
  if (Array.isArray(json)) return rewriteItems(json, (item) => rewrite(item, replace));
  if (!isNode(json)) return json;
  return replace(json) ?? rewriteParts(json, (part) => rewrite(part, replace));
}

/**
 * The node with each of its parts replaced; itself and no copy where each is replaced by itself, as most are: a query is
 * rewritten several times, and little of it at a time.
 */
export function rewriteParts(node: SqlNode, replace: (part: SqlJson, key: string) => SqlJson): SqlNode {
  let copy: Record<string, SqlJson> | null = null;
  for (const key of Object.keys(node)) {
    const part = node[key] ?? null;
    const replaced = replace(part, key);
    if (replaced === part) continue;
    copy ??= { ...node };
    copy[key] = replaced;
  }
  return copy ?? node;
}

/** As `rewriteParts`, of a list. */
export function rewriteItems(
  items: readonly SqlJson[],
  replace: (item: SqlJson) => SqlJson,
): readonly SqlJson[] {
  const replaced = items.map(replace);
  return replaced.some((item, place) => item !== items[place]) ? replaced : items;
}

/** The names a reference to a column consists of. */
export function columnParts(node: SqlNode): string[] {
  const names = node['column_names'];
  return Array.isArray(names) ? names.map(String) : [];
}

/** A reference to a column by its parts. */
export function columnReference(...names: string[]): SqlNode {
  return { class: 'COLUMN_REF', type: 'COLUMN_REF', alias: '', query_location: 0, column_names: names };
}
