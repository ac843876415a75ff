import type { QueryPolicy, RefreshPolicy } from './definition.ts';
import { draftOptions, readOptions } from './read-options.ts';
import type { RawOption } from './statement.ts';

/** A query that says nothing. */
export const declaredPolicy: QueryPolicy = Object.freeze({ bounds: null, onStaleRead: null });

/**
 * The policy out of a query's WITH list.
 * @throws EverviewError `unknown-option`, `invalid-option`, with the place.
 */
export function readQueryPolicy(options: readonly RawOption[]): QueryPolicy {
  const given = readOptions('query', draftOptions(options));
  const isBounded = given.max_staleness !== undefined || given.max_rows !== undefined;
  return {
    bounds: isBounded
      ? { maxStalenessMs: given.max_staleness ?? null, maxRows: given.max_rows ?? null }
      : null,
    onStaleRead: given.on_stale_read ?? null,
  };
}

/** The declared policy as the query changes it. */
export function policyFor(declared: RefreshPolicy, asked: QueryPolicy): RefreshPolicy {
  return { ...declared, ...asked.bounds, onStaleRead: asked.onStaleRead ?? declared.onStaleRead };
}
