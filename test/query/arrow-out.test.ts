import { tableFromIPC, tableToIPC } from 'apache-arrow';
import { expect, test } from 'vitest';
import type { Row, SqlValue } from '../../src/core/value.ts';
import { toArrow, toArrowBatches } from '../../src/query/arrow-out.ts';

/** The column through an IPC stream and back: what another program would read. */
function throughIpc(type: string, values: readonly SqlValue[]): { type: string; values: unknown[] } {
  const table = toArrow({ columns: [{ name: 'x', type }], rows: values.map((x): Row => ({ x })) });
  const column = tableFromIPC(tableToIPC(table, 'stream')).getChild('x');
  if (column === null) return { type: 'none', values: [] };
  return { type: String(column.type), values: Array.from(column, (value: unknown) => value) };
}

test.each<[string, readonly SqlValue[], string, readonly unknown[]]>([
  ['TINYINT', [-1, null], 'Int8', [-1, null]],
  ['SMALLINT', [300, -300], 'Int16', [300, -300]],
  ['INTEGER', [1, null, 3], 'Int32', [1, null, 3]],
  ['BIGINT', [9_007_199_254_740_993n, null], 'Int64', [9_007_199_254_740_993n, null]],
  ['UTINYINT', [255], 'Uint8', [255]],
  ['USMALLINT', [65_535], 'Uint16', [65_535]],
  ['UINTEGER', [4_294_967_295], 'Uint32', [4_294_967_295]],
  ['UBIGINT', [18_446_744_073_709_551_615n], 'Uint64', [18_446_744_073_709_551_615n]],
  ['FLOAT', [1.5, null], 'Float32', [1.5, null]],
  [
    'DOUBLE',
    [0.1, Number.NaN, Number.NEGATIVE_INFINITY],
    'Float64',
    [0.1, Number.NaN, Number.NEGATIVE_INFINITY],
  ],
  ['BOOLEAN', [true, false, null], 'Bool', [true, false, null]],
  ['VARCHAR', ['', null, 'naïve 😀'], 'Utf8', ['', null, 'naïve 😀']],
  ['UUID', ['d72f5caa-fe2c-4fa6-b386-8412819317b0'], 'Utf8', ['d72f5caa-fe2c-4fa6-b386-8412819317b0']],
  ['BLOB', [new Uint8Array([0, 255]), null], 'Binary', [new Uint8Array([0, 255]), null]],
  ['DATE', [new Date('1969-12-31'), null], 'Date32<DAY>', [new Date('1969-12-31').getTime(), null]],
  ['TIME', ['06:30:00.25', '24:00:00'], 'Time64<MICROSECOND>', [23_400_250_000n, 86_400_000_000n]],
  ['TIMESTAMP', [new Date(1), null], 'Timestamp<MICROSECOND>', [1, null]],
  ['TIMESTAMP WITH TIME ZONE', [new Date(-1)], 'Timestamp<MICROSECOND, UTC>', [-1]],
  ['INTERVAL', ['1 day'], 'Utf8', ['1 day']],
])('%s keeps its values and nulls', (type, values, arrowType, expected) => {
  expect(throughIpc(type, values)).toEqual({ type: arrowType, values: expected });
});

test('decimals are exact at any width, negative ones too', () => {
  const unscaled = (values: readonly SqlValue[], type: string): bigint[] =>
    throughIpc(type, values).values.map((words) => {
      const [low = 0n, high = 0n] =
        words instanceof Uint32Array ? new BigUint64Array(words.slice().buffer) : [];
      return BigInt.asIntN(128, (high << 64n) | low);
    });
  expect(unscaled([1.5, -0.01], 'DECIMAL(10,2)')).toEqual([150n, -1n]);
  expect(unscaled(['-12345678901234567890.123456'], 'DECIMAL(38,6)')).toEqual([-12345678901234567890123456n]);
  expect(unscaled([-170141183460469231731687303715884105727n], 'HUGEINT')).toEqual([
    -170141183460469231731687303715884105727n,
  ]);
});

test('lists, arrays, structs and maps keep their shape, also when a part is null', () => {
  const json = (type: string, values: readonly SqlValue[]): unknown =>
    JSON.parse(JSON.stringify(throughIpc(type, values).values));
  expect(json('INTEGER[]', [[1, null], null, []])).toEqual([[1, null], null, []]);
  expect(json('INTEGER[2]', [null, [1, 2]])).toEqual([null, [1, 2]]);
  expect(json('STRUCT("x y" INTEGER, "q""r" VARCHAR[])', [{ 'x y': 1, 'q"r': ['a'] }, null])).toEqual([
    { 'x y': 1, 'q"r': ['a'] },
    null,
  ]);
  expect(json('MAP(VARCHAR, INTEGER)', [[{ key: 'a', value: 1 }], null])).toEqual([{ a: 1 }, null]);
});

test('a result without rows keeps its columns', () => {
  const table = toArrow({ columns: [{ name: 'x', type: 'INTEGER' }], rows: [] });
  const read = tableFromIPC(tableToIPC(table, 'stream'));
  expect([read.numRows, read.schema.fields.map(String)]).toEqual([0, ['x: Int32']]);
});

test('a long result is several batches of one schema', async () => {
  const rows = Array.from({ length: 70_000 }, (_, x): Row => ({ x }));
  const columns = [{ name: 'x', type: 'INTEGER' }];
  const table = tableFromIPC(tableToIPC(toArrow({ columns, rows }), 'stream'));
  expect([table.batches.length, table.numRows, table.getChild('x')?.get(69_999)]).toEqual([
    2, 70_000, 69_999,
  ]);

  async function* streamed(): AsyncIterable<readonly Row[]> {
    yield rows.slice(0, 3);
    yield rows.slice(3, 5);
  }
  const sizes: number[] = [];
  for await (const batch of toArrowBatches(columns, streamed())) sizes.push(batch.numRows);
  expect(sizes).toEqual([3, 2]);
});
