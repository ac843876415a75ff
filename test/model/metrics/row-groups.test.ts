import { describe, expect, it } from 'vitest';
import { RowGroups } from '../../../src/model/metrics/row-groups.ts';
import { Random } from '../../support/random.ts';

describe('rows by group', () => {
  it.each([1, 2, 3])(
    'are those of each group, in the order of the batch, batch after batch, seed %i',
    (seed) => {
      const random = new Random(seed);
      for (let round = 0; round < 50; round++) {
        const count = random.int(1, 9);
        const groups = new RowGroups(count);
        for (let batch = 0; batch < 3; batch++) {
          const ofRows = random.list(random.int(0, 30), () => random.int(-2, count - 1));
          const found = new Map<number, number[]>();
          groups.visit(Int32Array.from(ofRows), (group, rows) => {
            expect(found.has(group)).toBe(false);
            found.set(group, [...rows]);
          });
          const expected = new Map<number, number[]>();
          for (const [row, group] of ofRows.entries())
            if (group >= 0) expected.set(group, [...(expected.get(group) ?? []), row]);
          expect([...found].sort(([a], [b]) => a - b)).toEqual([...expected].sort(([a], [b]) => a - b));
        }
      }
    },
  );
});
