import {
  Bool,
  BufferType,
  Data,
  type DataType,
  DateDay,
  Decimal,
  Dictionary,
  DurationSecond,
  Field,
  Float32,
  Float64,
  Int32,
  Int64,
  List,
  makeData,
  makeVector,
  type RecordBatch,
  Schema,
  Struct,
  Table,
  TimeMicrosecond,
  TimeNanosecond,
  TimestampMicrosecond,
  TimestampMillisecond,
  TimestampNanosecond,
  TimestampSecond,
  Uint8,
  Utf8,
  type Vector,
  vectorFromArray,
} from 'apache-arrow';
import { describe, expect, test } from 'vitest';
import { firstOf, longTests } from '../support/depth.ts';
import { check, IngestWorld, primaryKey, table } from './ingest-world.ts';

const decimals = makeVector(
  makeData({
    type: new Decimal(2, 20, 128),
    length: 2,
    data: Uint32Array.of(0xffff_ff85, 0xffff_ffff, 0xffff_ffff, 0xffff_ffff, 12345, 0, 0, 0),
  }),
);

const micros = makeVector(
  makeData({ type: new TimestampMicrosecond(), length: 2, data: BigInt64Array.of(981173106123456n, -1n) }),
);
const nanos = makeVector(
  makeData({ type: new TimestampNanosecond(), length: 2, data: BigInt64Array.of(981173106123456000n, 0n) }),
);
const hours = makeVector(
  makeData({ type: new TimeMicrosecond(), length: 2, data: BigInt64Array.of(3_600_000_001n, 0n) }),
);

test('columns of every kind come through, NULLs and all', async () => {
  const data = new Table({
    id: vectorFromArray([9007199254740993n, null], new Int64()),
    flag: vectorFromArray([true, null], new Bool()),
    tiny: vectorFromArray([255, null], new Uint8()),
    ratio: vectorFromArray([0.1, null], new Float64()),
    single: vectorFromArray([1.5, null], new Float32()),
    name: vectorFromArray(['Zoë', null], new Utf8()),
    code: vectorFromArray(['a', null], new Dictionary(new Utf8(), new Int32())),
    day: vectorFromArray([new Date('2001-02-03'), null], new DateDay()),
    milli: vectorFromArray([new Date('2001-02-03T04:05:06.789Z'), null], new TimestampMillisecond()),
    micro: micros,
    nano: nanos,
    hour: hours,
    price: decimals,
    list: vectorFromArray([[1, 2], null], new List(new Field('item', new Int32()))),
    nested: vectorFromArray(
      [{ a: 1n, b: 'x' }, null],
      new Struct([new Field('a', new Int64()), new Field('b', new Utf8())]),
    ),
  });
  await using opened = await IngestWorld.open(
    table('t', {
      nested: 'STRUCT(a BIGINT, b VARCHAR)',
      list: 'INTEGER[]',
      price: 'DECIMAL(20,2)',
      hour: 'TIME',
      nano: 'TIMESTAMP',
      micro: 'TIMESTAMP',
      milli: 'TIMESTAMP WITH TIME ZONE',
      day: 'DATE',
      code: 'VARCHAR',
      name: 'VARCHAR',
      single: 'FLOAT',
      ratio: 'DOUBLE',
      tiny: 'INTEGER',
      flag: 'BOOLEAN',
      id: 'BIGINT',
    }),
  );
  expect(await opened.insert('t', { kind: 'arrow', data })).toMatchObject({ inserted: 2 });
  expect(await opened.rows('SELECT COLUMNS(*)::VARCHAR FROM data.t')).toEqual([
    {
      id: '9007199254740993',
      flag: 'true',
      tiny: '255',
      ratio: '0.1',
      single: '1.5',
      name: 'Zoë',
      code: 'a',
      day: '2001-02-03',
      milli: '2001-02-03 04:05:06.789+00',
      micro: '2001-02-03 04:05:06.123456',
      nano: '2001-02-03 04:05:06.123456',
      hour: '01:00:00.000001',
      price: '-1.23',
      list: '[1, 2]',
      nested: `{'a': 1, 'b': x}`,
    },
    {
      id: null,
      flag: null,
      tiny: null,
      ratio: null,
      single: null,
      name: null,
      code: null,
      day: null,
      milli: null,
      micro: '1969-12-31 23:59:59.999999',
      nano: '1970-01-01 00:00:00',
      hour: '00:00:00',
      price: '123.45',
      list: null,
      nested: null,
    },
  ]);
});

const t = table(
  't',
  { id: 'INTEGER', size: 'SMALLINT' },
  [...primaryKey('id'), check('size > 0')],
  'reject',
  { size: '9' },
);

function batches(...ids: number[][]): RecordBatch[] {
  return ids.flatMap((list) => new Table({ id: vectorFromArray(list, new Int32()) }).batches);
}

describe('streams', () => {
  test('batches come one by one, from an iterable or asynchronously', async () => {
    await using opened = await IngestWorld.open(t);
    await opened.insert('t', { kind: 'arrow', data: batches([1, 2], [], [3]) });
    async function* later(): AsyncIterable<RecordBatch> {
      yield* batches([4], [5, 6]);
    }
    await opened.insert('t', { kind: 'arrow', data: later() });
    const [first] = batches([7]);
    if (first !== undefined) await opened.insert('t', { kind: 'arrow', data: first });
    expect((await opened.bag('data.t')).map((row) => row[0])).toEqual([1, 2, 3, 4, 5, 6, 7]);
  });

  longTests(() => {
    test('a sliced batch brings its own rows only', async () => {
      await using opened = await IngestWorld.open(t);
      const data = new Table({
        id: vectorFromArray([1, 2, 3, 4], new Int32()),
        size: vectorFromArray([10, null, null, 40], new Int32()),
      }).slice(1, 4);
      await opened.insert('t', { kind: 'arrow', data });
      expect(await opened.bag('data.t')).toEqual([
        [2, null],
        [3, null],
        [4, 40],
      ]);
    });

    test('an empty stream or table is no change', async () => {
      await using opened = await IngestWorld.open(t);
      expect(await opened.insert('t', { kind: 'arrow', data: [] })).toMatchObject({ inserted: 0 });
      expect(
        await opened.insert('t', {
          kind: 'arrow',
          data: new Table(new Schema([new Field('id', new Int32())])),
        }),
      ).toMatchObject({ inserted: 0 });
    });
  });
});

describe('types are cast only where every value survives', () => {
  const bad: [string, Table, string][] = [
    [
      'a fraction',
      new Table({ id: vectorFromArray([1, 2.5], new Float64()) }),
      'row 2, column "id" of "t": "2.5" is no INTEGER',
    ],
    [
      'out of range',
      new Table({ id: vectorFromArray([1n << 40n], new Int64()) }),
      'row 1, column "id" of "t": "1099511627776" is no INTEGER',
    ],
    [
      'a text',
      new Table({ id: vectorFromArray(['x'], new Utf8()) }),
      'row 1, column "id" of "t": "x" is no INTEGER',
    ],
  ];
  test.each(firstOf(bad))('%s', async (_, data, message) => {
    await using opened = await IngestWorld.open(t);
    const before = await opened.traces();
    await expect(opened.insert('t', { kind: 'arrow', data })).rejects.toMatchObject({
      code: 'invalid-row',
      message,
    });
    expect(await opened.traces()).toBe(before);
  });

  test('a column by another name is refused, with the name it seems to stand for', async () => {
    await using opened = await IngestWorld.open(t);
    const data = new Table({ idd: vectorFromArray([1], new Int32()) });
    await expect(opened.insert('t', { kind: 'arrow', data })).rejects.toMatchObject({
      code: 'schema-mismatch',
      hint: expect.stringContaining('"id" seems to be called "idd" now'),
    });
  });

  longTests(() => {
    test('whole doubles are integers', async () => {
      await using opened = await IngestWorld.open(t);
      await opened.insert('t', {
        kind: 'arrow',
        data: new Table({ id: vectorFromArray([1, 2], new Float64()) }),
      });
      expect(await opened.bag('data.t')).toEqual([
        [1, 9],
        [2, 9],
      ]);
    });
  });
});

describe('record batches of one stream', () => {
  const rows = (type: DataType, values: readonly unknown[]) => vectorFromArray([...values], type);
  const batchesOf = (...vectors: Vector[]) => ({
    kind: 'arrow' as const,
    data: (async function* () {
      for (const x of vectors) yield* new Table({ x }).batches;
    })(),
  });

  test.each(
    firstOf([
      ['TIMESTAMP', rows(new TimestampMillisecond(), [new Date(1_000)]), micros],
      [
        'DECIMAL(18,4)',
        decimals,
        makeVector(makeData({ type: new Decimal(3, 20, 128), length: 1, data: new Uint32Array(4) })),
      ],
      ['BIGINT', rows(new Float64(), [2]), rows(new Int64(), [2n ** 60n + 1n])],
      ['BIGINT', rows(new Int32(), [2]), rows(new Int64(), [2n ** 60n])],
      ['DOUBLE', rows(new Int64(), [2n]), rows(new Float64(), [3.5])],
      ['VARCHAR', rows(new Dictionary(new Utf8(), new Int32()), ['a']), rows(new Utf8(), ['b'])],
    ]),
  )('are of one type, or refused whole (%s)', async (type, first, second) => {
    await using opened = await IngestWorld.open(table('t', { x: type }));
    const before = await opened.traces();
    await expect(opened.insert('t', batchesOf(first, second))).rejects.toMatchObject({
      code: 'invalid-row',
      message: `a later record batch has "x" as ${second.type}, the first one as ${first.type}`,
    });
    expect(await opened.traces()).toBe(before);
  });
});

const ticks = (type: DataType, ...values: bigint[]) =>
  makeVector(new Data(type, 0, values.length, 0, { [BufferType.DATA]: BigInt64Array.from(values) }));

longTests(() => {
  test('a time of day is one of a day, to its end', async () => {
    await using opened = await IngestWorld.open(table('t', { x: 'TIME', y: 'TIME_NS' }));
    const insert = (x: bigint) =>
      opened.insert('t', {
        kind: 'arrow',
        data: new Table({ x: ticks(new TimeMicrosecond(), x), y: ticks(new TimeNanosecond(), 1n) }),
      });
    await insert(86_400_000_000n);
    expect(await opened.rows('SELECT x::VARCHAR AS x, y::VARCHAR AS y FROM data.t')).toEqual([
      { x: '24:00:00', y: '00:00:00.000000001' },
    ]);
    for (const beyond of [90_000_000_000n, -1n])
      await expect(insert(beyond)).rejects.toMatchObject({ code: 'invalid-row' });
  });

  test('a time of day is printed as a TIME is into a column of texts', async () => {
    await using opened = await IngestWorld.open(table('t', { x: 'VARCHAR' }));
    const given = [3_600_000_000n, 3_600_400_000n, 3_600_000_001n, 36_000_000_000n];
    await opened.insert('t', {
      kind: 'arrow',
      data: new Table({ x: ticks(new TimeMicrosecond(), ...given) }),
    });
    expect((await opened.rows('SELECT x FROM data.t')).map(({ x }) => x)).toEqual([
      '01:00:00',
      '01:00:00.4',
      '01:00:00.000001',
      '10:00:00',
    ]);
  });
});

test.each(
  firstOf([
    ['TIMESTAMP', ticks(new TimestampSecond(), 9_300_000_000_000_000n), 'is beyond all times'],
    ['INTERVAL', ticks(new DurationSecond(), 9_300_000_000_000_000n), 'is beyond all times'],
    ['INTEGER[]', vectorFromArray([[1.5]], new List(new Field('item', new Float64()))), '[1.5]'],
  ]),
)('what a %s cannot hold is refused', async (type, x, told) => {
  await using opened = await IngestWorld.open(table('t', { x: type }));
  await expect(opened.insert('t', { kind: 'arrow', data: new Table({ x }) })).rejects.toMatchObject({
    code: 'invalid-row',
    message: expect.stringContaining(told),
  });
});

longTests(() => {
  test('a column that comes twice is refused', async () => {
    await using opened = await IngestWorld.open(table('t', { x: 'INTEGER', y: 'VARCHAR' }));
    const data = new Table({ x: vectorFromArray([1], new Int32()), X: vectorFromArray([2], new Int32()) });
    await expect(opened.insert('t', { kind: 'arrow', data })).rejects.toMatchObject({
      code: 'invalid-row',
      message: 'the Arrow data has column "X" twice',
    });
  });

  test('what is no number of JSON comes through in lists', async () => {
    await using opened = await IngestWorld.open(table('t', { x: 'DOUBLE[]' }));
    const list = new List(new Field('item', new Float64()));
    const x = vectorFromArray([[Number.NaN, Number.POSITIVE_INFINITY, -0, 1.5]], list);
    await opened.insert('t', { kind: 'arrow', data: new Table({ x }) });
    expect(await opened.bag('data.t')).toEqual([[[Number.NaN, Number.POSITIVE_INFINITY, -0, 1.5]]]);
  });
});
