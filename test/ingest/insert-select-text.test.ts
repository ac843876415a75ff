import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Everview } from '../../src/index.ts';
import { firstOf, longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';

let db: Everview;
beforeEach(async () => {
  db = await Everview.open(':memory:', { scheduler: 'manual' });
  await db.sql('CREATE TABLE t (id INTEGER PRIMARY KEY, x DOUBLE)');
});
afterEach(() => db.close());

/** A SELECT that names no relation is run as it was written. */
describe('INSERT … SELECT over no relation', () => {
  it.each(
    firstOf<[name: string, select: string, parameters?: number[]]>([
      ['a comment at its end', 'SELECT range, 1e3 FROM range(2) -- two'],
      ['a CTE', 'WITH r AS (SELECT range AS i FROM range(2)) SELECT i, 1000.0 FROM r'],
      ['a semicolon in a text', "SELECT range, length(';') * 1000 FROM range(2)"],
      ['VALUES', 'VALUES (0, 1000), (1, 1000)'],
      ['a parameter', 'SELECT range, $1 FROM range(2)', [1000]],
    ]),
  )('takes %s', async (_, select, parameters: number[] = []) => {
    await db.execute(`INSERT INTO t ${select}`, parameters);
    expect((await db.query('SELECT * FROM t ORDER BY id')).rows).toEqual([
      { id: 0, x: 1000 },
      { id: 1, x: 1000 },
    ]);
  });

  it('takes its numbers each time it comes', async () => {
    for (const number of [0, 1, 20])
      await db.execute(`INSERT INTO t SELECT ${number}, 0.5 + ${number} LIMIT 1`);
    expect((await db.query('SELECT id, x FROM t ORDER BY id')).rows).toEqual([
      { id: 0, x: 0.5 },
      { id: 1, x: 1.5 },
      { id: 20, x: 20.5 },
    ]);
  });

  longTests(() => {
    it('is not taken for one that differs in the digits of a name', async () => {
      await db.sql(
        'CREATE TABLE r2 (id INTEGER); INSERT INTO r2 VALUES (7); CREATE TABLE "r 2" (id INTEGER)',
      );
      await db.sql('INSERT INTO "r 2" VALUES (8)');
      await db.execute('INSERT INTO t WITH r1 AS (SELECT 1 AS id) SELECT id, 0 FROM r1');
      await db.execute('INSERT INTO t WITH r1 AS (SELECT 1 AS id) SELECT id, 0 FROM r2');
      await db.execute('INSERT INTO t WITH "r 1" AS (SELECT 2 AS id) SELECT id, 0 FROM "r 1"');
      await db.execute('INSERT INTO t WITH "r 1" AS (SELECT 2 AS id) SELECT id, 0 FROM "r 2"');
      await db.sql('CREATE TABLE तालिका2 (id INTEGER); INSERT INTO तालिका2 VALUES (9)');
      await db.execute('INSERT INTO t WITH तालिका1 AS (SELECT 3 AS id) SELECT id, 0 FROM तालिका2');
      const { rows } = await db.query('SELECT id FROM t ORDER BY id');
      expect(rows.map(({ id }) => id)).toEqual([1, 2, 7, 8, 9]);
    });
  });

  it('is told where it is wrong', async () => {
    await expect(db.execute('INSERT INTO t SELECT range, nowhere FROM range(2)')).rejects.toMatchObject({
      code: 'unknown-column',
      at: { line: 1 },
    });
    await expect(db.execute('INSERT INTO t SELECT range, 1 FROM range(2), elsewhere')).rejects.toMatchObject({
      code: 'unknown-relation',
    });
  });

  longTests(() => {
    it('refuses a key that comes twice in it, or that is in the table', async () => {
      await db.execute('INSERT INTO t SELECT range, 0 FROM range(2)');
      for (const select of ['SELECT 7, 0 FROM range(2)', 'SELECT range + 1, 0 FROM range(2)']) {
        await expect(db.execute(`INSERT INTO t ${select}`)).rejects.toMatchObject({
          code: 'constraint-violation',
        });
      }
      expect((await db.query('SELECT count(*)::INTEGER AS n FROM t')).rows).toEqual([{ n: 2 }]);
    });
  });
});

/** Rows of the table's own types go into the change log by one statement, before anything is known of the SELECT. */
describe('INSERT … SELECT of the types of the table', () => {
  const contents = async () => (await db.query('SELECT * FROM t ORDER BY id')).rows;

  it.each(
    firstOf(
      [
        ['its own', 'SELECT range::INTEGER, 1e3 FROM range(2)'],
        ['narrower', 'SELECT range::TINYINT, 1000::INTEGER FROM range(2)'],
        ['wider', 'SELECT range, 1000::HUGEINT FROM range(2)'],
        ['texts', 'SELECT range::VARCHAR, 1e3 FROM range(2)'],
        ['constants that are texts', "SELECT range::INTEGER, '1000' FROM range(2)"],
        [
          'one column after another',
          'SELECT x.a, x.b FROM (SELECT range::INTEGER, 1e3 FROM range(2)) AS x(a, b)',
        ],
        ['columns of one name', 'SELECT range::INTEGER AS c0, 1e3 AS c0 FROM range(2)'],
      ],
      3,
    ),
  )('takes types that are %s', async (_, select) => {
    expect((await db.execute(`INSERT INTO t ${select}`)).update?.inserted).toBe(2);
    expect(await contents()).toEqual([
      { id: 0, x: 1000 },
      { id: 1, x: 1000 },
    ]);
  });

  longTests(() => {
    it('takes no rows for no change', async () => {
      const empty = 'SELECT range::INTEGER, 1e3 FROM range(2) WHERE range > 5';
      expect((await db.execute(`INSERT INTO t ${empty}`)).update?.status).toBe('unchanged');
      expect(await contents()).toEqual([]);
    });
  });

  it.each(
    firstOf([
      ['JSON', 'VARCHAR', `SELECT range::INTEGER, '{"a":1}'::JSON FROM range(2)`, '{"a":1}'],
      ['a structure', 'STRUCT(a INTEGER)', "SELECT range::INTEGER, {'a': 1} FROM range(2)", { a: 1 }],
      [
        'a union',
        'UNION(a INTEGER)',
        'SELECT range::INTEGER, union_value(a := 1) FROM range(2)',
        { tag: 'a', value: 1 },
      ],
      ['a list', 'INTEGER[]', 'SELECT range::INTEGER, [1] FROM range(2)', [1]],
      ['a word of a list', "ENUM('a', 'b')", "SELECT range::INTEGER, 'a'::ENUM('a', 'b') FROM range(2)", 'a'],
    ]),
  )('takes %s for %s, however its type is written', async (_, type, select, value) => {
    await db.sql(`DROP TABLE t; CREATE TABLE t (id INTEGER, x ${type})`);
    expect((await db.execute(`INSERT INTO t ${select}`)).update?.inserted).toBe(2);
    expect(await contents()).toEqual([
      { id: 0, x: value },
      { id: 1, x: value },
    ]);
  });

  longTests(() => {
    it('is refused where columns are missing, or too many', async () => {
      for (const select of ['SELECT 1::INTEGER', 'SELECT 1::INTEGER, 1e3, 2']) {
        await expect(db.execute(`INSERT INTO t ${select}`)).rejects.toMatchObject({ code: 'invalid-row' });
      }
    });

    it('leaves nothing where it fails as it runs, or a value does not fit', async () => {
      const failing =
        "SELECT range::INTEGER, CASE WHEN range = 1 THEN error('no')::DOUBLE ELSE 0e0 END FROM range(2)";
      await expect(db.execute(`INSERT INTO t ${failing}`)).rejects.toMatchObject({ code: 'invalid-query' });
      await expect(db.execute('INSERT INTO t SELECT 3000000000, 0')).rejects.toMatchObject({
        code: 'invalid-row',
      });
      expect(await contents()).toEqual([]);
    });
  });
});

it('a value of a SELECT that does not fit is told by row and column', async () => {
  await db.execute('CREATE TABLE small (id INTEGER, x TINYINT)');
  const failure = await failureOf(
    db.execute('INSERT INTO small SELECT i, 100 * i FROM range(1, 4) AS r (i)'),
  );
  expect([failure.code, failure.message]).toEqual([
    'invalid-row',
    'row 2, column "x" of "small": "200" is no TINYINT',
  ]);
  expect((await db.query('FROM small')).rows).toEqual([]);
});
