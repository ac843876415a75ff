import { EverviewError, placeIn, type TextPlace } from '../core/errors.ts';
import { lowerFirst } from '../core/lower-first.ts';
import { nearestHint, nearestName } from '../core/nearest.ts';
import { type SqlNode, walk } from '../core/sql-tree.ts';

const unknownColumn = /(?:Referenced column|column|Table "[^"]+" does not have a column named) "([^"]+)"/i;
const unknownFunction = /Function with name "?([^\s"]+)"? does not exist!(?:\s+Did you mean "([^"]+)")?/;
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
  const unknown = unknownFunction.exec(message);
  if (unknown?.[1] !== undefined) return functionFailure(failure, unknown[1], unknown[2], text, tree);
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
  const at = placeOf(tree, text, column, (node) => {
    const names = node.type === 'COLUMN_REF' ? node.column_names : undefined;
    return Array.isArray(names) && String(names.at(-1)).toLowerCase() === column.toLowerCase();
  });
  return new EverviewError('unknown-column', `there is no column "${column}" here`, {
    at,
    hint: candidateHint(column, known),
    cause: failure,
  });
}

/** DuckDB names the few columns that are most like it, and not all there are. */
function candidateHint(column: string, candidates: readonly string[]): string | undefined {
  if (candidates.length === 0 || nearestName(column, candidates) !== null)
    return nearestHint(column, candidates);
  return `nearest: ${candidates.join(', ')}`;
}

function firstLine(message: string): string {
  return lowerFirst(message.split('\n')[0] ?? message);
}

function utf16Offset(text: string, bytes: number): number {
  return Buffer.from(text, 'utf8').subarray(0, bytes).toString('utf8').length;
}

/** The place of the first node that `isIt`, as long as the name it is about. */
function placeOf(
  tree: SqlNode | null,
  text: string,
  name: string,
  isIt: (node: SqlNode) => boolean,
): TextPlace | undefined {
  let offset: number | null = null;
  walk(tree, (node) => {
    if (offset === null && typeof node.query_location === 'number' && isIt(node))
      offset = node.query_location;
  });
  return offset === null ? undefined : placeIn(text, utf16Offset(text, offset), name.length);
}

function functionFailure(
  cause: EverviewError,
  name: string,
  nearest: string | undefined,
  text: string,
  tree: SqlNode | null,
): EverviewError {
  const at = placeOf(
    tree,
    text,
    name,
    (node) => String(node.function_name ?? '').toLowerCase() === name.toLowerCase(),
  );
  const hint = /^(explain_)?predict$/i.test(name)
    ? `it stands in FROM: SELECT prediction FROM ${name.toUpperCase()}(model, (SELECT …))`
    : nearest === undefined
      ? undefined
      : `did you mean "${nearest}"?`;
  return new EverviewError('invalid-query', `there is no function "${name}"`, { at, hint, cause });
}
