import { expect, test } from 'vitest';
import { lowerFirst } from '../../src/core/lower-first.ts';

test.each([
  ['Could not convert', 'could not convert'],
  ['SELECT clause without selection list', 'SELECT clause without selection list'],
  ['A', 'A'],
  ['', ''],
])('%j stands within a sentence as %j', (text, expected) => expect(lowerFirst(text)).toBe(expected));
