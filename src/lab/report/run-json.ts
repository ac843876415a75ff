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
  const value = withoutSummaries(text);
  const format = formatOf(value);
  if (typeof format === 'number' && format !== runResultSchema.shape.format.value) {
    throw notARun(`: it is of format ${format}, which this release does not read`);
  }
  const checked = runResultSchema.safeParse(value);
  if (checked.success) return checked.data;
  const [issue] = checked.error.issues;
  throw notARun(issue === undefined ? '' : `: ${issue.path.join('.')} ${issue.message}`);
}

function formatOf(value: unknown): unknown {
  return typeof value === 'object' && value !== null && 'format' in value ? value.format : null;
}

function withoutSummaries(text: string): unknown {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw notARun(`: ${cause instanceof Error ? cause.message : 'it is no JSON'}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).filter(([key]) => key !== 'summaries'));
}

function notARun(why: string): EverviewError {
  return new EverviewError('usage', `the file does not hold a run of the laboratory${why}`, {
    hint: '`everview lab run EXPERIMENT --out FILE` writes one',
  });
}
