import { createHash } from 'node:crypto';

/** What counts as a word: a run of letters and digits of any script, in lower case. */
const wordPattern = String.raw`[\p{L}\p{N}]+`;

/** BIGINT: words of the text whose MD5's first seven hexadecimal digits fall into the bucket. NULL for NULL. */
export function bucketSql(bucket: number, buckets: number, text: string): string {
  const words = `regexp_extract_all(lower(CAST(${text} AS VARCHAR)), '${wordPattern}')`;
  const places = `list_transform(${words}, lambda w: CAST('0x' || left(md5(w), 7) AS BIGINT) % ${buckets})`;
  return `len(list_filter(${places}, lambda p: p = ${bucket}))`;
}

export function bucketValue(bucket: number, buckets: number, text: string): number {
  const words = lowered(text).match(new RegExp(wordPattern, 'gu')) ?? [];
  return words.filter((word) => bucketOf(word, buckets) === bucket).length;
}

/** Letter by letter, as DuckDB's `lower`: of a whole text JavaScript makes a last sigma another one, and İ two letters. */
function lowered(text: string): string {
  if (!/\P{ASCII}/u.test(text)) return text.toLowerCase();
  return Array.from(text, (letter) => Array.from(letter.toLowerCase())[0] ?? '').join('');
}

function bucketOf(word: string, buckets: number): number {
  return Number.parseInt(createHash('md5').update(word).digest('hex').slice(0, 7), 16) % buckets;
}
