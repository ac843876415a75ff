import { EverviewError } from '../core/errors.ts';
import { lowerFirst } from '../core/lower-first.ts';
import type { IngestTarget } from './ingest-target.ts';

function isConversion(failure: unknown): failure is EverviewError {
  if (!(failure instanceof EverviewError)) return false;
  return /^(Conversion Error|Not implemented Error: Cannot combine)/.test(String(failure.data?.duckdb));
}

/** A cast inside a statement's own text, as `invalid-row`; other failures as they are. */
export function conversionFailure(target: IngestTarget, failure: unknown): unknown {
  if (!isConversion(failure)) return failure;
  return new EverviewError(
    'invalid-row',
    `a value for "${target.name}" does not fit: ${lowerFirst(failure.message)}`,
    { cause: failure, hint: 'nothing of the update was taken' },
  );
}
