import { copyFile, mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { build } from 'esbuild';

const root = join(import.meta.dirname, '..', '..');

export type BundledProgram = AsyncDisposable & {
  readonly path: string;
  /** Where the programs beside it lie, by the names of their sources. */
  readonly folder: string;
};

/**
 * A program of the sources as one file of JavaScript: starting it costs a fifth of what it costs through tsx. It lies
 * as deep below a package.json as the programs of the package do.
 * @param others programs that it starts, beside it
 */
export async function bundleProgram(
  entryPoint: string,
  ...others: readonly string[]
): Promise<BundledProgram> {
  const name = basename(entryPoint, '.ts');
  // Inside the project, so that what is not bundled is found.
  const folder = join(root, 'node_modules', '.cache', 'everview', `${name}-${process.pid}`);
  const outdir = join(folder, 'dist', 'program');
  await build({
    entryPoints: Object.fromEntries([entryPoint, ...others].map((one) => [basename(one, '.ts'), one])),
    outdir,
    outExtension: { '.js': '.mjs' },
    bundle: true,
    // What is imported late is loaded late.
    splitting: true,
    platform: 'node',
    format: 'esm',
    target: 'node20',
    external: ['@duckdb/*', 'onnxruntime-node', '@observablehq/plot', 'linkedom'],
    // What is bundled from CommonJS asks for Node's own modules by `require`.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    minify: true,
    logLevel: 'error',
  });
  await mkdir(folder, { recursive: true });
  await copyFile(join(root, 'package.json'), join(folder, 'package.json'));
  return {
    path: join(outdir, `${name}.mjs`),
    folder: outdir,
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  };
}
