import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * SHA-256 of the program that runs: of its files, and of the package.json that pins what it rests on. A release stays
 * what it is; in a checkout the cells of yesterday's code are not taken for today's.
 */
export async function codeVersion(): Promise<string> {
  const folder = fileURLToPath(new URL('../../', import.meta.url));
  const files = (await readdir(folder, { recursive: true, withFileTypes: true }))
    .filter((entry) => entry.isFile() && /\.[cm]?[jt]s$/.test(entry.name) && !entry.name.endsWith('.d.ts'))
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => !isShown(relative(folder, path)))
    .sort();
  const manifest = await manifestAbove(folder);
  const hash = createHash('sha256').update(manifest);
  for (const path of files)
    hash
      .update(relative(folder, path))
      .update('\0')
      .update(await readFile(path));
  return hash.digest('hex');
}

/** Files that show or compare results, and have no part in a replay. */
function isShown(path: string): boolean {
  const place = path.split(sep).join('/');
  return ['cli/', 'lab/hindsight/', 'lab/report/', 'lab/experiment-file/'].some((folder) =>
    place.startsWith(folder),
  );
}

async function manifestAbove(folder: string): Promise<string> {
  const text = await readFile(join(folder, 'package.json'), 'utf8').catch(() => null);
  const above = dirname(folder);
  if (text !== null || above === folder) return text ?? '';
  return manifestAbove(above);
}
