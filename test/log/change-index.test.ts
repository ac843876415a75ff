import { describe, expect, it } from 'vitest';
import { versionOf } from '../../src/core/version.ts';
import { ChangeIndex } from '../../src/log/change-index.ts';

const v = versionOf;

function change(version: number, inserted: number, deleted = 0) {
  return { version: v(version), effectiveMs: version * 1_000, inserted, deleted };
}

describe('ChangeIndex', () => {
  const index = ChangeIndex.of([
    { name: 'a', ...change(1, 10) },
    { name: 'b', ...change(2, 5) },
    { name: 'a', ...change(4, 3, 2) },
    { name: 'a', ...change(7, 0, 4) },
  ]);

  it('sums the changes in (from, to], with the moment of the first', () => {
    expect(index.pending('a', v(0), v(9))).toEqual({ versions: 3, inserted: 13, deleted: 6, sinceMs: 1_000 });
    expect(index.pending('a', v(1), v(6))).toEqual({ versions: 1, inserted: 3, deleted: 2, sinceMs: 4_000 });
    expect(index.pending('a', v(4), v(6))).toEqual({ versions: 0, inserted: 0, deleted: 0, sinceMs: null });
    expect(index.pending('nothing', v(0), v(9)).versions).toBe(0);
  });

  it('knows the first change, the rows there are, and the versions that changed any of several', () => {
    expect([index.firstChange('a', v(1), v(9)), index.firstChange('a', v(1), v(3))]).toEqual([4, null]);
    expect([index.rows('a'), index.rows('b'), index.rows('c')]).toEqual([7, 5, 0]);
    expect(index.versionsChanging(['a', 'b'], v(0), v(9))).toBe(4);
    expect(index.versionsChanging(['a', 'b'], v(1), v(4))).toBe(2);
    expect(index.versionsChanging([], v(0), v(9))).toBe(0);
  });

  it('counts a version once that changed two of them', () => {
    const both = index.with('b', change(7, 1));
    expect(both.versionsChanging(['a', 'b'], v(4), v(9))).toBe(1);
  });

  it('is a value: an addition, a rolled-back one and a dropped relation leave older indexes as they were', () => {
    const rolledBack = index.with('b', change(8, 100));
    const next = index.with('b', change(8, 1));
    const dropped = next.without('a');
    expect(index.rows('b')).toBe(5);
    expect(next.rows('b')).toBe(6);
    expect(rolledBack.pending('b', v(2), v(9)).versions).toBe(1);
    expect([next.rows('a'), dropped.rows('a'), dropped.firstChange('a', v(0), v(9))]).toEqual([7, 0, null]);
  });
});
