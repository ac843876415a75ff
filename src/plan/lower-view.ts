import { domainsOf, matchesOf } from '../algebra/node.ts';
import { type LoweredQuery, type LoweredRows, lowerQuery } from './lower-query.ts';
import type { BoundQuery } from './lower-relations.ts';

/** The incremental forms there are of a query. */
export type LoweredView = {
  readonly preferred: LoweredQuery;
  /** Another form of the same rows, with domains for joins; null: there is none, or it is no use. */
  readonly alternative: LoweredRows | null;
};

/**
 * Finds the incremental forms of a query, or says what stands in the way. Joins by rules of their own are preferred,
 * unless as domains they become one with a domain made of them: that falls apart by their key, and then reads of
 * both sides only what has the keys a change touches.
 */
export function lowerView(bound: BoundQuery): LoweredView {
  const matched = lowerQuery(bound, 'match');
  if (matched.kind !== 'full-only' && !hasMatch(matched)) return { preferred: matched, alternative: null };
  const other = lowerQuery(bound, 'domain');
  if (matched.kind === 'full-only') return { preferred: other, alternative: null };
  if (other.kind === 'full-only') return { preferred: matched, alternative: null };
  const isBetter = domainCount(matched) === 0 || domainCount(matched) < domainCount(other);
  const [preferred, alternative] = isBetter ? [matched, other] : [other, matched];
  return { preferred, alternative: alternative.kind === 'rows' ? alternative : alternative.otherwise };
}

type Incremental = Exclude<LoweredQuery, { kind: 'full-only' }>;

function nodesOf(lowered: Incremental): LoweredRows['node'][] {
  if (lowered.kind === 'rows') return [lowered.node];
  return lowered.otherwise === null ? [lowered.input] : [lowered.input, lowered.otherwise.node];
}

function hasMatch(lowered: Incremental): boolean {
  return nodesOf(lowered).some((node) => matchesOf(node).length > 0);
}

function domainCount(lowered: Incremental): number {
  return domainsOf(lowered.kind === 'rows' ? lowered.node : lowered.input).length;
}
