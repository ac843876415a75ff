import { open, stat } from 'node:fs/promises';
import { EverviewError } from '../core/errors.ts';
import type { Session } from '../core/session.ts';
import { arrowBatches } from './arrow-file.ts';
import { openCsv } from './csv-file.ts';
import { fileOptions } from './file-options.ts';
import { assertWhole } from './file-text.ts';
import { openJson } from './json-file.ts';
import { openParquet } from './parquet-file.ts';
import { type FileRequest, fileFailure, type OpenedFile } from './source-file.ts';

/**
 * Opens a CSV, Parquet, JSON, JSON-lines or Arrow file for reading: checks that it is there and that its columns are
 * the wanted ones (in any order, without regard to case). Rows are read by whoever selects from `from`.
 * @throws EverviewError `file-error`, `unknown-option`, `invalid-option`.
 */
export async function openFile(tx: Session, request: FileRequest): Promise<OpenedFile> {
  const options = fileOptions(request.path, request.options);
  await assertReadable(request.path);
  if (options.format !== 'parquet' && options.format !== 'arrow') await assertWhole(request.path);
  switch (options.format) {
    case 'csv':
      return openCsv(request, options);
    case 'json':
    case 'jsonl':
      return openJson(request, options.format);
    case 'parquet':
      return openParquet(tx, request);
    case 'arrow':
      return {
        kind: 'arrow',
        name: request.path,
        batches: arrowBatches(request.path),
        placeOfRow: async (row) => `row ${row}`,
        explain: async (failure) => fileFailure(request.path, failure),
      };
  }
}

async function assertReadable(path: string): Promise<void> {
  let size: number;
  try {
    const found = await stat(path);
    if (!found.isFile()) throw new EverviewError('file-error', `"${path}" is no file`);
    size = found.size;
    await (await open(path, 'r')).close();
  } catch (cause) {
    if (cause instanceof EverviewError) throw cause;
    const isMissing = cause instanceof Error && 'code' in cause && cause.code === 'ENOENT';
    throw new EverviewError(
      'file-error',
      isMissing ? `there is no file "${path}"` : `"${path}" cannot be opened`,
      {
        cause,
        hint: isMissing ? missingHint(path) : 'check its permissions',
      },
    );
  }
  if (size === 0) throw new EverviewError('file-error', `"${path}" is empty`);
}

function missingHint(path: string): string {
  if (/[*?[]/.test(path)) return 'a COPY takes one file, no pattern: write one for each, in BEGIN … COMMIT';
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(path)
    ? 'a COPY takes a file of this machine, no address: fetch it first'
    : 'paths are relative to the directory of the process';
}
