import { EverviewError } from '../core/errors.ts';
import type { Reason } from '../core/reasons.ts';

/**
 * The change of a view or model could not be computed. The log keeps rows as they were, also those that are gone since:
 * a recompute does not see them.
 */
export class ChangeFailure extends EverviewError {
  readonly object: string;

  constructor(object: string, told: EverviewError) {
    const { at, hint, data } = told;
    super(told.code, told.message, { at, hint, cause: told.cause, ...(data === undefined ? {} : { data }) });
    this.object = object;
  }
}

/** DuckDB threw at the rows a query reads: a cast, an overflow. */
export function isOfRows(failure: unknown): failure is EverviewError {
  return failure instanceof EverviewError && failure.code === 'invalid-query';
}

/**
 * What an advance of a model failed for need not be in the way of a fit in full: rows that are gone since, or that what
 * left and what came have together more levels or classes than a model may have.
 */
export function isOfChange(failure: unknown): failure is EverviewError {
  return isOfRows(failure) || (failure instanceof EverviewError && failure.code === 'unsupported');
}

/**
 * What DuckDB threw at the rows of one view, told of that view: whoever waits for the refresh, an update or a query
 * over other views, wrote nothing of the failing expression. Other failures are as they were.
 */
export function refreshFailure(name: string, trigger: Reason, failure: unknown): unknown {
  if (!isOfRows(failure)) return failure;
  const waiting = trigger === 'with-the-update' ? ', which is part of the update (refresh = immediate)' : '';
  const told = new EverviewError(
    'invalid-query',
    `"${name}" cannot be computed${waiting}: ${failure.message}`,
    {
      cause: failure,
      ...(failure.data === undefined ? {} : { data: failure.data }),
      hint: `correct the rows that the query of "${name}" fails for, or correct the query`,
    },
  );
  return failure instanceof ChangeFailure ? new ChangeFailure(failure.object, told) : told;
}

/**
 * Does it again, in full, for what only its change could not be computed.
 *
 * @param attempt in a transaction of its own each time; given the names, in lower case, of what is to be done in full
 */
export async function inFullWhereChangesFail<T>(
  attempt: (anew: ReadonlySet<string>) => Promise<T>,
): Promise<T> {
  const anew = new Set<string>();
  for (;;) {
    try {
      return await attempt(anew);
    } catch (failure) {
      if (!(failure instanceof ChangeFailure)) throw failure;
      const name = failure.object.toLowerCase();
      if (anew.has(name)) throw failure;
      anew.add(name);
    }
  }
}
