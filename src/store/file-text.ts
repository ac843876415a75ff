import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { EverviewError } from '../core/errors.ts';
import type { FileOptions } from './file-options.ts';

const decoders = { 'utf-8': 'utf-8', 'latin-1': 'latin1', 'utf-16': 'utf-16le' } as const;

/**
 * The text of a file, packed or not, part by part.
 * @throws EverviewError `file-error` where it cannot be unpacked
 */
export async function* textOf(path: string, encoding: FileOptions['encoding']): AsyncIterable<string> {
  const decoder = new TextDecoder(decoders[encoding]);
  for await (const chunk of bytesOf(path)) yield decoder.decode(chunk, { stream: true });
}

/**
 * Unpacks a packed file to its end. DuckDB takes one that is cut short for as long as it goes, and what is left of its
 * last value with it; gzip's own length and checksum stand at the end.
 * @throws EverviewError `file-error`
 */
export async function assertWhole(path: string): Promise<void> {
  if (!isPacked(path)) return;
  for await (const _ of bytesOf(path));
}

function isPacked(path: string): boolean {
  return path.toLowerCase().endsWith('.gz');
}

async function* bytesOf(path: string): AsyncIterable<Uint8Array> {
  const file = createReadStream(path);
  const bytes = isPacked(path) ? file.pipe(createGunzip()) : file;
  try {
    for await (const chunk of bytes) yield chunk as Uint8Array;
  } catch (failure) {
    throw unpackingFailure(path, failure);
  } finally {
    file.destroy();
  }
}

function unpackingFailure(path: string, failure: unknown): unknown {
  const code = failure instanceof Error && 'code' in failure ? String(failure.code) : '';
  if (!code.startsWith('Z_')) return failure;
  return new EverviewError('file-error', `"${path}" cannot be unpacked`, {
    cause: failure,
    hint: 'nothing of the file was taken; it is cut short or damaged, or no gzip',
  });
}
