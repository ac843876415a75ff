import { nextPiece } from './sql-lexical.ts';

const depthOf: ReadonlyMap<string, number> = new Map([
  ['(', 1],
  ['[', 1],
  ['{', 1],
  [')', -1],
  [']', -1],
  ['}', -1],
]);

/**
 * Where the `WITH (` starts that ends the query in `text`; null when there is none. A CTE has a name after its WITH,
 * and DuckDB has no other WITH that a bracket follows.
 */
export function policyOffset(text: string): number | null {
  let depth = 0;
  let withAt: number | null = null;
  for (let offset = 0; offset < text.length; ) {
    const { kind, end } = nextPiece(text, offset);
    if (kind !== 'blank') {
      const piece = text.slice(offset, end);
      if (piece === '(' && withAt !== null) return withAt;
      depth += depthOf.get(piece) ?? 0;
      withAt = depth === 0 && /^with$/i.test(piece) ? offset : null;
    }
    offset = end;
  }
  return null;
}
