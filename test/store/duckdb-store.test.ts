import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ColumnBatch, Reading, Session } from '../../src/core/session.ts';
import type { SqlValue } from '../../src/core/value.ts';
import { checkpointThreshold, openDuckdbStore } from '../../src/store/duckdb-store.ts';

let store: Awaited<ReturnType<typeof openDuckdbStore>>;

beforeAll(async () => {
  store = await openDuckdbStore(':memory:', {});
});

afterAll(() => store.close());

const twice = 'SELECT k FROM (SELECT k, unnest(range(2)) FROM (VALUES (1)) AS r (k) GROUP BY k)';

// DuckDB 1.5.5 by itself gives other rows for each, 1.5.6 for the first.
test.each([
  [
    'a left join that makes more rows',
    `SELECT l.k FROM (VALUES (1), (2)) AS l (k) LEFT JOIN (${twice}) AS r ON l.k = r.k ORDER BY 1`,
    [1, 1, 2],
  ],
  [
    'no first rows of none',
    'SELECT k FROM range(0) AS r (k) QUALIFY row_number() OVER (ORDER BY k) <= 1',
    [],
  ],
  [
    'first rows that tie',
    'SELECT k FROM (VALUES (3), (3)) AS r (k) QUALIFY row_number() OVER (PARTITION BY k ORDER BY NULL) <= 7',
    [3, 3],
  ],
])('keeps %s', async (_name, sql, expected) => {
  const rows = await store.read(
    () => null,
    (session) => session.rows(sql),
  );
  expect(rows.map((row) => row.k)).toEqual(expected);
});

test('a column may go by any name', async () => {
  const rows = await store.read(
    () => null,
    (session) => session.rows(`SELECT 1 AS "__proto__", 'a' AS "constructor", 2 AS x`),
  );
  expect(rows.map((row) => Object.entries(row))).toEqual([
    [
      ['__proto__', 1],
      ['constructor', 'a'],
      ['x', 2],
    ],
  ]);
});

test.each([
  [undefined, '256000000B', '244.1 MiB'],
  ['2GB', '256000000B', '244.1 MiB'],
  ['400MB', '100000000B', '95.3 MiB'],
  ['256 MiB', '67108864B', '64.0 MiB'],
])('checkpoints at a quarter of a small memory limit: %s', async (memoryLimit, threshold, told) => {
  expect(checkpointThreshold(memoryLimit)).toBe(threshold);
  const small = await openDuckdbStore(':memory:', { memoryLimit });
  const [setting] = await small.read(
    () => null,
    (session) => session.rows(`SELECT current_setting('checkpoint_threshold') AS size`),
  );
  await small.close();
  expect(setting?.size).toBe(told);
});

describe('a statement that nobody waits for', () => {
  const count = () =>
    store.read(
      () => null,
      async (session) => (await session.rows('SELECT count(*)::INTEGER AS n FROM later'))[0]?.n,
    );
  beforeAll(() => store.write((tx) => tx.run('CREATE TABLE later (n INTEGER NOT NULL)')));

  test('runs before what is asked for next, and is committed with it', async () => {
    await store.write(async (tx) => {
      tx.later('INSERT INTO later VALUES (1)');
      tx.later('INSERT INTO later SELECT n + $1 FROM later', [1]);
      expect(await tx.rows('SELECT n FROM later ORDER BY n')).toEqual([{ n: 1 }, { n: 2 }]);
      tx.later('INSERT INTO later VALUES (3)');
    });
    expect(await count()).toBe(3);
  });

  test.each([
    ['the next statement', (tx: Session) => tx.run('INSERT INTO later VALUES (5)')],
    ['whoever waits for it', (tx: Session) => tx.settled()],
    ['the commit', () => Promise.resolve()],
  ])('fails %s as it fails, and all is taken back', async (_what, next) => {
    const written = store.write(async (tx) => {
      await tx.run('INSERT INTO later VALUES (4)');
      tx.later('INSERT INTO later VALUES (NULL)');
      await next(tx);
    });
    await expect(written).rejects.toThrow('NOT NULL');
    expect(await count()).toBe(3);
  });

  test('is taken back where something else failed first', async () => {
    const written = store.write(async (tx) => {
      tx.later('INSERT INTO later VALUES (NULL)');
      throw new Error('something else');
    });
    await expect(written).rejects.toThrow('something else');
    await store.write((tx) => tx.run('INSERT INTO later VALUES (4)'));
    expect(await count()).toBe(4);
  });
});

test('gives the memory of a batch back when the next is asked for', async () => {
  const sql = 'SELECT range::DOUBLE AS x, range AS n FROM range(5000)';
  await store.read(
    () => null,
    async (session) => {
      const seen: ColumnBatch[] = [];
      let sum = 0;
      for await (const batch of session.batches(sql)) {
        for (let row = 0; row < batch.rowCount; row++) {
          sum += Number(batch.columns[0]?.values[row]) + Number(batch.columns[1]?.values[row]);
        }
        seen.push(batch);
      }
      expect(sum).toBe(5000 * 4999);
      expect(seen.map(({ columns }) => columns.map(({ values }) => values.length))).toEqual(
        seen.map(() => [0, 0]),
      );
    },
  );
});

test('says that a statement has ended one that was still being read, and ends none that came after', async () => {
  await store.read(
    () => null,
    async (session) => {
      const sql = 'SELECT range AS n FROM range(100000)';
      const first = session.rowBatches(sql)[Symbol.asyncIterator]();
      await first.next();
      expect(await session.rows('SELECT 1 AS one')).toEqual([{ one: 1 }]);
      const second = session.rowBatches(sql)[Symbol.asyncIterator]();
      await second.next();
      await expect(first.next()).rejects.toMatchObject({ code: 'internal' });
      let rows = 2_048;
      for (let next = await second.next(); next.done !== true; next = await second.next())
        rows += next.value.length;
      expect(rows).toBe(100_000);
    },
  );
});

describe('what is read batch by batch', () => {
  /** DuckDB fails on a row beyond what it makes ahead, so after it has given batches. */
  const failing = `SELECT CASE WHEN range = 2900000 THEN error('refused') ELSE range END AS n FROM range(3000000)`;

  test('fails who reads it on, however long after the batch ahead has failed', async () => {
    let batches = 0;
    const read = store.read(
      () => null,
      async (session) => {
        for await (const _ of session.batches(failing)) {
          batches += 1;
          await new Promise(setImmediate);
        }
      },
    );
    await expect(read).rejects.toMatchObject({ code: 'store-failure' });
    expect(batches).toBeGreaterThan(0);
  });

  test('is the same whatever is made ahead of it, which is as it was for what is read next', async () => {
    await store.read(
      () => null,
      async (session) => {
        const read = async (reading: Reading) => {
          let [rows, sum, ahead] = [0, 0, ''];
          const sql = `SELECT range::DOUBLE AS x, current_setting('streaming_buffer_size') AS ahead FROM range(100000)`;
          for await (const { columns, rowCount } of session.batches(sql, [], reading)) {
            rows += rowCount;
            for (let row = 0; row < rowCount; row++) sum += Number(columns[0]?.values[row]);
            ahead = String(columns[1]?.values[0]);
          }
          expect([rows, sum]).toEqual([100_000, (100_000 * 99_999) / 2]);
          return ahead;
        };
        const usual = await read('stream');
        const inStep = await read('in-step');
        expect(inStep).not.toBe(usual);
        expect(await read('in-step')).toBe(inStep);
        expect(await read('small')).toBe(inStep);
        expect(await read('stream')).toBe(usual);
      },
    );
  });

  test('fails nobody who stops before, and nothing that comes after', async () => {
    await store.write(async (tx) => {
      await tx.run('CREATE TABLE stopped (n BIGINT)');
      for await (const batch of tx.batches('SELECT range AS n FROM range(1000000)')) {
        expect(batch.rowCount).toBe(2_048);
        break;
      }
      await tx.append('main."stopped"', [{ name: 'n', type: 'BIGINT' }], [[1n]]);
    });
    const read = () =>
      store.read(
        () => null,
        async (session) => {
          for await (const _ of session.batches(failing)) return;
        },
      );
    await read();
    await read();
    const [row] = await store.read(
      () => null,
      (session) => session.rows('SELECT count(*)::INTEGER AS n FROM stopped'),
    );
    expect(row?.n).toBe(1);
  });

  test('is not made to its end for nobody when the snapshot is let go', async () => {
    for (let round = 0; round < 3; round++) {
      const seen = await store.read(
        () => null,
        async (session) => {
          for await (const batch of session.batches('SELECT range AS n FROM range(1000000000000)'))
            return batch.rowCount;
        },
      );
      expect(seen).toBe(2_048);
    }
  });
});

test('reads the state at which it captured, however late it first looks', async () => {
  await store.write((tx) => tx.run('CREATE TABLE seen AS SELECT 0 AS n'));
  const look = async (session: Session) => (await session.rows('SELECT n FROM seen'))[0]?.n;
  // The second time with readers that have read before.
  for (const before of [0, 1]) {
    const seen = await store.readParallel(
      2,
      () => null,
      async ([first, second]) => {
        await store.write((tx) => tx.run('UPDATE seen SET n = n + 1'));
        return [await look(first), second === undefined ? null : await look(second)];
      },
    );
    expect(seen).toEqual([before, before]);
  }
});

test('runs what it has described, and plans it again once the data is another', async () => {
  const sql = 'SELECT count(n)::INTEGER AS n FROM described';
  const count = async (session: Session) => (await session.rows(sql))[0]?.n;
  await store.write(async (tx) => {
    await tx.run('CREATE TABLE described AS SELECT 1 AS n FROM range(3)');
    expect(await tx.describe(sql)).toEqual([{ name: 'n', type: 'INTEGER' }]);
    expect(await count(tx)).toBe(3);
    expect(await count(tx)).toBe(3);
  });
  await store.write(async (tx) => {
    await tx.describe(sql);
    // The plan of before counts rows: while no n is NULL that is the same.
    await tx.run('INSERT INTO described VALUES (NULL)');
    expect(await count(tx)).toBe(3);
    await tx.describe(sql);
    await tx.append('main."described"', [{ name: 'n', type: 'INTEGER' }], [[null]]);
    expect(await count(tx)).toBe(3);
    await tx.describe(sql);
  });
  await store.write((tx) => tx.run('INSERT INTO described VALUES (NULL), (4)'));
  await store.write(async (tx) => {
    expect(await count(tx)).toBe(4);
    await tx.describe('SELECT n FROM described ORDER BY n');
    const batches: unknown[] = [];
    for await (const rows of tx.rowBatches('SELECT n FROM described ORDER BY n')) batches.push(...rows);
    expect(batches).toEqual([1, 1, 1, 4, null, null, null].map((n) => ({ n })));
  });
});

test('appends one row as it appends many, of every type, also where the relation came to have others', async () => {
  const types = {
    BOOLEAN: [true, false],
    TINYINT: [-128, 127],
    SMALLINT: [-32_768, 5],
    INTEGER: [-(2 ** 31), 7],
    BIGINT: [-(2n ** 63n), 2n ** 53n + 1n],
    HUGEINT: [2n ** 100n, 1n],
    FLOAT: [1.5, Number.NaN],
    DOUBLE: [0, -0.1],
    VARCHAR: ['it’s', ''],
    DATE: [new Date('1969-12-31T00:00:00Z'), new Date('2024-02-29T00:00:00Z')],
    TIMESTAMP: [new Date('1969-12-31T23:59:59.999Z'), new Date('2024-02-29T12:00:00Z')],
    'DECIMAL(10,3)': ['-12.345', '1'],
    'INTEGER[]': [[1, 2], []],
  } as const;
  for (const [type, values] of Object.entries(types)) {
    await store.write(async (tx) => {
      await tx.run(`CREATE OR REPLACE TABLE one (v ${type}, n INTEGER)`);
      await tx.run(`CREATE OR REPLACE TABLE many (v ${type}, n INTEGER)`);
      const schema = [
        { name: 'v', type },
        { name: 'n', type: 'INTEGER' },
      ];
      const column: readonly SqlValue[] = [...values, null];
      await tx.append('main."many"', schema, [column, [null, 1, 2]]);
      for (const [index, value] of column.entries())
        await tx.append('main."one"', schema, [[value], [index === 0 ? null : index]]);
      const [{ left, n } = {}] = await tx.rows(
        'SELECT (SELECT count(*) FROM (FROM one EXCEPT ALL FROM many))::INTEGER AS left, count(*)::INTEGER AS n FROM one',
      );
      expect([type, left, n]).toEqual([type, 0, 3]);
    });
  }
});

test('appends one row of many columns', async () => {
  const names = Array.from({ length: 300 }, (_, index) => `c${index}`);
  await store.write(async (tx) => {
    await tx.run(`CREATE TABLE wide (${names.map((name) => `${name} INTEGER`).join(', ')})`);
    const schema = names.map((name) => ({ name, type: 'INTEGER' }));
    await tx.append(
      'main."wide"',
      schema,
      names.map((_, index) => [index % 7 === 0 ? null : index]),
    );
    const [row] = await tx.rows('FROM wide');
    expect(Object.values(row ?? {})).toEqual(names.map((_, index) => (index % 7 === 0 ? null : index)));
  });
});
