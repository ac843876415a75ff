import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export type TemporaryDatabase = AsyncDisposable & { readonly directory: string; readonly path: string };

/** A place for a database file, gone with its directory when disposed of. */
export async function temporaryDatabase(): Promise<TemporaryDatabase> {
  const directory = await mkdtemp(join(tmpdir(), 'everview-test-'));
  return {
    directory,
    path: join(directory, 'test.everview'),
    [Symbol.asyncDispose]: () => rm(directory, { recursive: true, force: true }),
  };
}
