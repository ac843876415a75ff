import { describe, expect, it } from 'vitest';
import { fresh } from '../../src/core/staleness.ts';
import { versionOf } from '../../src/core/version.ts';
import type { RefreshPolicy } from '../../src/declare/definition.ts';
import { ChangeIndex } from '../../src/log/change-index.ts';
import { deadlineOf, standingOf, withinPolicy } from '../../src/plan/staleness.ts';

const v = versionOf;
const changes = ChangeIndex.of([
  { name: 'a', version: v(2), effectiveMs: 2_000, inserted: 10, deleted: 0 },
  { name: 'b', version: v(3), effectiveMs: 3_000, inserted: 1, deleted: 1 },
  { name: 'a', version: v(5), effectiveMs: 5_000, inserted: 0, deleted: 4 },
]);
const policy: RefreshPolicy = {
  refresh: 'auto',
  maxStalenessMs: 0,
  maxRows: null,
  stalenessPrice: null,
  onStaleRead: 'refresh',
};

function at(version: number, bases: string[], nowMs: number, nextBoundaryMs: number | null = null) {
  return standingOf({ version: v(version), nextBoundaryMs }, bases, changes, v(6), nowMs);
}

describe('standingOf', () => {
  it('counts versions, rows and time over all bases, from the first change not reflected', () => {
    expect(at(1, ['a', 'b'], 10_000)).toEqual({
      staleness: { versions: 3, rows: 16, ms: 8_000, effect: null },
      asOf: 1,
      sinceMs: 2_000,
    });
    expect(at(2, ['a', 'b'], 10_000)).toMatchObject({ staleness: { versions: 2, rows: 6 }, asOf: 2 });
  });

  it('is fresh however old, when nothing it reads has changed, and right for the newest version', () => {
    expect(at(5, ['a', 'b'], 1e12)).toEqual({ staleness: fresh, asOf: 6, sinceMs: null });
    expect(at(3, ['b'], 1e12)).toEqual({ staleness: fresh, asOf: 6, sinceMs: null });
    expect(at(0, [], 1e12).sinceMs).toBeNull();
  });

  it('does not look fresh to a clock that stands before the change', () => {
    expect(at(1, ['a'], 500).staleness.ms).toBe(1_500);
    expect(withinPolicy(at(1, ['a'], 500), { ...policy, maxStalenessMs: 1_000 })).toBe(false);
  });

  it('becomes stale by the clock alone at the next boundary', () => {
    expect(at(5, ['a'], 7_999, 8_000).sinceMs).toBeNull();
    expect(at(5, ['a'], 8_500, 8_000)).toMatchObject({ sinceMs: 8_000, staleness: { versions: 0, ms: 500 } });
    expect(at(2, ['a'], 8_500, 8_000).sinceMs).toBe(5_000);
  });
});

describe('policies', () => {
  const stale = at(1, ['a', 'b'], 10_000);
  it.each([
    ['0: never stale', { ...policy }, false, 2_000],
    ['time reached exactly', { ...policy, maxStalenessMs: 8_000 }, true, 10_000],
    ['time exceeded', { ...policy, maxStalenessMs: 7_999 }, false, 9_999],
    ['no bound', { ...policy, maxStalenessMs: null }, true, null],
    ['rows reached exactly', { ...policy, maxStalenessMs: null, maxRows: 16 }, true, null],
    ['rows exceeded: due since it began', { ...policy, maxStalenessMs: null, maxRows: 15 }, false, 2_000],
    ['both bounds, rows exceeded', { ...policy, maxStalenessMs: 60_000, maxRows: 15 }, false, 2_000],
  ] as const)('%s', (_, bound, met, deadline) => {
    expect([withinPolicy(stale, bound), deadlineOf(stale, bound)]).toEqual([met, deadline]);
  });

  it('asks nothing of what is fresh', () => {
    const current = at(5, ['a'], 10_000);
    expect([withinPolicy(current, policy), deadlineOf(current, policy)]).toEqual([true, null]);
  });
});
