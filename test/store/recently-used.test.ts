import { expect, test } from 'vitest';
import { RecentlyUsed } from '../../src/store/recently-used.ts';

test('keeps what was used last, as long as the texts together are not too long', () => {
  const kept = new RecentlyUsed<number>(6);
  kept.set('aa', 1);
  kept.set('bb', 2);
  kept.set('cc', 3);
  expect(kept.get('aa')).toBe(1);
  kept.set('dd', 4);
  expect(['aa', 'bb', 'cc', 'dd'].map((text) => kept.get(text))).toEqual([1, undefined, 3, 4]);
});

test('a text set again counts once, and has its new value', () => {
  const kept = new RecentlyUsed<number>(4);
  kept.set('aa', 1);
  kept.set('aa', 2);
  kept.set('bb', 3);
  expect([kept.get('aa'), kept.get('bb')]).toEqual([2, 3]);
});

test('the newest is kept even where it is too long, and no longer than it is the newest', () => {
  const kept = new RecentlyUsed<number>(4);
  kept.set('aa', 1);
  kept.set('too long', 2);
  expect([kept.get('aa'), kept.get('too long')]).toEqual([undefined, 2]);
  kept.set('bb', 3);
  expect([kept.get('too long'), kept.get('bb')]).toEqual([undefined, 3]);
});
