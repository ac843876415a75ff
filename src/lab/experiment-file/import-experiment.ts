import { access, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import { EverviewError } from '../../index.ts';
import { isRecord } from './is-record.ts';

/**
 * The default export of a module, or what it gives where it is a function. TypeScript is read by whatever can: a process
 * that runs under tsx, Node from 22.18 on, or the tsx that the experiment's own project has installed.
 * @throws EverviewError `file-error`, `unsupported`, `invalid-experiment`
 */
export async function importExperiment(path: string, name: string): Promise<unknown> {
  const absolute = resolve(path);
  await access(absolute).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new EverviewError('file-error', `${name} cannot be read: ${why}`, { cause: error });
  });
  const module = await loadModule(absolute, name);
  const exported = isRecord(module) ? module.default : undefined;
  if (exported === undefined) {
    throw new EverviewError('invalid-experiment', `${name} has no default export`, {
      hint: 'export default { name: …, declarations: …, … } satisfies ExperimentInput',
    });
  }
  return typeof exported === 'function' ? await exported() : exported;
}

async function loadModule(path: string, name: string): Promise<unknown> {
  const { href } = pathToFileURL(path);
  try {
    return await import(/* @vite-ignore */ href);
  } catch (error) {
    if (!isUnreadTypeScript(error)) throw failedToLoad(name, error);
    const tsx = await installedTsx(path);
    if (tsx === null) throw noTypeScript(name);
    const api: unknown = await import(/* @vite-ignore */ tsx);
    if (!isRecord(api) || typeof api.tsImport !== 'function') throw noTypeScript(name);
    return await api.tsImport(href, href).catch((cause: unknown) => {
      throw failedToLoad(name, cause);
    });
  }
}

/** Node says so of TypeScript where it has no types stripped, or of syntax that stripping does not do. */
function isUnreadTypeScript(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : null;
  return code === 'ERR_UNKNOWN_FILE_EXTENSION' || code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX';
}

const tsxManifest = z.object({
  exports: z.object({ './esm/api': z.object({ import: z.object({ default: z.string() }) }) }),
});

/**
 * Its module for ES modules: what `require.resolve` gives is the other one, which cannot import them.
 * @returns null where it is not installed, or of a kind that is not known here
 */
async function installedTsx(path: string): Promise<string | null> {
  try {
    const manifest = createRequire(path).resolve('tsx/package.json');
    const { exports } = tsxManifest.parse(JSON.parse(await readFile(manifest, 'utf8')));
    return new URL(exports['./esm/api'].import.default, pathToFileURL(manifest)).href;
  } catch {
    return null;
  }
}

function failedToLoad(name: string, cause: unknown): EverviewError {
  if (cause instanceof EverviewError) return cause;
  const message = cause instanceof Error ? cause.message : String(cause);
  return new EverviewError('invalid-experiment', `${name} cannot be loaded: ${message}`, { cause });
}

function noTypeScript(name: string): EverviewError {
  return new EverviewError(
    'unsupported',
    `${name} is TypeScript, which Node ${process.versions.node} does not run`,
    {
      hint: 'install tsx beside it (npm install --save-dev tsx), use Node 22.18 or later, or write it as .js, .yaml or .sql',
    },
  );
}
