import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Everview } from '../../src/index.ts';

let db: Everview;
beforeEach(async () => {
  db = await Everview.open(':memory:', { scheduler: 'manual' });
  await db.sql('CREATE TABLE t (id INTEGER PRIMARY KEY, x DOUBLE)');
});
afterEach(() => db.close());

/** A SELECT that names no relation is run as it was written. */
describe('INSERT … SELECT over no relation', () => {
  it.each([
    ['a comment at its end', 'SELECT range, 1e3 FROM range(2) -- two'],
    ['a CTE', 'WITH r AS (SELECT range AS i FROM range(2)) SELECT i, 1000.0 FROM r'],
    ['a semicolon in a text', "SELECT range, length(';') * 1000 FROM range(2)"],
    ['VALUES', 'VALUES (0, 1000), (1, 1000)'],
    ['a parameter', 'SELECT range, $1 FROM range(2)', [1000]],
  ])('takes %s', async (_, select, parameters: number[] = []) => {
    await db.execute(`INSERT INTO t ${select}`, parameters);
    expect((await db.query('SELECT * FROM t ORDER BY id')).rows).toEqual([
      { id: 0, x: 1000 },
      { id: 1, x: 1000 },
    ]);
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
