import { EverviewError } from '../core/errors.ts';
import { quoteLiteral } from '../core/identifier.ts';
import { nearestHint } from '../core/nearest.ts';
import type { RawOption } from '../declare/statement.ts';

export const fileFormats = ['csv', 'parquet', 'json', 'jsonl', 'arrow'] as const;

export type FileFormat = (typeof fileFormats)[number];

/** Options of COPY … FROM; all but FORMAT are for CSV. */
export type FileOptions = {
  readonly format: FileFormat;
  /** The first line names the columns. */
  readonly header: boolean;
  readonly delimiter: string;
  readonly quote: string;
  readonly escape: string;
  readonly encoding: 'utf-8' | 'latin-1' | 'utf-16';
  /** Further arguments of DuckDB's read_csv, as SQL. */
  readonly more: readonly string[];
};

const extensions: Readonly<Record<string, FileFormat>> = {
  csv: 'csv',
  tsv: 'csv',
  txt: 'csv',
  parquet: 'parquet',
  json: 'json',
  jsonl: 'jsonl',
  ndjson: 'jsonl',
  arrow: 'arrow',
  arrows: 'arrow',
  feather: 'arrow',
  ipc: 'arrow',
};

/** Other spellings that DuckDB and PostgreSQL users write. */
const optionNames: Readonly<Record<string, string>> = {
  format: 'format',
  header: 'header',
  delimiter: 'delimiter',
  delim: 'delimiter',
  sep: 'delimiter',
  quote: 'quote',
  escape: 'escape',
  null: 'nullstr',
  nullstr: 'nullstr',
  encoding: 'encoding',
  dateformat: 'dateformat',
  date_format: 'dateformat',
  timestampformat: 'timestampformat',
  timestamp_format: 'timestampformat',
};

/** @throws EverviewError `unknown-option`, `invalid-option` with the place of the option. */
export function fileOptions(path: string, options: readonly RawOption[]): FileOptions {
  const given = new Map<string, { value: string; option: RawOption }>();
  for (const option of options) {
    const known = optionNames[option.name.name.toLowerCase()];
    if (known === undefined) {
      throw new EverviewError('unknown-option', `COPY has no option "${option.name.name}"`, {
        hint: nearestHint(option.name.name, Object.keys(optionNames)),
        at: option.name.at,
      });
    }
    given.set(known, { value: literalText(option.value.text), option });
  }
  const format = formatOf(path, given.get('format'));
  for (const [name, { option }] of given) {
    if (name === 'format' || format === 'csv') continue;
    throw new EverviewError(
      'invalid-option',
      `${option.name.name} is for CSV files, and this one is ${format}`,
      {
        at: option.name.at,
      },
    );
  }
  const text = (name: string): string | undefined => given.get(name)?.value;
  const quote = text('quote') ?? '"';
  return {
    format,
    header: booleanOf(given.get('header')),
    delimiter: text('delimiter') ?? (/\.tsv(\.gz)?$/i.test(path) ? '\t' : ','),
    quote,
    escape: text('escape') ?? quote,
    encoding: encodingOf(given.get('encoding')),
    more: ['nullstr', 'dateformat', 'timestampformat'].flatMap((name) => {
      const value = text(name);
      return value === undefined ? [] : [`${name}=${quoteLiteral(value)}`];
    }),
  };
}

type Given = { readonly value: string; readonly option: RawOption } | undefined;

function formatOf(path: string, given: Given): FileFormat {
  if (given !== undefined) {
    const asked = fileFormats.find((format) => format === extensionFormat(given.value.toLowerCase()));
    if (asked !== undefined) return asked;
    throw new EverviewError('invalid-option', `FORMAT ${given.value} is not known`, {
      hint: `one of ${fileFormats.join(', ')}`,
      at: given.option.value.at,
    });
  }
  const match = /\.([a-z]+)(\.gz)?$/i.exec(path);
  const format = extensionFormat(match?.[1]?.toLowerCase() ?? '');
  if (format !== undefined) return format;
  throw new EverviewError('file-error', `"${path}": the name does not say what kind of file it is`, {
    hint: `add (FORMAT csv), or one of ${fileFormats.join(', ')}`,
  });
}

function extensionFormat(extension: string): FileFormat | undefined {
  return Object.hasOwn(extensions, extension) ? extensions[extension] : undefined;
}

function booleanOf(given: Given): boolean {
  const value = given?.value.toLowerCase();
  if (value === undefined || value === '' || value === 'true' || value === '1' || value === 'on') return true;
  if (value === 'false' || value === '0' || value === 'off') return false;
  throw new EverviewError('invalid-option', `HEADER is true or false, not ${given?.value}`, {
    at: given?.option.value.at,
  });
}

function encodingOf(given: Given): FileOptions['encoding'] {
  const value = given?.value.toLowerCase().replaceAll('_', '-');
  if (value === undefined || value === 'utf-8' || value === 'utf8') return 'utf-8';
  if (value === 'latin-1' || value === 'latin1' || value === 'iso-8859-1') return 'latin-1';
  if (value === 'utf-16' || value === 'utf16') return 'utf-16';
  throw new EverviewError('invalid-option', `ENCODING ${given?.value} is not known`, {
    hint: `one of 'utf-8', 'latin-1', 'utf-16'`,
    at: given?.option.value.at,
  });
}

/** `'a''b'` → `a'b`; `E'\t'` → a tab; a bare word is itself. */
function literalText(text: string): string {
  const trimmed = text.trim();
  const quoted = /^(e?)'((?:[^']|'')*)'$/is.exec(trimmed);
  if (quoted === null) return trimmed;
  const body = (quoted[2] ?? '').replaceAll("''", "'");
  return quoted[1] === '' && body !== '\\t' ? body : body.replaceAll('\\t', '\t').replaceAll('\\n', '\n');
}
