import type { FileOptions } from './file-options.ts';
import { textOf } from './file-text.ts';

/** The first record's fields; null when the file is empty. */
export async function firstRecord(path: string, options: FileOptions): Promise<string[] | null> {
  let text = '';
  for await (const part of textOf(path, options.encoding)) {
    text += part;
    const end = recordEnd(text, options.quote);
    if (end !== null) return fieldsOf(text.slice(0, end), options);
    if (text.length > 4_000_000) break;
  }
  return text.trim() === '' ? null : fieldsOf(text, options);
}

function recordEnd(text: string, quote: string): number | null {
  let isQuoted = false;
  for (let index = 0; index < text.length; index++) {
    const char = text[index];
    if (char === quote) isQuoted = !isQuoted;
    else if (!isQuoted && (char === '\n' || char === '\r')) return index;
  }
  return null;
}

function fieldsOf(record: string, { delimiter, quote }: FileOptions): string[] {
  const fields: string[] = [];
  let field = '';
  let isQuoted = false;
  for (let index = record.startsWith('\uFEFF') ? 1 : 0; index < record.length; index++) {
    const char = record[index] ?? '';
    if (char === quote && isQuoted && record[index + 1] === quote) {
      field += quote;
      index += 1;
    } else if (char === quote) {
      isQuoted = !isQuoted;
    } else if (!isQuoted && record.startsWith(delimiter, index)) {
      fields.push(field);
      field = '';
      index += delimiter.length - 1;
    } else {
      field += char;
    }
  }
  return [...fields, field];
}

/** The line on which the n-th record (from 1, a header counts) begins; empty lines are no records. */
export async function lineOfRecord(path: string, options: FileOptions, record: number): Promise<number> {
  let line = 1;
  let records = 0;
  let isQuoted = false;
  let isEmpty = true;
  for await (const part of textOf(path, options.encoding)) {
    for (const char of part) {
      if (char === '\n') {
        line += 1;
        if (!isQuoted) isEmpty = true;
        continue;
      }
      if (char === '\r') continue;
      if (isEmpty && !isQuoted) {
        records += 1;
        isEmpty = false;
        if (records === record) return line;
      }
      if (char === options.quote) isQuoted = !isQuoted;
    }
  }
  return line;
}
