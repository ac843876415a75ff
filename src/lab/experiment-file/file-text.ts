import { readFile } from 'node:fs/promises';
import { EverviewError } from '../../index.ts';

/**
 * @param what how messages call it: `experiment "a.yaml"`
 * @throws EverviewError `file-error`
 */
export async function readFileText(path: string, what: string): Promise<string> {
  const bytes = await readFile(path).catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new EverviewError('file-error', `${what} cannot be read: ${why}`, { cause: error });
  });
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    throw new EverviewError('file-error', `${what} is not UTF-8 text`, {
      hint: 'save it as UTF-8',
      cause: error,
    });
  }
}
