import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { EverviewError } from '../../index.ts';
import type { RunResult } from '../cell-result.ts';
import type { PolicySummary } from '../policy-summary.ts';
import { renderHtmlReport } from '../report/html-report.ts';
import { writeRunArrow } from '../report/run-arrow.ts';
import { tryReadRunJson, writeRunJson, writtenBy } from '../report/run-json.ts';
import { writeWhole } from './write-whole.ts';

export type RunFiles = {
  /** The result, which `readRunFile` reads. */
  readonly json?: string | null;
  /** A report with plots, one file that needs no other. */
  readonly html?: string | null;
  /** A folder: `summaries.arrow`, `steps.arrow`, `refreshes.arrow`. */
  readonly arrow?: string | null;
};

/**
 * Writes a run, each file whole or not at all; one that was there stays until then.
 * @throws EverviewError `file-error`
 */
export async function writeRunFiles(
  run: RunResult,
  summaries: readonly PolicySummary[],
  { json = null, html = null, arrow = null }: RunFiles,
): Promise<void> {
  if (json !== null) await writeWhole(json, writeRunJson(run, summaries));
  if (html !== null) await writeWhole(html, renderHtmlReport(run, summaries));
  if (arrow === null) return;
  for (const [name, bytes] of Object.entries(writeRunArrow(run, summaries))) {
    await writeWhole(join(arrow, `${name}.arrow`), bytes);
  }
}

/** @throws EverviewError `file-error` where it cannot be read, or holds no run. */
export async function readRunFile(path: string): Promise<RunResult> {
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    const why = error.code === 'ENOENT' ? 'there is no such file' : error.message;
    throw new EverviewError('file-error', `the result "${path}" cannot be read: ${why}`, { cause: error });
  });
  const read = tryReadRunJson(text);
  if ('run' in read) return read.run;
  throw new EverviewError('file-error', `"${path}" is no result of the laboratory: ${read.problem}`, {
    hint: writtenBy,
  });
}
