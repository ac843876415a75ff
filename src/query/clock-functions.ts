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

/** Those that need no parentheses. */
const bareNames: ReadonlySet<string> = new Set([
  'current_timestamp',
  'localtimestamp',
  'current_date',
  'current_time',
  'localtime',
]);

/**
 * A query in which `now()` and its kin are the engine's clock, so that a replayed history gives the same answers.
 * @param isColumn whether some relation has a column of the name; such a bare name is left to be that column.
 */
export function replaceClockFunctions(
  query: SqlNode,
  nowMs: number,
  isColumn: (name: string) => boolean,
): SqlNode {
  const now = new Date(nowMs).toISOString();

  function visit(json: SqlJson, inSelectList: boolean): SqlJson {
    if (Array.isArray(json)) return json.map((item: SqlJson) => visit(item, inSelectList));
    if (!isNode(json)) return json;
    const name = clockFunction(json, isColumn);
    const type = name === null ? undefined : typeOfFunction.get(name);
    if (name !== null && type !== undefined) return instant(json, now, type, inSelectList ? name : '');
    const inside = Object.fromEntries(
      Object.entries(json).map(([key, value]) => [key, visit(value, key === 'select_list')]),
    );
    return withExplicitClock(inside, now);
  }

  const visited = visit(query, false);
  return isNode(visited) ? visited : query;
}

function clockFunction(node: SqlNode, isColumn: (name: string) => boolean): string | null {
  if (node.type === 'FUNCTION' && Array.isArray(node.children) && node.children.length === 0) {
    return String(node.function_name).toLowerCase();
  }
  const names = node.type === 'COLUMN_REF' ? node.column_names : undefined;
  if (!Array.isArray(names) || names.length !== 1) return null;
  const name = String(names[0]).toLowerCase();
  return bareNames.has(name) && !isColumn(name) ? name : null;
}

/** `age(x)` counts from today and `ago(x)` from now: the clock they leave out is written in. */
function withExplicitClock(node: SqlNode, now: string): SqlNode {
  if (node.type !== 'FUNCTION' || !Array.isArray(node.children) || node.children.length !== 1) return node;
  const name = String(node.function_name).toLowerCase();
  const here: SqlNode = { query_location: node.query_location ?? 0 };
  if (name === 'age') return { ...node, children: [instant(here, now, 'DATE', ''), ...node.children] };
  if (name !== 'ago') return node;
  const from = instant(here, now, 'TIMESTAMP WITH TIME ZONE', '');
  return { ...node, function_name: '-', is_operator: true, children: [from, ...node.children] };
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
