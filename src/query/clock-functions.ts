import { agoNode, clockCall, instantNode } from '../core/clock-call.ts';
import { momentMark, momentText } from '../core/moment.ts';
import { isNode, rewriteItems, rewriteParts, type SqlJson, type SqlNode } from '../core/sql-tree.ts';

/**
 * A query in which `now()` and its kin are the engine's clock, so that a replayed history gives the same answers.
 * @param isColumn whether some relation has a column of the name; such a bare name is left to be that column.
 */
export function replaceClockFunctions(
  query: SqlNode,
  nowMs: number,
  isColumn: (name: string) => boolean,
): SqlNode {
  return withClock(query, isColumn, textAt(momentText(nowMs)));
}

/** As `replaceClockFunctions`, with `momentMark` for the clock. */
export function markClockFunctions(query: SqlNode, isColumn: (name: string) => boolean): SqlNode {
  return withClock(query, isColumn, () => momentMark);
}

/** The clock's text where it is cast to a type. */
type ClockText = (type: string) => string;

function withClock(query: SqlNode, isColumn: (name: string) => boolean, now: ClockText): SqlNode {
  function visit(json: SqlJson, inSelectList: boolean): SqlJson {
    if (Array.isArray(json)) return rewriteItems(json, (item) => visit(item, inSelectList));
    if (!isNode(json)) return json;
    const call = clockCall(json, isColumn);
    if (call !== null) return instant(json, now, call.type, inSelectList ? call.name : '');
    const inside = rewriteParts(json, (part, key) => visit(part, key === 'select_list'));
    return withExplicitClock(inside, now);
  }

  const visited = visit(query, false);
  return isNode(visited) ? visited : query;
}

/** `age(x)` counts from today and `ago(x)` from now: the clock they leave out is written in. */
function withExplicitClock(node: SqlNode, now: ClockText): SqlNode {
  if (node.type !== 'FUNCTION' || !Array.isArray(node.children) || node.children.length !== 1) return node;
  const name = String(node.function_name).toLowerCase();
  const here: SqlNode = { query_location: node.query_location ?? 0 };
  if (name === 'age') return { ...node, children: [instant(here, now, 'DATE', ''), ...node.children] };
  return name === 'ago' ? agoNode(node, now('TIMESTAMP WITH TIME ZONE')) : node;
}

function textAt(now: string): ClockText {
  return (type) => (type === 'DATE' ? now.slice(0, 10) : type === 'TIME' ? now.slice(11, 23) : now);
}

function instant(original: SqlNode, now: ClockText, type: string, name: string): SqlNode {
  const { alias } = original;
  return instantNode(original, now(type), type, typeof alias === 'string' && alias !== '' ? alias : name);
}
