import { readFile } from 'node:fs/promises';
import { EverviewError } from '../../index.ts';
import { type RunResult, runResultSchema } from '../cell-result.ts';
import { writeWhole } from './write-whole.ts';

/** @throws EverviewError `file-error` where it cannot be read, or is no result of the laboratory. */
export async function readRunResult(path: string): Promise<RunResult> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new EverviewError('file-error', `the result "${path}" cannot be read: ${why}`, { cause: error });
  });
  const result = tryParse(text);
  if (result !== null) return result;
  throw new EverviewError('file-error', `"${path}" is no result of the laboratory, or of another release`, {
    hint: '`everview lab run EXPERIMENT --out RESULT.json` writes one',
  });
}

/** @throws EverviewError `file-error` */
export function writeRunResult(path: string, run: RunResult): Promise<void> {
  return writeWhole(path, `${JSON.stringify(run)}\n`);
}

function tryParse(text: string): RunResult | null {
  try {
    const parsed = runResultSchema.safeParse(JSON.parse(text));
    return parsed.success ? parsed.data : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
