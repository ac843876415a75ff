import { DateDay, Int32, Int64, Table, Utf8, vectorFromArray } from 'apache-arrow';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { Everview } from '../../src/index.ts';

/** So many that keys of a batch are looked for within their range alone. */
const rows = 500_000;

let db: Everview;

beforeAll(async () => {
  db = await Everview.open(':memory:', { scheduler: 'manual' });
  await db.execute(
    `CREATE TABLE t (id BIGINT PRIMARY KEY, code INTEGER UNIQUE, day DATE, name VARCHAR UNIQUE, x INTEGER,
       a INTEGER, b INTEGER, UNIQUE (a, b))`,
  );
  await db.execute(
    `INSERT INTO t SELECT i, 3 * i, DATE '2001-01-01' + (i // 1000)::INTEGER, 'n' || i, 0, i, 20 FROM range(${rows}) AS r (i)`,
  );
  await db.execute('CREATE MATERIALIZED VIEW copy WITH (refresh = incremental) AS SELECT id, day, x FROM t');
  await db.execute(
    'CREATE MATERIALIZED VIEW days WITH (refresh = incremental) AS SELECT day, median(x) AS m, max(id) AS last FROM t GROUP BY day',
  );
});

afterAll(() => db.close());

const one = async (sql: string) => (await db.query(sql)).rows;

describe('a table of many rows', () => {
  test.each([
    ['a key that is there', `INSERT INTO t (id, code, day, name, x) VALUES (7, NULL, NULL, NULL, 1)`],
    ['the first key of all', `INSERT INTO t (id, code, day, name, x) VALUES (${rows}, 0, NULL, NULL, 1)`],
    [
      'one of several',
      `INSERT INTO t (id, code, day, name, x) VALUES (${rows + 5}, NULL, NULL, NULL, 1), (${rows - 1}, NULL, NULL, NULL, 1)`,
    ],
    [
      'another key, beside NULLs',
      `INSERT INTO t (id, code, day, name, x) VALUES (${rows + 5}, NULL, NULL, 'n3', 1), (${rows + 6}, 9, NULL, NULL, 1)`,
    ],
    [
      'one by SELECT',
      `INSERT INTO t (id, code, day, name, x) SELECT ${rows} + i, 3 * (499_990 + i), NULL, NULL, 1 FROM range(20) AS r (i)`,
    ],
    [
      'one of the batch',
      `INSERT INTO t (id, code, day, name, x) SELECT ${rows + 9}, NULL, NULL, NULL, 1 FROM range(2)`,
    ],
    ['a text', `INSERT INTO t (id, code, day, name, x) VALUES (${rows + 9}, NULL, NULL, 'n499999', 1)`],
    [
      'a key that a conflict sets',
      `INSERT INTO t (id, code, day, name, x) VALUES (7, 21, NULL, NULL, 1) ON CONFLICT (id) DO UPDATE SET id = 9`,
    ],
    [
      'another that it sets',
      `INSERT INTO t (id, code, day, name, x) VALUES (7, 21, NULL, NULL, 1) ON CONFLICT (id) DO UPDATE SET code = 27`,
    ],
    [
      'a key of which it sets a part',
      'INSERT INTO t (id, a, b) VALUES (1, 2, 999) ON CONFLICT (id) DO UPDATE SET a = excluded.a',
    ],
    [
      'a key that it sets by the row that is there',
      'INSERT INTO t (id, a, b) VALUES (100, 0, 0) ON CONFLICT (id) DO UPDATE SET a = t.a + 1',
    ],
    ['a key that is set', 'UPDATE t SET id = 8 WHERE id = 7'],
  ])('takes no row with %s', async (_, sql) => {
    await expect(db.execute(sql)).rejects.toMatchObject({ code: 'constraint-violation' });
  });

  test('takes those that are new, and objects', async () => {
    await db.execute(`INSERT INTO t (id, code, day, name, x) VALUES (${rows}, 1, '2002-06-01', NULL, 1)`);
    await db.insert('t', [{ id: BigInt(rows + 1), code: 2, day: new Date('2002-06-01'), x: 2 }]);
    await expect(db.insert('t', [{ id: 5n, x: 2 }])).rejects.toMatchObject({ code: 'constraint-violation' });
    await expect(db.insert('t', [{ id: BigInt(rows + 2), code: 2 }])).rejects.toMatchObject({
      code: 'constraint-violation',
    });
    const taken = { code: 'constraint-violation' };
    const objects = [rows + 3, 7, rows + 4].map((id) => ({ id: BigInt(id) }));
    await expect(db.insert('t', objects)).rejects.toMatchObject(taken);
    const arrow = (ids: readonly number[], codes: readonly (number | null)[]) =>
      new Table({
        id: vectorFromArray(ids.map(BigInt), new Int64()),
        code: vectorFromArray(codes, new Int32()),
        day: vectorFromArray(Array(ids.length).fill(null), new DateDay()),
        name: vectorFromArray(Array(ids.length).fill(null), new Utf8()),
        ...Object.fromEntries(['x', 'a', 'b'].map((name) => [name, vectorFromArray(codes, new Int32())])),
      });
    await expect(db.insert('t', arrow([rows + 3, rows - 1], [null, null]))).rejects.toMatchObject(taken);
    await expect(db.insert('t', arrow([rows + 3, rows + 4], [null, 9]))).rejects.toMatchObject(taken);
    const batches = [arrow([rows + 3], [null]), arrow([8], [null])].flatMap((table) => table.batches);
    await expect(db.insert('t', batches)).rejects.toMatchObject(taken);
    expect(await one(`SELECT id, code, x FROM t WHERE id >= ${rows} ORDER BY id`)).toEqual([
      { id: BigInt(rows), code: 1, x: 1 },
      { id: BigInt(rows + 1), code: 2, x: 2 },
    ]);
  });

  test('finds the rows that conflict', async () => {
    await db.execute(
      `INSERT INTO t (id, code, day, name, x) VALUES (10, 30, NULL, NULL, 5), (${rows + 3}, 4, '2002-06-02', NULL, 6), (499999, 0, NULL, NULL, 7)
       ON CONFLICT (id) DO UPDATE SET x = excluded.x`,
    );
    await db.execute(
      `INSERT INTO t (id, code, day, name, x) VALUES (11, NULL, NULL, NULL, 5), (${rows + 4}, 36, NULL, NULL, 6), (${rows + 5}, 5, NULL, 'new', 8)
       ON CONFLICT DO NOTHING`,
    );
    expect(await one('SELECT id, code, x FROM t WHERE x > 4 ORDER BY id')).toEqual([
      { id: 10n, code: 30, x: 5 },
      { id: 499_999n, code: 1_499_997, x: 7 },
      { id: BigInt(rows + 3), code: 4, x: 6 },
      { id: BigInt(rows + 5), code: 5, x: 8 },
    ]);
  });

  test('changes and deletes the rows that are meant, and its views follow', async () => {
    for (const view of ['copy', 'days']) await db.refresh(view, 'incremental');
    await db.execute('UPDATE t SET x = x + 100 WHERE id IN (10, 250000, 499999)');
    await db.execute(`UPDATE t SET day = NULL, x = -1 WHERE id BETWEEN 20 AND 22`);
    await db.execute('DELETE FROM t WHERE id IN (0, 250001, 499998)');
    await db.execute('DELETE FROM t WHERE id < 0');
    for (const view of ['copy', 'days']) await db.refresh(view, 'incremental');
    expect(await one('SELECT id, x FROM t WHERE x > 50 ORDER BY id')).toEqual([
      { id: 10n, x: 105 },
      { id: 250_000n, x: 100 },
      { id: 499_999n, x: 107 },
    ]);
    expect(await one('SELECT count(*)::INTEGER AS n FROM t')).toEqual([{ n: rows + 1 }]);
    expect(
      await one('SELECT count(*)::INTEGER AS n FROM (FROM copy EXCEPT ALL SELECT id, day, x FROM t)'),
    ).toEqual([{ n: 0 }]);
    expect(await one('SELECT count(*)::INTEGER AS n FROM copy')).toEqual([{ n: rows + 1 }]);
    const anew = 'SELECT day, median(x) AS m, max(id) AS last FROM t GROUP BY day';
    expect(await one(`SELECT count(*)::INTEGER AS n FROM (FROM days EXCEPT ALL ${anew})`)).toEqual([
      { n: 0 },
    ]);
    expect(await one(`SELECT count(*)::INTEGER AS n FROM (${anew} EXCEPT ALL FROM days)`)).toEqual([
      { n: 0 },
    ]);
    const kinds = await one(
      `SELECT DISTINCT kind FROM everview.refreshes WHERE name IN ('copy', 'days') AND reason <> 'created' AND rows > 0`,
    );
    expect(kinds).toContainEqual({ kind: 'incremental' });
    expect(await one('SELECT id FROM t AT (VERSION => 1) WHERE id IN (0, 250001) ORDER BY id')).toEqual([
      { id: 0n },
      { id: 250_001n },
    ]);
  });
});
