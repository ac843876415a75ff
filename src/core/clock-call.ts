import type { SqlNode } from './sql-tree.ts';

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

/** Functions, in lower case, that ask for the time. */
export const clockNames: ReadonlySet<string> = new Set(typeOfFunction.keys());

/** Those that need no parentheses. */
const bareNames: ReadonlySet<string> = new Set([
  'current_timestamp',
  'localtimestamp',
  'current_date',
  'current_time',
  'localtime',
]);

/** A call that asks for the time: by what name, and the type of the answer. */
export type ClockCall = { readonly name: string; readonly type: string };

/** @param isColumn whether the query can mean a column by a bare name */
export function clockCall(node: SqlNode, isColumn: (name: string) => boolean): ClockCall | null {
  const name = calledName(node, isColumn);
  const type = name === null ? undefined : typeOfFunction.get(name);
  return name === null || type === undefined ? null : { name, type };
}

function calledName(node: SqlNode, isColumn: (name: string) => boolean): string | null {
  if (node.type === 'FUNCTION' && Array.isArray(node.children) && node.children.length === 0) {
    return String(node.function_name).toLowerCase();
  }
  const names = node.type === 'COLUMN_REF' ? node.column_names : undefined;
  if (!Array.isArray(names) || names.length !== 1) return null;
  const name = String(names[0]).toLowerCase();
  return bareNames.has(name) && !isColumn(name) ? name : null;
}

/** A text as an instant of the type, in the place of `original`. */
export function instantNode(original: SqlNode, text: string, type: string, alias: string): SqlNode {
  return {
    class: 'CAST',
    type: 'OPERATOR_CAST',
    alias,
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

/** `ago(x)` as `now − x`. */
export function agoNode(call: SqlNode, text: string): SqlNode {
  const from = instantNode({}, text, 'TIMESTAMP WITH TIME ZONE', '');
  const children = Array.isArray(call.children) ? call.children : [];
  return { ...call, function_name: '-', is_operator: true, children: [from, ...children] };
}
