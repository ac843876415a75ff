import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createNumberSort } from '../../../src/ingest/profile/sort-numbers.ts';

const seed = 20_261_128;

/** Evenly spread, of few values, over many magnitudes, at the ends of what a double holds. */
const number = fc.oneof(
  fc.double({ min: 0, max: 1, noNaN: true }),
  fc.integer({ min: -3, max: 3 }),
  fc.double(),
  fc.constantFrom(-0, 0, 5e-324, Number.MAX_VALUE, -Number.MAX_VALUE, Number.NaN, Number.POSITIVE_INFINITY),
);

test('numbers come in the order of the general sort, to the bit, whatever was sorted before', () => {
  const sorted = createNumberSort();
  const lists = fc.oneof(
    fc.array(number, { maxLength: 80 }),
    fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 200, maxLength: 400 }),
    fc.array(
      fc.double({ min: -30, max: 30, noNaN: true }).map((power) => Math.exp(power)),
      { minLength: 200, maxLength: 400 },
    ),
  );
  fc.assert(
    fc.property(lists, (list) => {
      expect([...sorted(Float64Array.from(list))]).toEqual([...Float64Array.from(list).sort()]);
    }),
    { seed, numRuns: 200 },
  );
});
