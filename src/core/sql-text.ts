import { quoteIdentifier } from './identifier.ts';

/** Of a regular expression: a name as it stands in SQL, quoted or not. */
export function namePattern(name: string): string {
  const [quoted, bare] = [quoteIdentifier(name), name].map((one) =>
    one.replace(/[.*+?^${}()|[\]\\]/g, '\\$&'),
  );
  return `(?:${quoted}|${bare})`;
}

/** With blanks for what is surely a text, so that its words are not taken for names. */
export function withoutTexts(sql: string): string {
  // Dollar quotes, escapes, and apostrophes in names or comments: where a text ends then takes a parser to know.
  if (/\$|\be'|"[^"]*'|--|\/\*/i.test(sql)) return sql;
  return sql.replace(/'(?:[^']|'')*'/g, (text) => `'${' '.repeat(text.length - 2)}'`);
}
