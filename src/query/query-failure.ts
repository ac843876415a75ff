import { EverviewError, placeIn } from '../core/errors.ts';
import { nearestHint } from '../core/nearest.ts';
import { isNode, type SqlNode, walk } from '../core/sql-tree.ts';

const unknownColumn = /(?:Referenced column|column|Table "[^"]+" does not have a column named) "([^"]+)"/i;
const candidates = /Candidate bindings?: (.*)/i;
const physicalNames = /\b(?:data|view)\."?([^".\s]+)"?/g;

/**
 * DuckDB's complaint about the rewritten query, told about the one the user wrote: the code, the place of the name it
 * is about, the nearest name.
 */
export function queryFailure(failure: unknown, text: string, tree: SqlNode | null): unknown {
  if (!(failure instanceof EverviewError) || failure.code !== 'invalid-query' || failure.at !== undefined)
    return failure;
  const message = failure.message.replaceAll(physicalNames, '"$1"');
  const column = /not found|does not have a column/i.test(message)
    ? unknownColumn.exec(message)?.[1]
    : undefined;
  if (column === undefined) {
    return new EverviewError('invalid-query', firstLine(message), {
      cause: failure,
      hint: failure.hint,
      data: failure.data,
    });
  }
  const known = [...(candidates.exec(message)?.[1] ?? '').matchAll(/"([^"]+)"/g)].map(
    (match) => String(match[1]).split('.').at(-1) ?? '',
  );
  const offset = tree === null ? null : columnOffset(tree, column);
  const at = offset === null ? undefined : placeIn(text, utf16Offset(text, offset), column.length);
  return new EverviewError('unknown-column', `there is no column "${column}" here`, {
    at,
    hint: nearestHint(column, known),
    cause: failure,
  });
}

function firstLine(message: string): string {
  const line = message.split('\n')[0] ?? message;
  return line.charAt(0).toLowerCase() + line.slice(1);
}

function utf16Offset(text: string, bytes: number): number {
  return Buffer.from(text, 'utf8').subarray(0, bytes).toString('utf8').length;
}

function columnOffset(tree: SqlNode, column: string): number | null {
  let found: number | null = null;
  walk(tree, (node) => {
    const names = isNode(node) && node.type === 'COLUMN_REF' ? node.column_names : undefined;
    if (found !== null || !Array.isArray(names)) return;
    if (
      String(names.at(-1)).toLowerCase() === column.toLowerCase() &&
      typeof node.query_location === 'number'
    ) {
      found = node.query_location;
    }
  });
  return found;
}
