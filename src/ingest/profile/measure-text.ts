import type { BatchColumn } from './batch-columns.ts';
import { type ColumnProfile, fewValues, nothingNovel } from './column-profile.ts';
import { hashOfText } from './hash-values.ts';
import type { KnownColumn } from './known-column.ts';
import { isDamaged, isImplicitNull, isPlainAscii, patternOf } from './text-traits.ts';
import { countsOfFew, topCounts } from './value-counts.ts';
import { sketchOf } from './value-sketch.ts';

/** Profile of a column of texts; each distinct text is looked at once. */
export function measureText(column: BatchColumn, known: KnownColumn | null): ColumnProfile {
  const { texts, name, kind } = column;
  const byValue = new Map<string, number>();
  let n = 0;
  let run = 0;
  let longest = 0;
  let before: string | null = null;
  for (const text of texts) {
    if (text === null) continue;
    n += 1;
    byValue.set(text, (byValue.get(text) ?? 0) + 1);
    run = text === before ? run + 1 : 1;
    if (run > longest) longest = run;
    before = text;
  }
  const traits = traitsOf(byValue, known);
  const none = n === 0 ? Number.NaN : 1;
  return {
    name,
    kind,
    present: n,
    nulls: texts.length - n,
    counts: traits.counts,
    measures: [traits.length / n, byValue.size / n, Math.log1p(longest) * none, traits.entropy * none],
    least: Number.NaN,
    greatest: Number.NaN,
    middle: Number.NaN,
    values: countsOfFew(byValue),
    top: topCounts(byValue),
    patterns: countsOfFew(traits.patterns),
    bag: traits.bag,
    sketch: byValue.size > fewValues ? sketchOf(traits.hashes) : null,
    novel: {
      ...nothingNovel,
      values: traits.newValues,
      newest: topCounts(traits.unknown),
      patterns: traits.newPatterns,
    },
  };
}

function traitsOf(byValue: ReadonlyMap<string, number>, known: KnownColumn | null) {
  let empty = 0;
  let implicit = 0;
  let wide = 0;
  let damaged = 0;
  let padded = 0;
  let digits = 0;
  let zeros = 0;
  let length = 0;
  let bag = 0;
  let newValues = 0;
  let newPatterns = 0;
  let entropy = 0;
  let total = 0;
  const patterns = new Map<string, number>();
  const unknown = new Map<string, number>();
  const hashes: number[] = [];
  for (const rows of byValue.values()) total += rows;
  for (const [text, rows] of byValue) {
    if (text === '') empty += rows;
    if (isImplicitNull(text)) implicit += rows;
    if (!isPlainAscii(text)) {
      wide += rows;
      if (isDamaged(text)) damaged += rows;
    } else if (text.includes('\u0000')) damaged += rows;
    if (text !== text.trim()) padded += rows;
    if (/^[+-]?\d+$/.test(text)) digits += rows;
    if (/^0\d/.test(text)) zeros += rows;
    length += text.length * rows;
    const hash = hashOfText(text);
    hashes.push(hash);
    bag = (bag + Math.imul(hash, rows)) | 0;
    entropy -= (rows / total) * Math.log(rows / total);
    const pattern = patternOf(text);
    patterns.set(pattern, (patterns.get(pattern) ?? 0) + rows);
    if (known !== null && known.values !== null && !known.values.has(text)) {
      newValues += rows;
      unknown.set(text, rows);
    }
    if (known !== null && known.patterns !== null && !known.patterns.has(pattern)) newPatterns += rows;
  }
  return {
    counts: [empty, implicit, wide, damaged, padded, digits, zeros],
    length,
    bag,
    newValues,
    newPatterns,
    entropy,
    patterns,
    unknown,
    hashes,
  };
}
