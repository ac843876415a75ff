import { randomUUID } from 'node:crypto';
import { mkdir, rename, rm, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { EverviewError } from '../../index.ts';

/**
 * Puts a file where it belongs whole or not at all; one that is there stays until then.
 * @throws EverviewError `file-error`
 */
export async function writeWhole(path: string, contents: string | Uint8Array): Promise<void> {
  const temporary = `${path}.${randomUUID()}.tmp`;
  try {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(temporary, contents, { flag: 'wx' });
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    const cause = error instanceof Error ? error.message : String(error);
    throw new EverviewError('file-error', `the file "${path}" cannot be written: ${cause}`, { cause: error });
  }
}
