import { randomUUID } from 'node:crypto';
import { open, realpath, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { EverviewError, type TextPlace } from '../core/errors.ts';

/**
 * Writes a file in place of the one that may be there: whoever opens the path finds the old bytes or all of the new
 * ones. They are on disk before the file takes its name.
 * @throws EverviewError `file-error`; the path is then as it was.
 */
export async function writeWholeFile(path: string, bytes: Uint8Array, at?: TextPlace): Promise<void> {
  if (path === '' || (await isDirectory(path))) {
    const message = path === '' ? 'the path is empty' : `"${path}" is a directory`;
    throw new EverviewError('file-error', message, { at, hint: 'give the path of a file' });
  }
  // a link stays one, and its file is the one that is replaced
  const target = await realpath(path).catch(() => path);
  const temporary = join(dirname(target), `.${basename(target)}.${randomUUID()}.tmp`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, target);
  } catch (cause) {
    await rm(temporary, { force: true }).catch(() => {});
    throw unwritable(path, cause, at);
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
