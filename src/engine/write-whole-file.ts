import { randomUUID } from 'node:crypto';
import { open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EverviewError, type TextPlace } from '../core/errors.ts';

/**
 * Writes a file in place of the one that may be there: whoever opens the path finds the old bytes or all of the new
 * ones. They are on disk before the file takes its name.
 * @throws EverviewError `file-error`; the path is then as it was.
 */
export async function writeWholeFile(path: string, bytes: Uint8Array, at?: TextPlace): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID()}.tmp`);
  try {
    if (await isDirectory(path))
      throw new EverviewError('file-error', `"${path}" is a directory`, {
        at,
        hint: 'give the path of a file',
      });
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw cause instanceof EverviewError ? cause : unwritable(path, cause, at);
  }
}

async function isDirectory(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => null);
  return found?.isDirectory() ?? false;
}

function unwritable(path: string, cause: unknown, at: TextPlace | undefined): EverviewError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : null;
  const hints: Readonly<Record<string, string>> = {
    ENOENT: `there is no directory "${dirname(path)}"; paths are relative to the directory of the process`,
    ENOTDIR: `"${dirname(path)}" is no directory`,
    EACCES: 'check the permissions of its directory',
    EPERM: 'check the permissions of its directory',
    EROFS: 'the file system can only be read',
    ENOSPC: 'the disk is full',
    ENAMETOOLONG: 'the name is too long',
  };
  const hint = typeof code === 'string' ? hints[code] : undefined;
  return new EverviewError('file-error', `the file "${path}" cannot be written`, { at, hint, cause });
}
