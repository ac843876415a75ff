import { tokenize } from './statement-lexer.ts';

/**
 * The parts of `(a, b)`, `[a, b]` or a single `a`, as written but for comments, which are left out. `()` has none.
 */
export function splitList(sql: string): string[] {
  const tokens = tokenize(sql);
  const bracketed = /^[([]$/.test(tokens[0]?.image ?? '') && closesAtEnd(tokens.map((token) => token.image));
  const inner = bracketed ? tokens.slice(1, -1) : tokens;
  if (inner.length === 0) return [];
  const parts: string[] = [''];
  let depth = 0;
  let end = 0;
  for (const token of inner) {
    if (/^[([{]$/.test(token.image)) depth += 1;
    if (/^[)\]}]$/.test(token.image)) depth -= 1;
    const last = parts.pop() ?? '';
    if (depth === 0 && token.image === ',') parts.push(last, '');
    else parts.push(last + (last !== '' && token.startOffset > end ? ' ' : '') + token.image);
    end = token.startOffset + token.image.length;
  }
  return parts;
}

function closesAtEnd(images: readonly string[]): boolean {
  let depth = 0;
  return images.every((image, index) => {
    if (/^[([{]$/.test(image)) depth += 1;
    if (/^[)\]}]$/.test(image)) depth -= 1;
    return depth > 0 || index === images.length - 1;
  });
}

/** The name a text of SQL stands for, quotes removed; undefined when it is none. */
export function unquoteName(sql: string): string | undefined {
  if (/^"(?:[^"]|"")+"$/.test(sql)) return sql.slice(1, -1).replaceAll('""', '"');
  return /^[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*$/.test(sql) ? sql : undefined;
}
