import { copyFile, mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..', '..');

export type BundledProgram = AsyncDisposable & { readonly path: string };

/**
 * A program of the sources as one file of JavaScript: starting it costs a fifth of what it costs through tsx. It lies
 * as deep below a package.json as the programs of the package do.
 */
export async function bundleProgram(entryPoint: string): Promise<BundledProgram> {
  const name = basename(entryPoint, '.ts');
  // Inside the project, so that what is not bundled is found.
  const folder = join(root, 'node_modules', '.cache', 'everview', `${name}-${process.pid}`);
  const path = join(folder, 'dist', 'program', `${name}.mjs`);
  await build({
    entryPoints: [entryPoint],
    outfile: path,
    bundle: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['@duckdb/*', 'onnxruntime-node'],
    // What is bundled from CommonJS asks for Node's own modules by `require`.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    minify: true,
    logLevel: 'error',
  });
  await mkdir(folder, { recursive: true });
  await copyFile(join(root, 'package.json'), join(folder, 'package.json'));
  return { path, [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }) };
}
