import { EverviewError } from '../core/errors.ts';
import type { Reason } from '../core/reasons.ts';

/**
 * What DuckDB threw at the rows of one view (a cast, an overflow), told of that view: whoever waits for the refresh, an
 * update or a query over other views, wrote nothing of the failing expression. Other failures are as they were.
 */
export function refreshFailure(name: string, trigger: Reason, failure: unknown): unknown {
  if (!(failure instanceof EverviewError) || failure.code !== 'invalid-query') return failure;
  const waiting = trigger === 'with-the-update' ? ', which is part of the update (refresh = immediate)' : '';
  return new EverviewError('invalid-query', `"${name}" cannot be computed${waiting}: ${failure.message}`, {
    cause: failure,
    ...(failure.data === undefined ? {} : { data: failure.data }),
    // The log keeps the rows as they were, so that the change alone may go on failing.
    hint: `correct the rows that the query of "${name}" fails for, then REFRESH it FULL; or correct the query`,
  });
}
