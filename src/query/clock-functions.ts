import { isNode, type SqlJson, type SqlNode } from '../core/sql-tree.ts';

const typeOfFunction: ReadonlyMap<string, string> = new Map([
  ['now', 'TIMESTAMP WITH TIME ZONE'],
  ['current_timestamp', 'TIMESTAMP WITH TIME ZONE'],
  ['get_current_timestamp', 'TIMESTAMP WITH TIME ZONE'],
  ['transaction_timestamp', 'TIMESTAMP WITH TIME ZONE'],
  ['localtimestamp', 'TIMESTAMP'],
  ['current_localtimestamp', 'TIMESTAMP'],
  ['current_date', 'DATE'],
  ['today', 'DATE'],
  ['current_time', 'TIME'],
  ['get_current_time', 'TIME'],
  ['localtime', 'TIME'],
  ['current_localtime', 'TIME'],
]);

/** A query in which `now()` and its kin are the engine's clock, so that a replayed history gives the same answers. */
export function replaceClockFunctions(query: SqlNode, nowMs: number): SqlNode {
  const visited = visit(query, new Date(nowMs).toISOString(), false);
  return isNode(visited) ? visited : query;
}

function visit(json: SqlJson, now: string, inSelectList: boolean): SqlJson {
  if (Array.isArray(json)) return json.map((item) => visit(item, now, inSelectList));
  if (!isNode(json)) return json;
  const name = clockFunction(json);
  const type = name === null ? undefined : typeOfFunction.get(name);
  if (name !== null && type !== undefined) return instant(json, now, type, inSelectList ? name : '');
  return Object.fromEntries(
    Object.entries(json).map(([key, value]) => [key, visit(value, now, key === 'select_list')]),
  );
}

function clockFunction(node: SqlNode): string | null {
  if (node.type === 'FUNCTION' && Array.isArray(node.children) && node.children.length === 0) {
    return String(node.function_name).toLowerCase();
  }
  const names = node.type === 'COLUMN_REF' ? node.column_names : undefined;
  if (Array.isArray(names) && names.length === 1) return String(names[0]).toLowerCase();
  return null;
}

function instant(original: SqlNode, now: string, type: string, name: string): SqlNode {
  const text =
    type === 'DATE' ? now.slice(0, 10) : type === 'TIME' ? now.slice(11, 23) : now.replace('T', ' ');
  return {
    class: 'CAST',
    type: 'OPERATOR_CAST',
    alias: original.alias === '' ? name : (original.alias ?? ''),
    query_location: original.query_location ?? 0,
    child: {
      class: 'CONSTANT',
      type: 'VALUE_CONSTANT',
      alias: '',
      query_location: 0,
      value: { type: { id: 'VARCHAR', type_info: null }, is_null: false, value: text },
    },
    cast_type: { id: type, type_info: null },
    try_cast: false,
  };
}
