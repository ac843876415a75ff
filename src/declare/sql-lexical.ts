/**
 * The lexical forms of SQL that matter for finding where things end, as in DuckDB: every character from U+0080 on is
 * part of an identifier, save the Unicode spaces; block comments nest; dollar quotes carry a tag.
 */
export const sqlForms = {
  space: /[\s\u00a0\u1680\u2000-\u200b\u2028\u2029\u202f\u205f\u3000\ufeff]+/y,
  lineComment: /--[^\n\r]*/y,
  word: /[A-Za-z_\u0080-\u009f\u00a1-\u167f\u1681-\u1fff\u200c-\u2027\u202a-\u202e\u2030-\u205e\u2060-\u2fff\u3001-\ufefe\uff00-\uffff][\w$\u0080-\u009f\u00a1-\u167f\u1681-\u1fff\u200c-\u2027\u202a-\u202e\u2030-\u205e\u2060-\u2fff\u3001-\ufefe\uff00-\uffff]*/y,
  number: /(?:\d[\d_]*(?:\.[\d_]*)?|\.\d[\d_]*)(?:[eE][+-]?\d+)?/y,
} as const;

const dollarQuote = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;

function matchAt(form: RegExp, text: string, offset: number): string | null {
  form.lastIndex = offset;
  return form.exec(text)?.[0] ?? null;
}

/**
 * Where the text or name in quotes that starts at `offset` ends; null when it never does. A quote that another follows is
 * no end. (An expression for it would go back over each of a text's characters, and fail on millions of them.)
 */
export function endOfQuoted(text: string, offset: number, quote: "'" | '"'): number | null {
  for (let at = text.indexOf(quote, offset + 1); at >= 0; at = text.indexOf(quote, at + 2))
    if (text[at + 1] !== quote) return at + 1;
  return null;
}

/** Whether `e'` or `E'` stands at `offset`. */
export function startsEscapeString(text: string, offset: number): boolean {
  return (text[offset] === 'e' || text[offset] === 'E') && text[offset + 1] === "'";
}

/** As `endOfQuoted`, of a text with backslashes that starts with its `e` at `offset`. */
export function endOfEscapeString(text: string, offset: number): number | null {
  const mark = /\\[\s\S]|''|'/g;
  mark.lastIndex = offset + 2;
  for (let found = mark.exec(text); found !== null; found = mark.exec(text))
    if (found[0] === "'") return mark.lastIndex;
  return null;
}

/** Where the block comment that starts at `offset` ends; null when it never does. */
export function endOfBlockComment(text: string, offset: number): number | null {
  const mark = /\/\*|\*\//g;
  mark.lastIndex = offset + 2;
  let depth = 1;
  for (let found = mark.exec(text); found !== null; found = mark.exec(text)) {
    depth += found[0] === '/*' ? 1 : -1;
    if (depth === 0) return mark.lastIndex;
  }
  return null;
}

/** Where the dollar-quoted string that starts at `offset` ends; `none` when there is none, `open` when it never ends. */
export function endOfDollarString(text: string, offset: number): number | 'none' | 'open' {
  const tag = matchAt(dollarQuote, text, offset);
  if (tag === null) return 'none';
  const close = text.indexOf(tag, offset + tag.length);
  return close < 0 ? 'open' : close + tag.length;
}

/** The next lexical piece: blank (space, comment), the end mark `;`, text, or something that is opened and not closed. */
export type SqlPiece = { readonly kind: 'blank' | 'semicolon' | 'text' | 'open'; readonly end: number };

/** The piece at `offset`, which must lie inside the text. */
export function nextPiece(text: string, offset: number): SqlPiece {
  const open: SqlPiece = { kind: 'open', end: text.length };
  const blank = matchAt(sqlForms.space, text, offset) ?? matchAt(sqlForms.lineComment, text, offset);
  if (blank !== null) return { kind: 'blank', end: offset + blank.length };
  if (text.startsWith('/*', offset)) {
    const end = endOfBlockComment(text, offset);
    return end === null ? open : { kind: 'blank', end };
  }
  const dollar = text[offset] === '$' ? endOfDollarString(text, offset) : 'none';
  if (dollar !== 'none') return dollar === 'open' ? open : { kind: 'text', end: dollar };
  // A parameter, or the start of a tag that is not here yet.
  const parameter = matchAt(/\$[\w\u0080-\uffff]*/y, text, offset);
  if (parameter !== null) return { kind: 'text', end: offset + parameter.length };
  const character = text[offset] ?? '';
  const closed = startsEscapeString(text, offset)
    ? endOfEscapeString(text, offset)
    : character === "'" || character === '"'
      ? endOfQuoted(text, offset, character)
      : 'unquoted';
  if (closed !== 'unquoted') return closed === null ? open : { kind: 'text', end: closed };
  const found = matchAt(sqlForms.word, text, offset) ?? matchAt(sqlForms.number, text, offset);
  if (found !== null) return { kind: 'text', end: offset + found.length };
  return { kind: character === ';' ? 'semicolon' : 'text', end: offset + 1 };
}
