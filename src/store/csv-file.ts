import { EverviewError } from '../core/errors.ts';
import { quoteIdentifier, quoteLiteral } from '../core/identifier.ts';
import { type Column, sameName } from '../core/schema.ts';
import { firstRecord, lineOfRecord } from './csv-text.ts';
import type { FileOptions } from './file-options.ts';
import { withEvenLines } from './line-ends.ts';
import {
  type FileColumn,
  type FileRequest,
  fileFailure,
  type MatchedColumns,
  matchColumns,
  type OpenedFile,
  readerOfFile,
} from './source-file.ts';

/**
 * CSV with the wanted types, strictly. Integers are read as text: DuckDB's reader would round 1.5 to 2 without a word.
 */
export async function openCsv(request: FileRequest, options: FileOptions): Promise<OpenedFile> {
  const { path } = request;
  const { columns, notices } = await columnsOf(request, options);
  const types = columns.map(
    ({ name, wanted }) =>
      `${quoteLiteral(wanted?.name ?? name)}: ${quoteLiteral(wanted === null ? 'VARCHAR' : readAs(wanted))}`,
  );
  const lines = await withEvenLines(path, options);
  const { file, alone } = readerOfFile(lines.path);
  const args = [
    file,
    alone,
    'auto_detect=false',
    'strict_mode=true',
    `header=${options.header}`,
    `delim=${quoteLiteral(options.delimiter)}`,
    `quote=${quoteLiteral(options.quote)}`,
    `escape=${quoteLiteral(options.escape)}`,
    `encoding=${quoteLiteral(lines.encoding)}`,
    ...options.more,
    `columns={${types.join(', ')}}`,
  ];
  return {
    kind: 'relation',
    name: path,
    from: `read_csv(${args.join(', ')}) AS x`,
    columns: columns.flatMap(({ wanted }) => (wanted === null ? [] : [fileColumn(wanted)])),
    notices,
    placeOfRow: async (row) => `line ${await lineOfRecord(path, options, row + (options.header ? 1 : 0))}`,
    explain: async (failure) => csvFailure(path, options, failure),
    close: () => lines.close(),
  };
}

const integerType = /^U?(TINYINT|SMALLINT|INTEGER|BIGINT|HUGEINT)$/;

function readAs({ type }: Column): string {
  return integerType.test(type) ? 'VARCHAR' : type;
}

/** Text with a point or an exponent goes by way of DECIMAL, so that `1.0` is an integer and `1.5` is none. */
function fileColumn(column: Column): FileColumn {
  const reference = `x.${quoteIdentifier(column.name)}`;
  return { column: column.name, expression: reference, type: readAs(column) };
}

async function columnsOf(request: FileRequest, options: FileOptions): Promise<MatchedColumns> {
  const { path, wanted } = request;
  let fields: string[] | null;
  try {
    fields = await firstRecord(path, options);
  } catch (cause) {
    throw fileFailure(path, cause);
  }
  if (fields === null) throw new EverviewError('file-error', `"${path}" is empty`);
  if (fields.every((field) => field.trim() === '')) {
    throw new EverviewError('file-error', `"${path}", line 1 is empty`, {
      hint: options.header ? 'the first line must name the columns' : undefined,
    });
  }
  assertText(path, options, fields);
  if (options.header) {
    try {
      return matchColumns(
        request,
        fields.map((name) => ({ name, type: null })),
      );
    } catch (failure) {
      throw withHeaderHint(withDelimiterHint(failure, fields, options), request, fields);
    }
  }
  if (fields.length === wanted.length)
    return { columns: wanted.map((column) => ({ name: column.name, wanted: column })), notices: [] };
  throw new EverviewError(
    'file-error',
    `"${path}", line 1: ${fields.length} values where ${wanted.length} columns are wanted (${wanted.map((column) => column.name).join(', ')})`,
  );
}

function assertText(path: string, options: FileOptions, fields: readonly string[]): void {
  const first = fields[0] ?? '';
  if (options.encoding === 'utf-16') {
    if (!/[\u0400-\uFFFF]{4}/.test(first) || fields.length > 1) return;
  } else if (
    !fields.some((field) => field.includes('\0')) &&
    !/^(\uFFFD\uFFFD|\u00FF\u00FE|\u00FE\u00FF)/.test(first)
  ) {
    return;
  }
  throw new EverviewError('file-error', `"${path}", line 1: the text is not ${options.encoding}`, {
    hint: options.encoding === 'utf-16' ? 'leave ENCODING away for UTF-8' : `add (ENCODING 'utf-16')`,
  });
}

function withDelimiterHint(failure: unknown, fields: readonly string[], options: FileOptions): unknown {
  const [only, ...more] = fields;
  if (!(failure instanceof EverviewError) || only === undefined || more.length > 0) return failure;
  const other = [';', '\t', '|', ','].find((one) => one !== options.delimiter && only.includes(one));
  if (other === undefined) return failure;
  const shown = other === '\t' ? '\\t' : other;
  return new EverviewError(failure.code, failure.message, {
    hint: `the first line is one column; its values seem to be parted by "${shown}": add (DELIMITER '${shown}')`,
  });
}

/** A first line without one name the table knows, in which something is a number or a moment, is a row. */
function withHeaderHint(failure: unknown, { wanted }: FileRequest, fields: readonly string[]): unknown {
  if (!(failure instanceof EverviewError) || fields.length !== wanted.length) return failure;
  const isNamed = fields.some((field) => wanted.some(({ name }) => sameName(name, field.trim())));
  if (isNamed || !fields.some((field) => /^\s*[+-]?[\d.]/.test(field))) return failure;
  return new EverviewError(failure.code, failure.message, {
    hint: 'the first line seems to be a row, and to name no columns: add (HEADER false)',
    data: failure.data,
  });
}

/** DuckDB's report of a bad line, without its advice about options that COPY does not have. */
function csvFailure(path: string, options: FileOptions, failure: unknown): unknown {
  if (!(failure instanceof EverviewError) || failure.code !== 'invalid-query') return failure;
  const { message } = failure;
  const line = /CSV Error on Line: (\d+)/.exec(message)?.[1];
  if (line === undefined)
    return /invalid state/.test(message) ? unevenLines(path, failure) : fileFailure(path, failure);
  const original = /Original Line: ?([^\n]*)/.exec(message)?.[1];
  return new EverviewError('file-error', `"${path}", line ${line}: ${csvReason(message, options)}`, {
    cause: failure,
    hint: /not utf-8/i.test(message)
      ? `add (ENCODING 'latin-1') if the file is in that encoding`
      : 'nothing of the file was taken; correct the line',
    data: { line: Number(line), text: original },
  });
}

/** What DuckDB's reader ends in where lines further down end otherwise than those at the start. */
function unevenLines(path: string, cause: EverviewError): EverviewError {
  return new EverviewError('file-error', `"${path}" cannot be read whole: not all of its lines end alike`, {
    cause,
    hint: 'nothing of the file was taken; let all lines end in LF, or all in CR LF',
  });
}

function csvReason(message: string, options: FileOptions): string {
  const cast = /Error when converting column "(.*?)"\. Could not convert string "([\s\S]*?)" to '(.*?)'/.exec(
    message,
  );
  if (cast !== null) return `column "${cast[1]}": ${JSON.stringify(cast[2])} is no ${cast[3]}`;
  const count = /Expected Number of Columns: (\d+) Found: (\d+)/.exec(message);
  if (count !== null) return `${count[2]} values where the file has ${count[1]} columns`;
  if (/not utf-8/i.test(message)) return `the text is not ${options.encoding}`;
  if (/unterminated quote/i.test(message)) return 'a quoted value has no end';
  const lines = message
    .split('\n')
    .filter((line) => !/^(CSV Error|Original Line|Possible)/.test(line.trim()));
  return lines.find((line) => line.trim() !== '')?.trim() ?? 'it cannot be read';
}
