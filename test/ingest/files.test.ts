import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { Float64, Int32, Table, tableToIPC, Utf8, vectorFromArray } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { firstOf, longTests } from '../support/depth.ts';
import { check, IngestWorld, named, option, primaryKey, table } from './ingest-world.ts';

const flights = table(
  'flights',
  { id: 'BIGINT', departs: 'TIMESTAMP', origin: 'VARCHAR', delay: 'INTEGER' },
  [...primaryKey('id'), check('delay < 2000')],
  'quarantine',
  { origin: `'JFK'` },
);

let folder = '';
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'everview-files-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, content: string | Uint8Array): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, content);
  return path;
}

/** Writes a query's rows with DuckDB itself. */
async function written(opened: IngestWorld, name: string, query: string): Promise<string> {
  const path = join(folder, name);
  await opened.store.write((tx) => tx.run(`COPY (${query}) TO '${path}'`));
  return path;
}

const source = (path: string, options: Record<string, string> = {}) =>
  ({
    kind: 'file',
    path,
    options: Object.entries(options).map(([name, value]) => option(name, value)),
  }) as const;

const good = [
  [1n, new Date('2001-01-01T10:00:00Z'), 'JFK', 5],
  [2n, new Date('2001-01-01T11:30:00Z'), 'café', null],
];
const header = 'id,departs,origin,delay\n';
const line1 = '1,2001-01-01 10:00:00,JFK,5\n';
const line2 = '2,2001-01-01 11:30:00,café,\n';
const json1 = '{"id":1,"departs":"2001-01-01 10:00:00","origin":"JFK","delay":5}';
const json2 = '{"id":2,"departs":"2001-01-01T11:30:00","origin":"café","delay":null}';

function arrow(): Table {
  return new Table({
    delay: vectorFromArray([5, null], new Float64()),
    id: vectorFromArray([1, 2], new Int32()),
    origin: vectorFromArray(['JFK', 'café'], new Utf8()),
    departs: vectorFromArray(['2001-01-01 10:00:00', '2001-01-01 11:30:00'], new Utf8()),
  });
}

describe('files that are taken', () => {
  type Taken = readonly [name: string, content: string | Uint8Array, options: Record<string, string>];
  const taken: readonly Taken[] = [
    ['plain.csv', header + line1 + line2, {}],
    ['headless.csv', line1 + line2, { header: 'false' }],
    ['semi.csv', (header + line1 + line2).replaceAll(',', ';'), { DELIMITER: `';'` }],
    ['packed.csv.gz', gzipSync(header + line1 + line2), {}],
    ['lines.jsonl', `${json1}\n\n${json2}\n`, {}],
    ['array.json', `[${json1},\n ${json2}]`, {}],
    ['table.arrow', tableToIPC(arrow(), 'file'), {}],
    ['crlf.csv', (header + line1 + line2).replaceAll('\n', '\r\n'), {}],
    ['lf-at-the-end.csv', `${header}${line1}`.replaceAll('\n', '\r\n') + line2, {}],
    ['lf-in-the-head.csv', header + (line1 + line2).replaceAll('\n', '\r\n'), {}],
    [
      'latin-mixed.csv',
      Buffer.from(header + (line1 + line2).replaceAll('\n', '\r\n'), 'latin1'),
      { encoding: `'latin-1'` },
    ],
    ['packed-mixed.csv.gz', gzipSync(header + (line1 + line2).replaceAll('\n', '\r\n')), {}],
    ['bom.csv', `\uFEFF${header}${line1}${line2}`, {}],
    ['no-end.csv', (header + line1 + line2).trimEnd(), {}],
    [
      'reordered.csv',
      'Delay,ORIGIN,id,departs\n5,JFK,1,2001-01-01 10:00:00\n,café,2,2001-01-01 11:30:00\n',
      {},
    ],
    ['tabs.tsv', (header + line1 + line2).replaceAll(',', '\t'), {}],
    ['latin.csv', Buffer.from(header + line1 + line2, 'latin1'), { encoding: `'latin-1'` }],
    ['wide.csv', Buffer.from(header + line1 + line2, 'utf16le'), { encoding: `'UTF-16'` }],
    [
      'dates.csv',
      `${header}1,01.01.2001 10:00,JFK,5\n2,01.01.2001 11:30,café,n/a\n`,
      { TIMESTAMPFORMAT: `'%d.%m.%Y %H:%M'`, NULL: `'n/a'` },
    ],
    [
      'quoted.data',
      `${header}1,'2001-01-01 10:00:00','JFK',5.0\n2,2001-01-01 11:30:00,'café',\n`,
      { FORMAT: 'csv', QUOTE: `''''` },
    ],
    ['objects.json', `${json1}\n${json2}`, {}],
    ['stream.arrows', tableToIPC(arrow(), 'stream'), {}],
  ];

  test.each(firstOf(taken, 7))('%s', async (name, content, options) => {
    await using opened = await IngestWorld.open(flights);
    expect(await opened.insert('flights', source(await file(name, content), options))).toMatchObject({
      inserted: 2,
    });
    expect(await opened.bag('data.flights')).toEqual(good);
  });

  test('Parquet, with types that can be cast', async () => {
    await using opened = await IngestWorld.open(flights);
    const path = await written(
      opened,
      'good.parquet',
      `SELECT 5.0::DOUBLE AS delay, 1::TINYINT AS ID, 'JFK' AS origin, '2001-01-01 10:00:00' AS departs
       UNION ALL SELECT NULL, 2, 'café', '2001-01-01 11:30:00'`,
    );
    await opened.insert('flights', source(path));
    expect(await opened.bag('data.flights')).toEqual(good);
  });

  longTests(() => {
    test.each(['x[1]', 'x?', 'x*'])('%s is the name of one file, and no pattern', async (name) => {
      await using opened = await IngestWorld.open(table('t', { a: 'INTEGER' }));
      await file('x1.csv', 'a\n2\n');
      await file('x1.jsonl', '{"a":2}\n');
      await written(opened, 'x1.parquet', 'SELECT 2 AS a');
      const csv = await file(`${name}.csv`, 'a\n1\n');
      const json = await file(`${name}.jsonl`, '{"a":1}\n');
      const parquet = join(folder, `${name}.parquet`);
      await copyFile(await written(opened, 'one.parquet', 'SELECT 1 AS a'), parquet);
      for (const path of [csv, json, parquet]) await opened.insert('t', source(path));
      expect(await opened.bag('data.t')).toEqual([[1], [1], [1]]);
      for (const path of [csv, json, parquet]) await rm(path);
    });

    test('a folder by the name of a column is none', async () => {
      await using opened = await IngestWorld.open(table('t', { a: 'INTEGER' }));
      await mkdir(join(folder, 'a=9'));
      const csv = await file('a=9/rows.csv', 'a\n1\n');
      const json = await file('a=9/rows.json', '[{"a":1}]');
      const parquet = await written(opened, 'a=9/rows.parquet', 'SELECT 1 AS a');
      for (const path of [csv, json, parquet]) await opened.insert('t', source(path));
      expect(await opened.bag('data.t')).toEqual([[1], [1], [1]]);
    });

    test('where lines end in two ways, those inside of quotes stay as they are', async () => {
      await using opened = await IngestWorld.open(flights);
      const path = await file('both.csv', 'id,origin\r\n1,"a\r\n""b"\r\n2,"c\nd"\n');
      await opened.insert('flights', source(path), { columns: [named('id'), named('origin')] });
      expect(await opened.bag('data.flights')).toEqual([
        [1n, null, 'a\r\n"b', null],
        [2n, null, 'c\nd', null],
      ]);
    });

    test('a column list takes a file with fewer columns; DEFAULT fills the rest', async () => {
      await using opened = await IngestWorld.open(flights);
      const path = await file('fewer.csv', 'id,delay\n1,5\n');
      await opened.insert('flights', source(path), { columns: [named('delay'), named('id')] });
      expect(await opened.bag('data.flights')).toEqual([[1n, null, 'JFK', 5]]);
    });

    test.each(['lists.jsonl', 'lists.parquet'])('integers in lists are whole, in %s too', async (name) => {
      const types = { l: 'INTEGER[]', s: 'STRUCT(a BIGINT)', m: 'MAP(VARCHAR, SMALLINT)', h: 'UBIGINT[]' };
      await using opened = await IngestWorld.open(table('t', types));
      const of = (number: string) =>
        name.endsWith('jsonl')
          ? file(
              name,
              `{"l":[1,${number}],"s":{"a":9007199254740993},"m":{"k":3},"h":[18446744073709551615]}`,
            )
          : written(
              opened,
              name,
              `SELECT [1, ${number}]::DOUBLE[] AS l, {'a': 9007199254740993} AS s, MAP {'k': 3.0} AS m,
              [18446744073709551615]::UBIGINT[] AS h`,
            );
      await opened.insert('t', source(await of('2.0')));
      expect(await opened.rows('SELECT COLUMNS(*)::VARCHAR FROM data.t')).toEqual([
        { l: '[1, 2]', s: "{'a': 9007199254740993}", m: '{k=3}', h: '[18446744073709551615]' },
      ]);
      await expect(opened.insert('t', source(await of('1.5')))).rejects.toMatchObject({ code: 'file-error' });
    });
  });

  test('rows that break a constraint go where the table says', async () => {
    await using opened = await IngestWorld.open(flights);
    const path = await file('bad-rows.csv', `${header}${line1}3,2001-01-01 10:00:00,JFK,5400\n`);
    expect(await opened.insert('flights', source(path))).toMatchObject({ inserted: 1, quarantined: 1 });
  });
});

type Refused = {
  readonly name: string;
  readonly content: string | Uint8Array | null;
  readonly options?: Record<string, string>;
  readonly code?: string;
  readonly message: string | RegExp;
  readonly hint?: string | RegExp;
};

const refused: readonly Refused[] = [
  {
    name: 'missing.csv',
    content: null,
    message: /there is no file ".*missing\.csv"/,
    hint: /^paths are relative/,
  },
  {
    name: 'misspelt.csv',
    code: 'schema-mismatch',
    content: `id,departs,orign,delay\n${line1}`,
    message: 'has a column "orign"',
    hint: '"origin" seems to be called "orign" now',
  },
  {
    name: 'text.csv',
    content: `${header}${line1}2,2001-01-01 10:00:00,JFK,late\n`,
    message: /line 3, column "delay" of "flights": "late" is no INTEGER/,
  },
  {
    name: 'short.csv',
    content: `${header}${line1}2,2001-01-01\n`,
    message: /line 3: 2 values where the file has 4 columns/,
  },
  {
    name: 'unknown.csv',
    content: header + line1,
    options: { delimter: `';'` },
    code: 'unknown-option',
    message: 'no option "delimter"',
    hint: 'did you mean "delimiter"?',
  },
  {
    name: 'torn.csv.gz',
    content: gzipSync(header + line1 + line2).subarray(0, 60),
    message: /torn\.csv\.gz" cannot be unpacked/,
    hint: /cut short/,
  },
  { name: 'bad.jsonl', content: `${json1}\n{"id":2,"delay":\n${json2}\n`, message: /line 2: / },
  {
    name: 'stray.jsonl',
    content: `${json1}\n\n{"id":2,"dealy":5}\n`,
    message: /line 3: "flights" has no column "dealy"/,
    hint: 'did you mean "delay"?',
  },
  { name: 'torn.arrow', content: tableToIPC(arrow(), 'file').subarray(0, 300), message: /torn\.arrow"/ },
  {
    name: 'o*.csv',
    content: null,
    message: /there is no file ".*o\*\.csv"/,
    hint: /one file, no pattern: write one for each, in BEGIN … COMMIT/,
  },
  { name: 'empty.csv', content: '', message: 'is empty' },
  { name: 'blank.csv', content: '\n\n', message: 'empty' },
  {
    name: 'lacking.csv',
    code: 'schema-mismatch',
    content: `id,departs,origin\n1,2001-01-01,JFK\n`,
    message: 'has no column "delay"',
    hint: /COPY flights/,
  },
  {
    name: 'doubled.csv',
    content: `id,departs,origin,delay,ID\n1,2001-01-01,JFK,1,1\n`,
    message: 'has column "ID" twice',
  },
  {
    name: 'no-header.csv',
    code: 'schema-mismatch',
    content: line1 + line2,
    message: 'has a column "1"',
    hint: /HEADER false/,
  },
  {
    name: 'fraction.csv',
    content: `${header}"1",2001-01-01 10:00:00,"J\nFK",5\n2,2001-01-01 10:00:00,JFK,1.5\n`,
    message: /line 4, column "delay" of "flights": "1\.5" is no INTEGER/,
  },
  {
    name: 'moment.csv',
    content: `${header}${line1}2,2001-13-01,JFK,5\n`,
    message: /line 3: column "departs": "2001-13-01" is no TIMESTAMP/,
  },
  {
    name: 'long.csv',
    content: `${header}${line1}2,2001-01-01,JFK,5,x\n`,
    message: /line 3: 5 values where the file has 4 columns/,
  },
  {
    name: 'quote.csv',
    content: `${header}${line1}2,2001-01-01,"JFK,5\n`,
    message: /line 3: a quoted value has no end/,
  },
  {
    name: 'latin.csv',
    content: Buffer.from(header + line1 + line2, 'latin1'),
    message: /line 3: the text is not utf-8/,
    hint: /ENCODING 'latin-1'/,
  },
  {
    name: 'utf16.csv',
    content: Buffer.from(`\uFEFF${header}${line1}`, 'utf16le'),
    message: /line 1: the text is not utf-8/,
    hint: /ENCODING 'utf-16'/,
  },
  {
    name: 'semi.csv',
    code: 'schema-mismatch',
    content: (header + line1).replaceAll(',', ';'),
    message: 'has a column',
    hint: /DELIMITER ';'/,
  },
  {
    name: 'count.csv',
    content: '1,2\n',
    options: { HEADER: 'false' },
    message: /line 1: 2 values where 4 columns/,
  },
  {
    name: 'coded.csv',
    content: header + line1,
    options: { ENCODING: `'cp1252'` },
    code: 'invalid-option',
    message: 'cp1252',
  },
  {
    name: 'data.xyz',
    content: header + line1,
    message: 'does not say what kind of file',
    hint: /FORMAT csv/,
  },
  {
    name: 'odd.csv',
    content: header,
    options: { FORMAT: 'xml' },
    code: 'invalid-option',
    message: 'FORMAT xml',
  },
  {
    // Only the first lines and the last are looked at.
    name: 'uneven.csv',
    content: `${header}${line2.repeat(5_000)}`.replaceAll('\n', '\r\n') + line1 + line2.replace('\n', '\r\n'),
    message: /not all of its lines end alike/,
    hint: /all in CR LF/,
  },
  { name: 'torn.parquet', content: 'PAR1 and then nothing', message: /torn\.parquet" cannot be read whole/ },
  {
    name: 'late.csv.gz',
    content: gzipSync(header + line1 + line2.repeat(200_000)).subarray(0, -200),
    message: /late\.csv\.gz" cannot be unpacked/,
  },
  // Cut inside of a value, which is one none the less: DuckDB by itself takes what there is.
  ...['csv', 'jsonl', 'json'].map((ending) => ({
    name: `end-cut-off.${ending}.gz`,
    content: gzipSync(
      ending === 'csv'
        ? header + line1 + '2,2001-01-01 11:30:00,café,12345\n'.repeat(20_000)
        : `${json1}\n`.repeat(20_000),
    ).subarray(0, -40),
    message: `end-cut-off.${ending}.gz" cannot be unpacked`,
    hint: /cut short/,
  })),
  {
    name: 'bad.jsonl.gz',
    content: gzipSync(`${json1}\n{"id":2,"delay":\n`),
    message: /line 2: the JSON ends too early/,
  },
  { name: 'bad.json.gz', content: gzipSync(`[${json1},\n{"id":2,"delay":]`), message: /line 2: / },
  {
    name: 'stray.jsonl.gz',
    content: gzipSync(`${json1}\n\n{"id":2,"dealy":5}\n`),
    message: /line 3: "flights" has no column "dealy"/,
  },
  { name: 'plain.jsonl.gz', content: json1, message: /plain\.jsonl\.gz" cannot be unpacked/ },
  { name: 'plain.csv.gz', content: header + line1, message: /plain\.csv\.gz" cannot be unpacked/ },
  { name: 'bad.json', content: `[${json1},\n{"id":2,"delay":]`, message: /line 2: / },
  {
    name: 'typed.jsonl',
    content: `${json1}\n{"id":2,"delay":"late"}\n`,
    message: /line 2, column "delay" of "flights"/,
  },
  {
    name: 'fraction.jsonl',
    content: `{"id":2,"delay":1.5}\n`,
    message: /line 1, column "delay" of "flights"/,
  },
  ...(
    [
      ['5', 'a number'],
      ['"a"', 'a string'],
      ['true', 'a boolean'],
      ['null', 'null'],
      ['[1, 2]', 'an array'],
    ] as const
  ).map(([text, kind], at) => ({
    name: `no-record-${at}.jsonl`,
    content: `${json1}\n${text}\n`,
    message: `line 2: ${kind} where an object is wanted`,
    hint: /a row is an object/,
  })),
  {
    name: 'arrays.json',
    content: `[[1, "JFK"], [2, "LGA"]]`,
    message: /arrays\.json", record 1: an array where an object is wanted/,
  },
  {
    name: 'stray.json',
    content: `[${json1}, {"id":2,"dealy":5}]`,
    message: /record 2: "flights" has no column "dealy"/,
  },
  { name: 'text.arrow', content: 'this is no Arrow file at all, only text', message: /text\.arrow"/ },
  {
    name: 'short.arrow',
    code: 'schema-mismatch',
    content: tableToIPC(arrow().select(['id', 'delay']), 'file'),
    message: 'has no column',
  },
];

describe('files that are refused leave no trace', () => {
  test.each(firstOf(refused, 9))(
    '$name',
    async ({ name, content, options = {}, code = 'file-error', message, hint }) => {
      await using opened = await IngestWorld.open(flights);
      await opened.values('flights', `(100, NULL, 'x', 1)`);
      const path = content === null ? join(folder, name) : await file(name, content);
      const before = await opened.traces();
      const failure = await opened.insert('flights', source(path, options)).catch((cause: unknown) => cause);
      expect(failure).toMatchObject({
        code,
        message:
          typeof message === 'string' ? expect.stringContaining(message) : expect.stringMatching(message),
        ...(hint === undefined ? {} : { hint: expect.stringMatching(hint) }),
      });
      expect(await opened.traces()).toBe(before);
    },
  );

  test.each(
    firstOf([
      ['torn', 'cannot be read whole'],
      ['missing', 'has no column "origin"'],
      ['uncastable', 'row 2, column "delay"'],
    ]),
  )('%s Parquet', async (kind, message) => {
    await using opened = await IngestWorld.open(flights);
    const columns =
      kind === 'missing'
        ? `1 AS id, NULL AS departs, 1 AS delay`
        : `range AS id, NULL::TIMESTAMP AS departs, 'a' AS origin, range + 0.25 * range AS delay`;
    const path = await written(opened, `${kind}.parquet`, `SELECT ${columns} FROM range(3)`);
    if (kind === 'torn') {
      const { readFile } = await import('node:fs/promises');
      await writeFile(path, (await readFile(path)).subarray(0, 200));
    }
    const before = await opened.traces();
    await expect(opened.insert('flights', source(path))).rejects.toMatchObject({
      code: kind === 'missing' ? 'schema-mismatch' : 'file-error',
      message: expect.stringContaining(message),
    });
    expect(await opened.traces()).toBe(before);
  });
});
