import { createWriteStream } from 'node:fs';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { FileOptions } from './file-options.ts';
import { textOf } from './file-text.ts';

/** A file that DuckDB's strict reader takes, in `encoding`; `close` removes what had to be made for it. */
export type EvenFile = {
  readonly path: string;
  readonly encoding: FileOptions['encoding'];
  close(): Promise<void>;
};

/** Characters at the start of the file that are looked at. */
const lookedAt = 65_536;

/**
 * The file, or where its lines end now in CR LF and now in LF, a copy in which all end in LF: DuckDB reads one kind
 * or, with `strict_mode` off, lets wrong quotes pass as well. Files are put together of others, or ended by another
 * program than wrote them, so the first lines and the last are looked at.
 */
export async function withEvenLines(path: string, options: FileOptions): Promise<EvenFile> {
  const { encoding, quote } = options;
  const asItIs: EvenFile = { path, encoding, close: async () => {} };
  // Quotes that are escaped by another character than themselves are not told apart here.
  if (options.escape !== quote || !(await isUneven(path, options))) return asItIs;
  const directory = await mkdtemp(join(tmpdir(), 'everview-lines-'));
  const close = () => rm(directory, { recursive: true, force: true });
  try {
    const copy = join(directory, 'lines.csv');
    await pipeline(Readable.from(evenText(path, options)), createWriteStream(copy));
    return { path: copy, encoding: 'utf-8', close };
  } catch (failure) {
    await close();
    throw failure;
  }
}

async function isUneven(path: string, options: FileOptions): Promise<boolean> {
  let head = '';
  for await (const part of textOf(path, options.encoding)) {
    head += part;
    if (head.length >= lookedAt) break;
  }
  const outside = head
    .split(options.quote)
    .filter((_, index) => index % 2 === 0)
    .join('');
  const endsInCrLf = outside.includes('\r\n');
  const endsInLf = /(^|[^\r])\n/.test(outside);
  return (endsInCrLf && endsInLf) || (endsInCrLf && (await lastEnd(path, options)) === 'lf');
}

/** Of a packed file, or one of wide characters, the last line is not looked for. */
async function lastEnd(path: string, { encoding }: FileOptions): Promise<'lf' | 'other'> {
  if (path.toLowerCase().endsWith('.gz') || encoding === 'utf-16') return 'other';
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    const { buffer, bytesRead } = await file.read(Buffer.alloc(2), 0, 2, Math.max(0, size - 2));
    const [before, last] = bytesRead === 2 ? buffer : [];
    return last === 0x0a && before !== 0x0d ? 'lf' : 'other';
  } finally {
    await file.close();
  }
}

async function* evenText(path: string, { encoding, quote }: FileOptions): AsyncIterable<string> {
  let isQuoted = false;
  let held = '';
  for await (const part of textOf(path, encoding)) {
    let text = held + part;
    // Its LF may be the next part's first.
    held = text.endsWith('\r') ? '\r' : '';
    text = text.slice(0, text.length - held.length);
    const pieces = text.split(quote);
    yield pieces
      .map((piece, index) => ((index % 2 === 1) === isQuoted ? piece.replaceAll('\r\n', '\n') : piece))
      .join(quote);
    if (pieces.length % 2 === 0) isQuoted = !isQuoted;
  }
  yield held;
}
