import { createInterface } from 'node:readline';
import { Readable } from 'node:stream';
import { EverviewError, placeIn } from '../core/errors.ts';
import { quoteLiteral } from '../core/identifier.ts';
import type { Column } from '../core/schema.ts';
import { textOf } from './file-text.ts';
import {
  type FileColumn,
  type FileRequest,
  fileFailure,
  type OpenedFile,
  readerOfFile,
} from './source-file.ts';

/** Above this many bytes a malformed JSON text is not read a second time only to name the line. */
const rereadLimit = 64_000_000;

/**
 * JSON: an array of objects or objects one after another; JSON lines: one object a line. Read as JSON values, so that
 * a key the table does not take is seen. A key that an object does not have is NULL.
 */
export async function openJson(request: FileRequest, format: 'json' | 'jsonl'): Promise<OpenedFile> {
  const { path, wanted } = request;
  const known = wanted.map((column) => quoteLiteral(column.name)).join(', ');
  const form = format === 'jsonl' ? 'newline_delimited' : 'auto';
  const { file, alone } = readerOfFile(path);
  const objects = `read_json_objects(${file}, ${alone}, format='${form}', maximum_object_size=67108864)`;
  return {
    kind: 'relation',
    name: path,
    from: `(SELECT json FROM ${objects}) AS x`,
    columns: wanted.map((column) => jsonColumn(column)),
    noRecord: `CASE WHEN json_type(x.json) <> 'OBJECT' THEN ${kindOfValue} END`,
    strayKeys: `list_filter(json_keys(x.json), k -> k NOT IN (${known}))[1]`,
    placeOfRow: async (row) =>
      format === 'jsonl' ? `line ${await lineOfObject(path, row)}` : `record ${row}`,
    explain: async (failure) => jsonFailure(path, format, failure),
  };
}

/** What a value is, as JSON calls it: DuckDB tells the type that it would read a number as. */
const kindOfValue = `CASE json_type(x.json) WHEN 'ARRAY' THEN 'an array' WHEN 'VARCHAR' THEN 'a string'
      WHEN 'BOOLEAN' THEN 'a boolean' WHEN 'NULL' THEN 'null' ELSE 'a number' END`;

function jsonColumn({ name, type }: Column): FileColumn {
  const key = quoteLiteral(`$."${name.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`);
  if (type === 'VARCHAR') return { column: name, expression: `(x.json->>${key})`, type: 'VARCHAR' };
  const value = `json_extract(x.json, ${key})`;
  // A null is NULL to a column of JSON as to any other.
  const expression = type === 'JSON' ? `CASE WHEN json_type(${value}) <> 'NULL' THEN ${value} END` : value;
  return { column: name, expression, type: 'JSON', isJson: true };
}

async function* linesOf(path: string): AsyncIterable<string> {
  const stream = Readable.from(textOf(path, 'utf-8'));
  try {
    yield* createInterface({ input: stream, crlfDelay: Number.POSITIVE_INFINITY });
  } finally {
    stream.destroy();
  }
}

async function lineOfObject(path: string, row: number): Promise<number> {
  let line = 0;
  let objects = 0;
  for await (const text of linesOf(path)) {
    line += 1;
    if (text.trim() !== '') objects += 1;
    if (objects === row) return line;
  }
  return line;
}

async function jsonFailure(path: string, format: 'json' | 'jsonl', failure: unknown): Promise<unknown> {
  if (!(failure instanceof EverviewError) || failure.code !== 'invalid-query') return failure;
  if (!/malformed json|json/i.test(failure.message)) return fileFailure(path, failure);
  const place = format === 'jsonl' ? await badLine(path) : await badPlace(path);
  if (place === null) return fileFailure(path, failure);
  return new EverviewError('file-error', `"${path}", line ${place.line}: ${place.reason}`, {
    cause: failure,
    hint: 'nothing of the file was taken; correct the line',
    data: { line: place.line },
  });
}

type BadPlace = { readonly line: number; readonly reason: string };

async function badLine(path: string): Promise<BadPlace | null> {
  let line = 0;
  for await (const text of linesOf(path)) {
    line += 1;
    const wrong = text.trim() === '' ? null : wrongJson(text);
    if (wrong !== null) return { line, reason: wrong.reason };
  }
  return null;
}

async function badPlace(path: string): Promise<BadPlace | null> {
  let text = '';
  for await (const part of textOf(path, 'utf-8')) {
    text += part;
    if (text.length > rereadLimit) return null;
  }
  const wrong = wrongJson(text);
  if (wrong === null) return null;
  return { line: placeIn(text, wrong.offset ?? text.length).line, reason: wrong.reason };
}

function wrongJson(text: string): { offset: number | null; reason: string } | null {
  try {
    JSON.parse(text);
    return null;
  } catch (cause) {
    const message = cause instanceof Error ? cause.message : '';
    const offset = /at position (\d+)/.exec(message)?.[1];
    const reason = /end of JSON/i.test(message)
      ? 'the JSON ends too early'
      : `no JSON: ${message.split(' in JSON')[0]}`;
    return { offset: offset === undefined ? null : Number(offset), reason };
  }
}
