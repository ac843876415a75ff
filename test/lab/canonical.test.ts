import { expect, it } from 'vitest';
import { FineDate } from '../../src/core/fine-date.ts';
import { canonicalText } from '../../src/lab/history/canonical.ts';

it('tells moments apart that lie within a millisecond', () => {
  const texts = [
    new Date(5),
    new FineDate(5, 333_000),
    new FineDate(5, 334_000),
    new FineDate(5, 333_001),
  ].map(canonicalText);
  expect(texts[0]).toBe('@5');
  expect(new Set(texts).size).toBe(4);
});
