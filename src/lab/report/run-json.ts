import { EverviewError } from '../../index.ts';
import { type RunResult, runResultSchema } from '../cell-result.ts';
import type { PolicySummary } from '../policy-summary.ts';

/** The run as JSON, with `summaries` beside its own keys. The same run gives the same text. */
export function writeRunJson(run: RunResult, summaries: readonly PolicySummary[]): string {
  // Parsed, keys come in the order of the schema.
  return `${JSON.stringify({ ...runResultSchema.parse(run), summaries })}\n`;
}

/**
 * A run from its JSON, with or without summaries.
 * @throws EverviewError `usage` where the text is none
 */
export function readRunJson(text: string): RunResult {
  const read = tryReadRunJson(text);
  if ('run' in read) return read.run;
  throw new EverviewError('usage', `the text is no result of the laboratory: ${read.problem}`, {
    hint: writtenBy,
  });
}

/** Who writes what is read here. */
export const writtenBy = '`everview lab run EXPERIMENT --out RESULT.json` writes one';

/** The run, or why the text is none. */
export function tryReadRunJson(text: string): { readonly run: RunResult } | { readonly problem: string } {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    return { problem: `it is no JSON (${cause instanceof Error ? cause.message : String(cause)})` };
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { problem: 'it is JSON, but no object' };
  const format = formatOf(value);
  if (format === undefined) return { problem: 'it has no "format", which every result has' };
  if (format !== runResultSchema.shape.format.value)
    return { problem: `it is of format ${JSON.stringify(format)}, which this release does not read` };
  const checked = runResultSchema.safeParse(withoutSummaries(value));
  if (checked.success) return { run: checked.data };
  const [issue] = checked.error.issues;
  const place = issue === undefined || issue.path.length === 0 ? 'it' : `"${issue.path.join('.')}"`;
  return { problem: `${place} is not as a result has it (${issue?.message ?? 'of another shape'})` };
}

function formatOf(value: object): unknown {
  return 'format' in value ? value.format : undefined;
}

function withoutSummaries(value: object): unknown {
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'summaries'));
}
