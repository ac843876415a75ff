import { dirname, extname, resolve } from 'node:path';
import { EverviewError } from '../../index.ts';
import type { Experiment } from '../experiment.ts';
import { readFileText } from './file-text.ts';
import { importExperiment } from './import-experiment.ts';
import { isRecord } from './is-record.ts';
import { type ExperimentText, parseExperiment } from './parse-experiment.ts';
import { splitSqlText } from './sql-text.ts';
import { withDeclarations } from './with-declarations.ts';
import { readYaml } from './yaml-text.ts';

/**
 * Reads an experiment from a file: `.yaml` or `.yml`; `.sql`, which holds the declarations, with all else as YAML in a
 * comment before them that begins with `everview lab`; `.ts`, `.js` and their kin, whose default export is the
 * experiment, or a function that gives it. Paths in it are taken from its folder.
 * @throws EverviewError `file-error`, `invalid-experiment`, `unsupported` (TypeScript where nothing reads it).
 */
export async function readExperiment(path: string): Promise<Experiment> {
  const name = `experiment "${path}"`;
  const folder = dirname(resolve(path));
  const { input, text } = await contentsOf(path, name);
  const experiment = parseExperiment(await withDeclarations(input, folder), text);
  return fromFolder(experiment, folder);
}

type Contents = { readonly input: unknown; readonly text: ExperimentText };

async function contentsOf(path: string, name: string): Promise<Contents> {
  switch (extname(path)) {
    case '.yaml':
    case '.yml': {
      const text = readYaml(await readFileText(path, name), name);
      return { input: text.value, text };
    }
    case '.sql': {
      const { settings, declarations } = splitSqlText(await readFileText(path, name), name);
      const text = readYaml(settings, name);
      return { input: withSql(text.value, declarations, name), text };
    }
    case '.ts':
    case '.mts':
    case '.js':
    case '.mjs':
      return { input: await importExperiment(path, name), text: { name, placeOf: () => null } };
    default:
      throw new EverviewError('file-error', `${name} is of no kind that can be read`, {
        hint: 'experiments are .yaml, .sql, .ts or .js files',
      });
  }
}

function withSql(settings: unknown, declarations: string, name: string): unknown {
  if (!isRecord(settings)) return settings;
  if ('declarations' in settings) {
    throw new EverviewError('invalid-experiment', `${name} has declarations twice`, {
      hint: 'of an .sql file they are what stands after the settings',
    });
  }
  return { ...settings, declarations };
}

function fromFolder(experiment: Experiment, folder: string): Experiment {
  const { source } = experiment;
  if (source.kind !== 'database' || source.path.startsWith('{data}')) return experiment;
  return { ...experiment, source: { ...source, path: resolve(folder, source.path) } };
}
