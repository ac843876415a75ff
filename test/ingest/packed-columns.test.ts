import {
  type DataType,
  Float32,
  Float64,
  Int8,
  Int16,
  Int32,
  Int64,
  Table,
  Uint8,
  Uint16,
  Uint32,
  vectorFromArray,
} from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { Everview } from '../../src/index.ts';
import { firstOf } from '../support/depth.ts';
import { Random } from '../support/random.ts';

type Kind = { readonly type: string; readonly arrow: DataType | null; readonly values: readonly unknown[] };

const most = 2n ** 63n - 1n;

/** Types whose columns are handed to the store whole, with values at the ends of what they take. */
const kinds: Readonly<Record<string, Kind>> = {
  tiny: { type: 'TINYINT', arrow: new Int8(), values: [-128, 127, 0, -1] },
  small: { type: 'SMALLINT', arrow: new Int16(), values: [-32_768, 32_767, 0] },
  whole: { type: 'INTEGER', arrow: new Int32(), values: [-2_147_483_648, 2_147_483_647, 0, -1] },
  big: {
    type: 'BIGINT',
    arrow: new Int64(),
    values: [-most - 1n, most, -1n, 0n, 4_294_967_296n, -4_294_967_297n, -(2n ** 53n) + 1n],
  },
  utiny: { type: 'UTINYINT', arrow: new Uint8(), values: [0, 255] },
  usmall: { type: 'USMALLINT', arrow: new Uint16(), values: [0, 65_535] },
  uwhole: { type: 'UINTEGER', arrow: new Uint32(), values: [0, 4_294_967_295] },
  single: { type: 'FLOAT', arrow: new Float32(), values: [1.5, -0.25, Number.POSITIVE_INFINITY, 0] },
  double: { type: 'DOUBLE', arrow: new Float64(), values: [0.1, -1e300, Number.NaN, 5e-324] },
  flag: { type: 'BOOLEAN', arrow: null, values: [true, false] },
  day: { type: 'DATE', arrow: null, values: [new Date(0), new Date('1969-12-31'), new Date('0001-01-01')] },
  moment: { type: 'TIMESTAMP', arrow: null, values: [new Date(-1), new Date('0001-01-01T00:00:00.001Z')] },
};

type Rows = readonly { readonly [column: string]: unknown }[];

/** Rows numbered from `first` on, each column with few, many or no NULLs. */
function drawRows(random: Random, of: Readonly<Record<string, Kind>>, first: number, count: number): Rows {
  const columns = Object.entries(of).map(([name, { values }]) => {
    const nulls = random.pick([0, 0.02, 0.5]);
    return {
      name,
      values: Array.from({ length: count }, () => (random.chance(nulls) ? null : random.pick(values))),
    };
  });
  return Array.from({ length: count }, (_, index) => ({
    n: first + index,
    ...Object.fromEntries(columns.map(({ name, values }) => [name, values[index]])),
  }));
}

/** As numbers, which BIGINT takes too where they are exact. */
function asNumbers(rows: Rows): Rows {
  const isExact = (value: unknown) => typeof value === 'bigint' && Number.isSafeInteger(Number(value));
  return rows.map((row) => ({ ...row, big: isExact(row['big']) ? Number(row['big']) : row['big'] }));
}

async function openTable(of: Readonly<Record<string, Kind>>): Promise<Everview> {
  const everview = await Everview.open(':memory:', { scheduler: 'manual' });
  const columns = Object.entries(of).map(([name, { type }]) => `${name} ${type}`);
  await everview.execute(`CREATE TABLE t (n INTEGER NOT NULL, ${columns.join(', ')})`);
  return everview;
}

/** What the table and its change log hold. */
async function held(everview: Everview): Promise<{ readonly table: Rows; readonly log: Rows }> {
  const { rows: table } = await everview.query('SELECT * FROM t ORDER BY n');
  const { rows } = await everview.query('SELECT * FROM t AT (VERSION => 1) ORDER BY n');
  return { table, log: rows };
}

// On both sides of a word of a mask of NULLs, of one chunk, and of a few.
const counts = firstOf([65, 1, 2, 2_048, 4_500]);

describe.each(counts)('%i rows', (count) => {
  test('come back from objects as they went in, whichever way they take', async () => {
    const random = new Random(count);
    await using everview = await openTable(kinds);
    const logged = drawRows(random, kinds, 0, count);
    const staged = drawRows(random, kinds, count, count);
    await everview.transaction(async (update) => {
      await update.insert('t', logged);
      await update.insert('t', asNumbers(staged));
    });
    const all = [...logged, ...staged];
    await everview.execute(`DELETE FROM t WHERE n = 0`);
    expect(await held(everview)).toEqual({ table: all.slice(1), log: all });
  });

  test('come back from Arrow, a piece of a longer table', async () => {
    const random = new Random(count);
    const taken = Object.fromEntries(Object.entries(kinds).filter(([, { arrow }]) => arrow !== null));
    await using everview = await openTable(taken);
    const before = random.int(1, 9);
    const rows = drawRows(random, { n: intKind, ...taken }, 0, before + 2 * count + 3).map((row, n) => ({
      ...row,
      n,
    }));
    const columns = Object.entries({ n: intKind, ...taken }).map(([name, { arrow }]) => [
      name,
      vectorFromArray(
        rows.map((row) => Reflect.get(row, name)),
        arrow ?? new Int32(),
      ),
    ]);
    const whole = new Table(Object.fromEntries(columns));
    await everview.transaction(async (update) => {
      await update.insert('t', whole.slice(before, before + count));
      await update.insert('t', whole.slice(before + count, before + 2 * count));
    });
    const all = rows.slice(before, before + 2 * count);
    await everview.execute(`DELETE FROM t WHERE n = ${before}`);
    expect(await held(everview)).toEqual({ table: all.slice(1), log: all });
  });
});

const intKind: Kind = { type: 'INTEGER', arrow: new Int32(), values: [0] };

test('a value that is none of the type is told with its row, wherever it stands', async () => {
  await using everview = await openTable(kinds);
  for (const [column, value] of [
    ['tiny', 128],
    ['small', 1.5],
    ['whole', 2_147_483_648],
    ['big', 2n ** 63n],
    ['utiny', -1],
    ['uwhole', Number.NaN],
    ['double', '1'],
    ['flag', 1],
    ['day', new Date(1)],
    ['moment', new Date(Number.NaN)],
  ] as const) {
    const rows = Array.from({ length: 70 }, (_, n) => ({ n, ...(n === 66 ? { [column]: value } : {}) }));
    await expect(everview.insert('t', rows)).rejects.toMatchObject({
      code: 'invalid-row',
      data: { row: 67, column },
    });
  }
  expect((await everview.query('SELECT * FROM t')).rows).toEqual([]);
});
