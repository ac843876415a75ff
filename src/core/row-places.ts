import { placeColumn, versionColumn } from './identifier.ts';
import { relationNode, subqueryNode } from './relation-references.ts';
import { allColumns, selectAll } from './select-all.ts';
import { type SqlNode, walk } from './sql-tree.ts';

/** Whether a query asks for places of rows, which `data` has not; see `tableWithPlaces`. */
export function namesPlace(query: SqlNode): boolean {
  let isNamed = false;
  walk(query, (node) => {
    const names = node.type === 'COLUMN_REF' && Array.isArray(node.column_names) ? node.column_names : [];
    if (String(names.at(-1)).toLowerCase() === placeColumn) isNamed = true;
  });
  return isNamed;
}

/**
 * A FROM entry for a base table whose rows have their place in the file as a column. Within an UPDATE or DELETE it is that
 * of the row itself: with `data`, which has none, `rowid` of a subquery would be the outer row's.
 */
export function tableWithPlaces(original: SqlNode, name: string, alias: string): SqlNode {
  const all = { ...allColumns(), exclude_list: [versionColumn] };
  const place = {
    class: 'COLUMN_REF',
    type: 'COLUMN_REF',
    alias: '',
    query_location: 0,
    column_names: [placeColumn],
  };
  const table = relationNode({ query_location: original.query_location ?? 0 }, 'base', name, name);
  return subqueryNode(original, { ...selectAll(table), select_list: [all, place] }, alias);
}
