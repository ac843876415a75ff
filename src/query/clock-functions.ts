import { agoNode, clockCall, instantNode } from '../core/clock-call.ts';
import { momentText } from '../core/moment.ts';
import { isNode, type SqlJson, type SqlNode } from '../core/sql-tree.ts';

/**
 * A query in which `now()` and its kin are the engine's clock, so that a replayed history gives the same answers.
 * @param isColumn whether some relation has a column of the name; such a bare name is left to be that column.
 */
export function replaceClockFunctions(
  query: SqlNode,
  nowMs: number,
  isColumn: (name: string) => boolean,
): SqlNode {
  const now = momentText(nowMs);

  function visit(json: SqlJson, inSelectList: boolean): SqlJson {
    if (Array.isArray(json)) return json.map((item: SqlJson) => visit(item, inSelectList));
    if (!isNode(json)) return json;
    const call = clockCall(json, isColumn);
    if (call !== null) return instant(json, now, call.type, inSelectList ? call.name : '');
    const inside = Object.fromEntries(
      Object.entries(json).map(([key, value]) => [key, visit(value, key === 'select_list')]),
    );
    return withExplicitClock(inside, now);
  }

  const visited = visit(query, false);
  return isNode(visited) ? visited : query;
}

/** `age(x)` counts from today and `ago(x)` from now: the clock they leave out is written in. */
function withExplicitClock(node: SqlNode, now: string): SqlNode {
  if (node.type !== 'FUNCTION' || !Array.isArray(node.children) || node.children.length !== 1) return node;
  const name = String(node.function_name).toLowerCase();
  const here: SqlNode = { query_location: node.query_location ?? 0 };
  if (name === 'age') return { ...node, children: [instant(here, now, 'DATE', ''), ...node.children] };
  return name === 'ago' ? agoNode(node, now) : node;
}

function instant(original: SqlNode, now: string, type: string, name: string): SqlNode {
  const text = type === 'DATE' ? now.slice(0, 10) : type === 'TIME' ? now.slice(11, 23) : now;
  const { alias } = original;
  return instantNode(original, text, type, typeof alias === 'string' && alias !== '' ? alias : name);
}
