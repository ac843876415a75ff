/** Texts that people and programs write for a missing value, in lower case and without blanks around. */
const implicitNulls: ReadonlySet<string> = new Set([
  '',
  'null',
  '(null)',
  '<null>',
  'n/a',
  '#n/a',
  'na',
  '<na>',
  'nan',
  'none',
  'nil',
  'nat',
  '-',
  '--',
  '?',
  '.',
  'undefined',
  'missing',
  'unknown',
  'not available',
  'not applicable',
  'no data',
  'nodata',
  '\\n',
  '#value!',
  '#ref!',
]);

export function isImplicitNull(text: string): boolean {
  return text.length <= 15 && implicitNulls.has(text.trim().toLowerCase());
}

/**
 * U+FFFD, NUL, a byte-order mark inside, C1 control characters, or letters that UTF-8 becomes when read as Latin-1
 * (Ã, Â or â before a sign no word has there).
 */
export function isDamaged(text: string): boolean {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: these are what it looks for
  return /[\uFFFD\u0000\uFEFF\u0080-\u009F]|[\u00C2\u00C3][\u0080-\u00BF\u0152\u0153\u0160\u0161\u0178\u017D\u017E\u0192\u02C6\u02DC\u2013-\u203A\u20AC\u2122]|\u00E2[\u20AC\u201A\u201E]/.test(
    text,
  );
}

export function isPlainAscii(text: string): boolean {
  for (let index = 0; index < text.length; index++) if (text.charCodeAt(index) > 127) return false;
  return true;
}

/** Longest text whose form is looked at. */
const longestForm = 64;

/** The form of a text: runs of capitals, small letters and digits by one sign each; other signs as they are. */
export function patternOf(text: string): string {
  return text
    .slice(0, longestForm)
    .replace(/\p{Lu}+/gu, 'A')
    .replace(/[\p{Ll}\p{Lo}]+/gu, 'a')
    .replace(/\d+/g, '9')
    .replace(/\s+/g, ' ');
}
