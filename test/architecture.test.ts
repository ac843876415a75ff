import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { describe, expect, it } from 'vitest';

const root = join(import.meta.dirname, '..');

/** The folders of src/ in the order of the data's flow: each may import those before it. */
const flow = [
  'core',
  'algebra',
  'declare',
  'plan',
  'store',
  'ingest',
  'log',
  'view',
  'model',
  'promote',
  'query',
  'engine',
] as const;

/** Shells know the public API alone; the command line knows that of the laboratory, too. */
const shells = ['cli', 'server', 'lab'] as const;

const publicFile = 'src/index.ts';

/** What users import: the engine, and the laboratory beside it. */
const publicFiles: readonly string[] = [publicFile, 'src/lab/laboratory.ts'];

/** A lock names the process that holds it, and asks whether that still runs. */
const processesFile = 'src/store/running-processes.ts';

/** Packages that belong to one folder. */
const owners: readonly (readonly [packagePrefix: string, folder: string])[] = [
  ['@duckdb/', 'store'],
  ['onnxruntime', 'model'],
];

type Module = {
  readonly path: string;
  readonly folder: string;
  readonly text: string;
  readonly imports: readonly string[];
};

function filesUnder(directory: string): string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name)));
}

/** Source text without comments, and with what strings and templates hold left out of them on request. */
function withoutComments(source: string): string {
  return source.replace(
    /("(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`)|\/\*[\s\S]*?\*\/|\/\/[^\n]*/g,
    (all, text) => (text === undefined ? ' ' : all),
  );
}

function withoutTexts(source: string): string {
  return source.replace(/"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'|`(?:\\.|[^`\\])*`/g, "''");
}

/** Every specifier of `import … from`, `export … from`, `import '…'` and `import('…')`; types count too. */
function specifiersOf(source: string): string[] {
  const text = withoutComments(source);
  const statement =
    /^[ \t]*(?:import|export)\b[^'"`;]*?\bfrom\s*['"]([^'"]+)['"]|^[ \t]*import\s*['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]\s*\)/gm;
  return [...text.matchAll(statement)].map(([, from, bare, dynamic]) => from ?? bare ?? dynamic ?? '');
}

function readModule(path: string): Module {
  const text = readFileSync(join(root, path), 'utf8');
  const imports = specifiersOf(text).map((specifier) =>
    specifier.startsWith('.') ? relative(root, join(root, dirname(path), specifier)) : specifier,
  );
  return { path, folder: path.split('/').length === 2 ? '' : (path.split('/')[1] ?? ''), text, imports };
}

const modules = filesUnder(join(root, 'src')).map(readModule);

function folderOf(path: string): string {
  const [, folder = '', file] = path.split('/');
  return file === undefined ? '' : folder;
}

function mayImport(from: string, to: string): boolean {
  const place = flow.indexOf(from as (typeof flow)[number]);
  return from === to || (place >= 0 && flow.slice(0, place).some((folder) => folder === to));
}

/** The files of one cycle of imports, or null. */
function findCycle(graph: ReadonlyMap<string, readonly string[]>): string[] | null {
  const done = new Set<string>();
  const open: string[] = [];
  const visit = (path: string): string[] | null => {
    if (done.has(path)) return null;
    if (open.includes(path)) return [...open.slice(open.indexOf(path)), path];
    open.push(path);
    for (const next of graph.get(path) ?? []) {
      const cycle = visit(next);
      if (cycle !== null) return cycle;
    }
    open.pop();
    done.add(path);
    return null;
  };
  for (const path of graph.keys()) {
    const cycle = visit(path);
    if (cycle !== null) return cycle;
  }
  return null;
}

describe('architecture', () => {
  it('has no folder but those of the plan', () => {
    const known: readonly string[] = ['', ...flow, ...shells];
    expect(modules.map((module) => module.folder).filter((folder) => !known.includes(folder))).toEqual([]);
  });

  it('lets a folder import only those before it, and shells only the public API', () => {
    const wrong = modules.flatMap((module) => {
      if (module.path === publicFile) return [];
      const isShell = shells.some((shell) => shell === module.folder);
      return module.imports
        .filter((target) => target.startsWith('src/'))
        .filter((target) => {
          if (isShell) {
            const offered = module.folder === 'cli' ? publicFiles : [publicFile];
            return folderOf(target) !== module.folder && !offered.includes(target);
          }
          return target === publicFile || !mayImport(module.folder, folderOf(target));
        })
        .map((target) => `${module.path} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it('imports files that are there, by their full names', () => {
    const paths = new Set(modules.map((module) => module.path));
    const missing = modules.flatMap((module) =>
      module.imports
        .filter((target) => target.startsWith('src/') && !paths.has(target))
        .map((target) => `${module.path} imports ${target}`),
    );
    expect(missing).toEqual([]);
  });

  it('has no cycle of imports', () => {
    const graph = new Map(
      modules.map((module) => [module.path, module.imports.filter((one) => one.startsWith('src/'))]),
    );
    expect(findCycle(graph)?.join(' → ') ?? null).toBeNull();
  });

  it.each(owners)('imports %s… in %s alone', (prefix, folder) => {
    const strangers = modules.filter(
      (module) => module.folder !== folder && module.imports.some((one) => one.startsWith(prefix)),
    );
    expect(strangers.map((module) => module.path)).toEqual([]);
  });

  it('leaves console and process to the shells', () => {
    const strangers = modules.filter(
      (module) =>
        !shells.some((shell) => shell === module.folder) &&
        module.path !== processesFile &&
        (module.imports.some((one) => one === 'node:process' || one === 'node:console') ||
          /(?<![.\w])(?:console|process)\s*[.[]/.test(withoutTexts(withoutComments(module.text)))),
    );
    expect(strangers.map((module) => module.path)).toEqual([]);
  });

  it('re-exports by name', () => {
    const starred = modules.filter((module) => /^\s*export\s*\*/m.test(withoutComments(module.text)));
    expect(starred.map((module) => module.path)).toEqual([]);
  });

  it.each(publicFiles)('offers exactly this to its users: %s', (file) => {
    const source = withoutComments(readFileSync(join(root, file), 'utf8'));
    const names = [...source.matchAll(/^export\s+(type\s+)?\{([^}]*)\}/gm)].flatMap(([, type, list = '']) =>
      list
        .split(',')
        .map((name) => name.trim())
        .filter((name) => name !== '')
        .map((name) => (type === undefined ? name : `type ${name}`)),
    );
    const declared = [
      ...source.matchAll(/^export\s+(?:abstract\s+)?(class|function|const|type|interface)\s+(\w+)/gm),
    ];
    const all = [
      ...names,
      ...declared.map(([, kind, name]) => `${kind === 'type' || kind === 'interface' ? 'type ' : ''}${name}`),
    ];
    expect(all.sort()).toMatchSnapshot();
  });
});
