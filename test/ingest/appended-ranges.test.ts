import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AppendedRanges } from '../../src/ingest/appended-ranges.ts';
import { createIngestTarget } from '../../src/ingest/ingest-target.ts';
import { packColumn } from '../../src/ingest/pack-column.ts';
import { primaryKey, table, unique } from './ingest-world.ts';

const ends = [-(2n ** 63n), 2n ** 63n - 1n, -1n, 0n, 2n ** 31n, 2n ** 32n - 1n, 2n ** 32n, -(2n ** 32n)];
const long = fc.oneof(
  fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n }),
  fc.constantFrom(...ends),
  fc.bigInt({ min: -3n, max: 3n }),
);
const rows = fc.array(
  fc.record({ id: long, code: fc.option(fc.integer({ min: -5, max: 5 })), name: fc.constant('x') }),
  { maxLength: 12 },
);

const target = createIngestTarget(
  table('t', { id: 'BIGINT', code: 'INTEGER', name: 'VARCHAR', other: 'BIGINT' }, [
    ...primaryKey('id'),
    unique('CODE'),
    unique('name'),
  ]),
  [],
);

/** Least and greatest of what is no NULL, and whether there is one. */
function rangeOf(values: readonly (bigint | number | null)[], type: string) {
  const [first, ...others] = values.filter((value) => value !== null);
  if (first === undefined) return null;
  const [least, greatest] = [
    others.reduce((one, other) => (other < one ? other : one), first),
    others.reduce((one, other) => (other > one ? other : one), first),
  ];
  return { least: `'${least}'::${type}`, greatest: `'${greatest}'::${type}`, orNull: values.includes(null) };
}

test('what is appended to keys of whole numbers, batch by batch, packed or not', () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(rows, fc.boolean()), { maxLength: 4 }), (batches) => {
      const appended = new AppendedRanges(target);
      for (const [batch, isPacked] of batches) {
        const [ids, codes] = [batch.map(({ id }) => id), batch.map(({ code }) => code)];
        const packed = isPacked ? [packColumn('BIGINT', ids), packColumn('INTEGER', codes)] : [null, null];
        appended.add([packed[0] ?? ids, packed[1] ?? codes, batch.map(({ name }) => name), ids]);
      }
      const all = batches.flatMap(([batch]) => batch);
      expect(Object.fromEntries(appended.ranges())).toEqual({
        id: rangeOf(
          all.map(({ id }) => id),
          'BIGINT',
        ),
        code: rangeOf(
          all.map(({ code }) => code),
          'INTEGER',
        ),
      });
    }),
  );
});
