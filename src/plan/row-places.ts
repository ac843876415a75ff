import { placeColumn, versionColumn } from '../core/identifier.ts';
import { relationNode, subqueryNode } from '../core/relation-references.ts';
import { allColumns, selectAll } from '../core/select-all.ts';
import { columnParts, columnReference, type SqlNode, walk } from '../core/sql-tree.ts';

/** Whether a query asks for places of rows, which `data` has not; see `tableWithPlaces`. */
export function namesPlace(query: SqlNode): boolean {
  let isNamed = false;
  walk(query, (node) => {
    if (node['type'] === 'COLUMN_REF' && columnParts(node).at(-1)?.toLowerCase() === placeColumn)
      isNamed = true;
  });
  return isNamed;
}

/**
 * A FROM entry for a base table whose rows have their place in the file as a column. Within an UPDATE or DELETE it is that
 * of the row itself: with `data`, which has none, `rowid` of a subquery would be the outer row's.
 */
export function tableWithPlaces(original: SqlNode, name: string, alias: string): SqlNode {
  const all = { ...allColumns(), exclude_list: [versionColumn] };
  const table = relationNode({ query_location: original['query_location'] ?? 0 }, 'base', name, name);
  const rows = { ...selectAll(table), select_list: [all, columnReference(placeColumn)] };
  return subqueryNode(original, rows, alias);
}
