import { resolve } from 'node:path';
import { z } from 'zod';
import { type Declaration, type Definition, EverviewError, formatDefinition } from '../../index.ts';
import { readFileText } from './file-text.ts';
import { isRecord } from './is-record.ts';

const fileSchema = z.strictObject({ file: z.string().min(1) });

/**
 * The experiment with its declarations as SQL text: of the file that they name, or of what the builder made. Whatever
 * else they are is left to whoever checks the experiment.
 * @throws EverviewError `file-error`, `invalid-experiment`
 */
export async function withDeclarations(experiment: unknown, folder: string): Promise<unknown> {
  if (!isRecord(experiment)) return experiment;
  const { declarations } = experiment;
  if (Array.isArray(declarations))
    return { ...experiment, declarations: declarations.map(sqlOf).join(';\n\n') };
  const named = fileSchema.safeParse(declarations);
  if (!named.success) return experiment;
  const path = resolve(folder, named.data.file);
  return { ...experiment, declarations: await readFileText(path, `file "${path}" of the declarations`) };
}

function sqlOf(item: unknown, i: number): string {
  if (typeof item === 'string') return item.trim().replace(/;$/, '');
  if (isDeclaration(item)) return formatDefinition(item.definition);
  if (isDefinition(item)) return formatDefinition(item);
  throw new EverviewError(
    'invalid-experiment',
    `declarations[${i}] is neither SQL nor what the builder makes`,
    {
      hint: 'table(…), view(…), trainingSet(…) and model(…) make declarations',
    },
  );
}

function isDeclaration(item: unknown): item is Declaration {
  return isRecord(item) && isDefinition(item.definition);
}

const kinds: readonly unknown[] = ['table', 'view', 'training-set', 'model'] satisfies Definition['kind'][];

/** The builder's own: checked when they were made. */
function isDefinition(item: unknown): item is Definition {
  return isRecord(item) && kinds.includes(item.kind) && typeof item.name === 'string';
}
