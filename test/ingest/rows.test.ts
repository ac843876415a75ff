import { describe, expect, test } from 'vitest';
import type { InputRow } from '../../src/ingest/row-source.ts';
import { firstOf, longTests } from '../support/depth.ts';
import { check, IngestWorld, notNull, primaryKey, rejection, table } from './ingest-world.ts';

const everything = {
  id: 'BIGINT',
  flag: 'BOOLEAN',
  tiny: 'UTINYINT',
  count: 'INTEGER',
  huge: 'HUGEINT',
  ratio: 'DOUBLE',
  single: 'FLOAT',
  price: 'DECIMAL(10,2)',
  name: 'VARCHAR',
  day: 'DATE',
  moment: 'TIMESTAMP',
  zoned: 'TIMESTAMP WITH TIME ZONE',
  hour: 'TIME',
  span: 'INTERVAL',
  token: 'UUID',
  bytes: 'BLOB',
  list: 'INTEGER[]',
  nested: 'STRUCT(a BIGINT, b VARCHAR[])',
  json: 'JSON',
};

const full: InputRow = {
  id: 9007199254740993n,
  flag: false,
  tiny: 255,
  count: -5,
  huge: 170141183460469231731687303715884105727n,
  ratio: 0.1,
  single: 1.5,
  price: '12345678.99',
  name: 'Zoë "x"',
  day: new Date('2001-02-03'),
  moment: new Date('2001-02-03T04:05:06.789Z'),
  zoned: '2001-02-03 04:05:06.123456+02',
  hour: '04:05:06',
  span: '1 day 02:00:00',
  token: '6f1e2d3c-0000-4000-8000-000000000001',
  bytes: new Uint8Array([0, 255]),
  list: [1, null, 3],
  nested: { a: 9007199254740993n, b: ['x', null] },
  json: { k: [1, 'two'] },
};

const asText = `SELECT * EXCLUDE (bytes), hex(bytes) AS bytes FROM (SELECT COLUMNS(*)::VARCHAR FROM (SELECT * EXCLUDE (bytes) FROM data.t)), (SELECT bytes FROM data.t)`;

test('every type takes its JavaScript values', async () => {
  await using opened = await IngestWorld.open(table('t', everything));
  await opened.insert('t', { kind: 'rows', rows: [full] });
  const [row] = await opened.rows(asText);
  expect(row).toEqual({
    id: '9007199254740993',
    flag: 'false',
    tiny: '255',
    count: '-5',
    huge: '170141183460469231731687303715884105727',
    ratio: '0.1',
    single: '1.5',
    price: '12345678.99',
    name: 'Zoë "x"',
    day: '2001-02-03',
    moment: '2001-02-03 04:05:06.789',
    zoned: '2001-02-03 02:05:06.123456+00',
    hour: '04:05:06',
    span: '1 day 02:00:00',
    token: '6f1e2d3c-0000-4000-8000-000000000001',
    bytes: '00FF',
    list: '[1, NULL, 3]',
    nested: `{'a': 9007199254740993, 'b': [x, NULL]}`,
    json: '{"k":[1,"two"]}',
  });
});

longTests(() => {
  test('texts of moments, days and numbers too wide for a number are read', async () => {
    await using opened = await IngestWorld.open(
      table('t', { day: 'DATE', moment: 'TIMESTAMP', id: 'BIGINT', price: 'DECIMAL(20,2)' }),
    );
    await opened.insert('t', {
      kind: 'rows',
      rows: [
        { day: '2001-02-03', moment: '2001-02-03T04:05:06.123456Z', id: '9007199254740993', price: 1.005 },
        { day: new Date('2001-02-04'), moment: new Date(0), id: 5, price: 12345678901234567n },
        { day: null, id: -1n },
      ],
    });
    expect(
      await opened.rows(
        `SELECT day::VARCHAR AS d, moment::VARCHAR AS m, id, price::VARCHAR AS p FROM data.t`,
      ),
    ).toEqual([
      { d: '2001-02-03', m: '2001-02-03 04:05:06.123456', id: 9007199254740993n, p: '1.00' },
      { d: '2001-02-04', m: '1970-01-01 00:00:00', id: 5n, p: '12345678901234567.00' },
      { d: null, m: null, id: -1n, p: null },
    ]);
  });

  test('moments beyond the year 9999 are moments', async () => {
    const types = ['TIMESTAMP', 'TIMESTAMP WITH TIME ZONE', 'TIMESTAMP_S', 'TIMESTAMP_MS', 'DATE'];
    await using opened = await IngestWorld.open(
      table('t', Object.fromEntries(types.map((type, index) => [`c${index}`, type]))),
    );
    const late = new Date(Date.UTC(12_000, 0, 1));
    const row = Object.fromEntries(types.map((_, index) => [`c${index}`, late]));
    await opened.insert('t', { kind: 'rows', rows: [row, { ...row, c4: '12000-01-01' }] });
    const [first, second] = await opened.rows('SELECT left(COLUMNS(*)::VARCHAR, 11) FROM data.t');
    expect(Object.values(first ?? {})).toEqual(types.map(() => '12000-01-01'));
    expect(second).toEqual(first);
  });
});

describe('a value that does not fit names row, column and value', () => {
  const bad: [column: string, value: unknown, shown: string][] = [
    ['count', 1.5, '1.5'],
    ['count', 2 ** 31, '2147483648'],
    ['count', '5', '"5"'],
    ['count', true, 'true'],
    ['count', Number.NaN, 'NaN'],
    ['tiny', -1, '-1'],
    ['id', 2 ** 60, '1152921504606847000'],
    ['id', 1n << 63n, '9223372036854775808n'],
    ['flag', 1, '1'],
    ['ratio', '0.1', '"0.1"'],
    ['price', 1e9, '1000000000'],
    ['price', '1.234', '"1.234"'],
    ['price', 'x', '"x"'],
    ['name', 7, '7'],
    ['day', new Date('2001-02-03T01:00:00Z'), '2001-02-03T01:00:00.000Z'],
    ['day', 'someday', '"someday"'],
    ['moment', 981173106789, '981173106789'],
    ['moment', new Date(Number.NaN), 'an invalid Date'],
    ['moment', 'soon', '"soon"'],
    ['token', 'x', '"x"'],
    ['bytes', 'x', '"x"'],
    ['list', 5, '5'],
    ['list', ['x'], '["x"]'],
    ['list', [1, 1.5], '[1,1.5]'],
    ['nested', { a: 2.5, b: [] }, '"a":2.5'],
    ['nested', { a: 'q', b: [] }, '"a":"q"'],
    ['span', '1 fortnight', '"1 fortnight"'],
  ];

  test.each(firstOf(bad, 4))('%s: %s', async (column, value, shown) => {
    await using opened = await IngestWorld.open(table('t', everything));
    const before = await opened.traces();
    const work = opened.insert('t', { kind: 'rows', rows: [full, { ...full, [column]: value }] });
    await expect(work).rejects.toMatchObject({
      code: 'invalid-row',
      message: expect.stringContaining(`row 2, column "${column}" of "t": `),
      data: { table: 't', row: 2, column },
    });
    await expect(work).rejects.toThrow(/is no /);
    await work.catch((failure: Error) => expect(failure.message.replaceAll('\\', '')).toContain(shown));
    expect(await opened.traces()).toBe(before);
  });
});

describe('columns', () => {
  const t = table(
    't',
    { id: 'INTEGER', size: 'INTEGER', at: 'TIMESTAMP' },
    [...primaryKey('id'), notNull('size')],
    'reject',
    {
      size: '40 + 2',
    },
  );

  test('one that no row has, or that a row lacks, takes its DEFAULT; null is NULL', async () => {
    await using opened = await IngestWorld.open(t);
    await opened.insert('t', { kind: 'rows', rows: [{ id: 1 }, { ID: 2 }] });
    await opened.insert('t', {
      kind: 'rows',
      rows: [
        { id: 3, size: 5 },
        { id: 4, at: '2001-01-01' },
        { id: 5, size: undefined },
      ],
    });
    expect(await opened.rows('SELECT id, size FROM data.t ORDER BY id')).toEqual([
      { id: 1, size: 42 },
      { id: 2, size: 42 },
      { id: 3, size: 5 },
      { id: 4, size: 42 },
      { id: 5, size: 42 },
    ]);
    await expect(opened.insert('t', { kind: 'rows', rows: [{ id: 6, size: null }] })).rejects.toMatchObject({
      code: 'constraint-violation',
    });
  });

  test('an unknown one is named, with its row and the nearest', async () => {
    await using opened = await IngestWorld.open(t);
    await expect(
      opened.insert('t', { kind: 'rows', rows: [{ id: 1 }, { id: 2, szie: 1 }] }),
    ).rejects.toMatchObject({
      code: 'schema-mismatch',
      message: expect.stringMatching(/^row 2 has a column "szie" that "t" does not take, and lacks "size"/),
      hint: expect.stringContaining('"size" seems to be called "szie" now'),
    });
    await expect(opened.insert('t', { kind: 'rows', rows: [{ id: 1, ID: 2 }] })).rejects.toMatchObject({
      message: 'row 1 for "t" has column "ID" twice',
    });
    const polluted: InputRow = JSON.parse('{"id": 1, "__proto__": {"x": 1}}');
    await expect(opened.insert('t', { kind: 'rows', rows: [polluted] })).rejects.toMatchObject({
      code: 'schema-mismatch',
    });
  });

  test('arrays and typed arrays go by column', async () => {
    await using opened = await IngestWorld.open(t);
    await opened.insert('t', {
      kind: 'columns',
      columns: { size: Int32Array.of(7, 8), id: [1, 2], at: [null, new Date(0)] },
    });
    expect(await opened.bag('data.t')).toEqual([
      [1, 7, null],
      [2, 8, new Date(0)],
    ]);
    await expect(
      opened.insert('t', { kind: 'columns', columns: { id: [3], size: [1, 2] } }),
    ).rejects.toMatchObject({
      code: 'invalid-row',
    });
  });

  longTests(() => {
    test('rows may come asynchronously', async () => {
      await using opened = await IngestWorld.open(t);
      async function* rows(): AsyncIterable<InputRow> {
        for (let id = 0; id < 5000; id++) yield { id, size: id };
      }
      expect(await opened.insert('t', { kind: 'rows', rows: rows() })).toMatchObject({ inserted: 5000 });
    });
  });
});

test('a thousand clean rows cost a handful of statements', async () => {
  const parent = table('p', { k: 'VARCHAR' }, primaryKey('k'));
  const child = table('c', { id: 'BIGINT', k: 'VARCHAR', n: 'INTEGER' }, [
    ...primaryKey('id'),
    check('n >= 0'),
    { kind: 'references', name: 'r', columns: ['k'], table: 'p', targetColumns: [] },
  ]);
  await using opened = await IngestWorld.open(parent, child);
  await opened.values('p', `('a')`);
  const rows = Array.from({ length: 1000 }, (_, id) => ({ id, k: 'a', n: id }));
  const statements = await opened.countStatements('c', { kind: 'rows', rows });
  // Append to the table, and check.
  expect(statements).toEqual({ run: 0, rows: 1, append: 1, describe: 0 });
});

describe('a value that is none of its type is refused, and not made into another one', () => {
  test.each(
    firstOf<[type: string, value: unknown]>(
      [
        ['MAP(VARCHAR, INTEGER)', ['a', 'a'].map((key, value) => ({ key, value }))],
        ['DECIMAL(3,2)', 9.999],
        ['DECIMAL(3,2)', -9.999],
        ['DECIMAL(3,2)', '-'],
        ['DOUBLE', 10n ** 400n],
        ['FLOAT', 1e300],
        ['FLOAT', 10n ** 50n],
        ['VARCHAR', '\ud800x'],
        ['VARCHAR[]', ['\udc00']],
        ['JSON', { a: '\ud800' }],
        ['JSON', /x/],
        ['JSON', Float64Array.of(1.5)],
        ['JSON', { a: Number.NaN }],
        ['BLOB[]', [Uint8Array.of(1, 255)]],
        [
          'MAP(INTEGER, INTEGER)',
          new Map([
            [2, 1],
            [1, 2],
          ]),
        ],
        ['STRUCT(b BLOB)', { b: Buffer.from([0, 255]) }],
        [
          'MAP(VARCHAR, INTEGER)',
          new Map<unknown, number>([
            ['1', 1],
            [1, 2],
          ]),
        ],
      ],
      2,
    ),
  )('%s: %o', async (type, value) => {
    await using opened = await IngestWorld.open(table('t', { id: 'INTEGER', x: type }));
    const before = await opened.traces();
    for (const count of [1, 2]) {
      const rows = Array.from({ length: count }, (_, id) => ({ id, x: value }));
      await expect(opened.insert('t', { kind: 'rows', rows })).rejects.toMatchObject({ code: 'invalid-row' });
    }
    expect(await opened.traces()).toBe(before);
  });

  test.each(
    firstOf<[type: string, value: unknown, shown: string]>(
      [
        ['DECIMAL(3,2)', 9.994, '9.99'],
        ['FLOAT', Number.POSITIVE_INFINITY, 'inf'],
        ['BLOB[]', [Buffer.from('a\\x00é')], '[a\\x5Cx00\\xC3\\xA9]'],
        ['MAP(VARCHAR, INTEGER)', new Map([['a', 1]]), '{a=1}'],
        ['MAP(VARCHAR, INTEGER)', [{ key: 'a', value: 1 }], '{a=1}'],
        [
          'MAP(INTEGER, INTEGER)',
          new Map([
            [1, 2],
            [2, 1],
          ]),
          '{1=2, 2=1}',
        ],
        ['MAP(INTEGER, DATE)', new Map([[1, new Date(0)]]), '{1=1970-01-01}'],
        ['INTEGER[]', new Set([1, 2]), '[1, 2]'],
        ['DOUBLE[]', [Number.NaN, Number.NEGATIVE_INFINITY, -0], '[nan, -inf, -0.0]'],
        ['UTINYINT[]', Uint8Array.of(1, 255), '[1, 255]'],
        ['JSON', new Map([['a', [-0]]]), '{"a":[0]}'],
      ],
      2,
    ),
  )('and what is one is stored as it is: %s: %o', async (type, value, shown) => {
    await using opened = await IngestWorld.open(table('t', { id: 'INTEGER', x: type }));
    await opened.insert('t', { kind: 'rows', rows: [{ id: 1, x: value }] });
    await opened.insert('t', {
      kind: 'rows',
      rows: [
        { id: 2, x: value },
        { id: 3, x: value },
      ],
    });
    expect(await opened.bag('(SELECT x::VARCHAR AS x FROM data.t)')).toEqual([[shown], [shown], [shown]]);
  });
});

test('rows are not late beside those of their own batch', async () => {
  const { definition, ...declared } = table('r', { at: 'TIMESTAMP', n: 'INTEGER' });
  const arrival = { ...definition.arrival, allowedLatenessMs: 3_600_000 };
  await using opened = await IngestWorld.open({
    ...declared,
    definition: { ...definition, eventTime: 'at', arrival },
  });
  const batch = (...hours: number[]) =>
    hours.map((hour, n) => ({ at: new Date(Date.UTC(2001, 0, 1, hour)), n }));
  await opened.insert('r', { kind: 'rows', rows: batch(1) });
  const near = await opened.countStatements('r', { kind: 'rows', rows: batch(1, 1) });
  // As many statements: nothing of it had to be looked at a second time.
  expect(await opened.countStatements('r', { kind: 'rows', rows: batch(9, 1, 5) })).toEqual(near);
  const refused = await rejection(opened.insert('r', { kind: 'rows', rows: batch(9, 1) }));
  expect(refused.violations.map(({ row }) => row)).toEqual([2]);
});
