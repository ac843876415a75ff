import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { longTests } from '../support/depth.ts';
import { ViewWorld } from '../support/view-world.ts';

let world: ViewWorld;

beforeEach(async () => {
  world = await ViewWorld.open();
  await world.table('t', [
    { name: 'k', type: 'INTEGER' },
    { name: 'g', type: 'VARCHAR' },
    { name: 'x', type: 'BIGINT' },
    { name: 'p', type: 'DECIMAL(38,20)' },
    { name: 'd', type: 'DOUBLE' },
    { name: 'f', type: 'FLOAT' },
  ]);
  await world.table('u', [
    { name: 'g', type: 'VARCHAR' },
    { name: 'label', type: 'VARCHAR' },
  ]);
});
afterEach(async () => world.close());

async function build(sql: string, tolerance?: number): Promise<void> {
  await world.view('v', sql, tolerance);
  await world.checkedRefresh('v', 'rebuild');
}

const row = (k: number, g: string, x = '1', d = '0.5') => `(${k}, ${g}, ${x}, 1.5, ${d}, 0.1)`;

describe('grouped views', () => {
  test('a group empties, leaves, and comes back', async () => {
    await build('SELECT g, count(*) AS n, sum(x) AS s FROM t GROUP BY g');
    await world.update([{ table: 't', insert: `${row(1, "'a'")}, ${row(2, 'NULL')}` }]);
    expect(await world.checkedRefresh('v', 'advance')).toEqual({
      kind: 'incremental',
      inserted: 2,
      deleted: 0,
    });
    await world.update([{ table: 't', where: 'true' }]);
    expect(await world.checkedRefresh('v', 'advance')).toEqual({
      kind: 'incremental',
      inserted: 0,
      deleted: 2,
    });
    expect(await world.rows('FROM state.v')).toEqual([]);
    await world.update([{ table: 't', insert: row(3, 'NULL') }]);
    expect(await world.checkedRefresh('v', 'advance')).toEqual({
      kind: 'incremental',
      inserted: 1,
      deleted: 0,
    });
  });

  longTests(() => {
    test('a view without keys keeps its one row', async () => {
      await build('SELECT count(*) AS n, sum(x) AS s, min(x) AS m, avg(d) AS a FROM t');
      expect(await world.rows('FROM view.v')).toEqual([{ n: 0n, s: null, m: null, a: null }]);
      await world.update([{ table: 't', insert: row(1, "'a'") }]);
      await world.checkedRefresh('v', 'advance');
      await world.update([{ table: 't', where: 'true' }]);
      await world.checkedRefresh('v', 'advance');
      expect(await world.rows('FROM view.v')).toEqual([{ n: 0n, s: null, m: null, a: null }]);
    });

    test('count(*) alone, with and without HAVING', async () => {
      await build('SELECT count(*) AS n FROM t HAVING count(*) > 1');
      for (const change of [{ insert: row(1, "'a'") }, { insert: row(2, "'a'") }, { where: 'k = 1' }]) {
        await world.update([{ table: 't', ...change }]);
        expect(await world.checkedRefresh('v', 'advance')).toMatchObject({ kind: 'incremental' });
      }
      expect(await world.rows('FROM view.v')).toEqual([]);
    });
  });

  test('groups that HAVING hides are not counted', async () => {
    await build('SELECT g, count(*) AS n FROM t GROUP BY g HAVING count(*) > 1');
    await world.update([{ table: 't', insert: `${row(1, "'a'")}, ${row(2, "'b'")}, ${row(3, "'b'")}` }]);
    expect(await world.checkedRefresh('v', 'advance')).toEqual({
      kind: 'incremental',
      inserted: 1,
      deleted: 0,
    });
    await world.update([{ table: 't', where: 'k = 3' }]);
    expect(await world.checkedRefresh('v', 'advance')).toEqual({
      kind: 'incremental',
      inserted: 0,
      deleted: 1,
    });
  });

  longTests(() => {
    test('sums at the ends of their types stay exact', async () => {
      await build('SELECT g, sum(x) AS s, sum(p) AS sp, avg(x) AS a FROM t GROUP BY g');
      await world.update([
        {
          table: 't',
          insert: `(1, 'a', 9223372036854775807, 1e17, 0, 0), (2, 'a', -9223372036854775808, 0.00000000000000000001, 0, 0)`,
        },
      ]);
      await world.checkedRefresh('v', 'advance');
      await world.update([{ table: 't', where: 'k = 2' }]);
      expect(await world.checkedRefresh('v', 'advance')).toMatchObject({ kind: 'incremental' });
    });
  });

  test('a row that leaves at the minimum has its group computed anew, one above it has not', async () => {
    await world.update([{ table: 't', insert: [1, 2, 3].map((k) => row(k, "'a'", String(k))).join(', ') }]);
    await build('SELECT g, min(x) AS lo, max(k) AS hi FROM t GROUP BY g');
    await world.update([{ table: 't', where: 'k = 2' }]);
    expect(await world.checkedRefresh('v', 'advance')).toMatchObject({ kind: 'incremental' });
    await world.update([{ table: 't', where: 'k = 1' }]);
    expect(await world.checkedRefresh('v', 'advance')).toMatchObject({
      kind: 'incremental',
      recomputed: 'min-max-retraction',
    });
  });

  longTests(() => {
    test('an update that keeps the extreme value is no retraction', async () => {
      await world.update([{ table: 't', insert: row(1, "'a'", '7') }]);
      await build('SELECT g, max(x) AS hi, count(d) AS n FROM t GROUP BY g');
      await world.update([
        { table: 't', where: 'k = 1' },
        { table: 't', insert: row(1, "'a'", '7') },
      ]);
      expect(await world.checkedRefresh('v', 'advance')).toMatchObject({ kind: 'incremental' });
      await world.update([{ table: 't', insert: row(2, "'a'", '9') }]);
      await world.update([{ table: 't', where: 'k = 2' }]);
      expect(await world.checkedRefresh('v', 'advance')).toMatchObject({ kind: 'incremental' });
    });

    test('a NaN or an infinity that leaves a sum has its group computed anew', async () => {
      await world.update([{ table: 't', insert: row(1, "'a'") }]);
      await build('SELECT g, sum(d) AS s, avg(d) AS a FROM t GROUP BY g');
      for (const special of ["'nan'", "'inf'", "'-inf'"]) {
        await world.update([{ table: 't', insert: row(2, "'a'", '1', special) }]);
        expect(await world.checkedRefresh('v', 'advance')).toMatchObject({ kind: 'incremental' });
        await world.update([{ table: 't', where: 'k = 2' }]);
        expect(await world.checkedRefresh('v', 'advance')).toMatchObject({
          kind: 'incremental',
          recomputed: 'non-finite',
        });
      }
    });

    test('a float sum that lost its digits is computed anew', async () => {
      await world.update([
        { table: 't', insert: `${row(1, "'a'", '1', '0.3')}, ${row(2, "'a'", '1', '1e16')}` },
      ]);
      await build('SELECT g, sum(d) AS s FROM t GROUP BY g', 1e-9);
      await world.update([{ table: 't', where: 'k = 2' }]);
      expect(await world.checkedRefresh('v', 'advance')).toMatchObject({
        kind: 'incremental',
        recomputed: 'float-error-budget',
      });
      expect(await world.rows('FROM view.v')).toEqual([{ g: 'a', s: 0.3 }]);
    });

    test('an ordinary float history stays within the tolerance, incrementally', async () => {
      await world.update([
        {
          table: 't',
          insert: Array.from({ length: 50 }, (_, k) => row(k, "'a'", '1', `${k / 7}`)).join(', '),
        },
      ]);
      await world.view('v', 'SELECT g, sum(d) AS s, avg(f) AS a FROM t GROUP BY g');
      await world.refresh('v', 'rebuild');
      for (let k = 0; k < 40; k += 1) {
        await world.update([{ table: 't', where: `k = ${k}` }]);
        expect(await world.refresh('v', 'advance')).toMatchObject({ kind: 'incremental' });
      }
      const [wrong] = await world.rows(
        `SELECT max(abs(v.s - w.s) / abs(w.s)) < 1e-9 AND max(abs(v.a - w.a)) < 1e-9 AS fine
       FROM view.v JOIN (SELECT g, sum(d) AS s, avg(f) AS a FROM data.t GROUP BY g) w USING (g)`,
      );
      expect(wrong).toEqual({ fine: true });
    });

    test('state that lost a row is a broken invariant, not a wrong answer', async () => {
      await world.update([{ table: 't', insert: row(1, "'a'") }]);
      await build('SELECT g, count(*) AS n FROM t GROUP BY g');
      await world.rows('DELETE FROM state.v');
      await world.update([{ table: 't', where: 'k = 1' }]);
      await expect(world.refresh('v', 'advance')).rejects.toMatchObject({ code: 'internal' });
    });
  });
});

describe('row views', () => {
  test('takes out as many equal rows as were deleted', async () => {
    await world.update([{ table: 't', insert: [1, 2, 3, 4].map((k) => row(k, "'a'")).join(', ') }]);
    await build('SELECT g, x FROM t');
    await world.update([{ table: 't', where: 'k > 2' }]);
    expect(await world.checkedRefresh('v', 'advance')).toEqual({
      kind: 'incremental',
      inserted: 0,
      deleted: 2,
    });
  });

  longTests(() => {
    test('inserts as many equal rows as were inserted, when netting is needed', async () => {
      await world.update([{ table: 't', insert: row(1, "'a'") }]);
      await build('SELECT g, x FROM t');
      await world.update([
        { table: 't', where: 'k = 1' },
        { table: 't', insert: [2, 3, 4].map((k) => row(k, "'a'")).join(', ') },
      ]);
      expect(await world.checkedRefresh('v', 'advance')).toEqual({
        kind: 'incremental',
        inserted: 2,
        deleted: 0,
      });
    });
  });

  test('both sides of a join change in one refresh', async () => {
    await world.update([
      { table: 't', insert: `${row(1, "'a'")}, ${row(2, "'b'")}` },
      { table: 'u', insert: "('a', 'A'), ('b', 'B')" },
    ]);
    await build('SELECT t.k, u.label FROM t JOIN u USING (g)');
    await world.update([
      { table: 't', where: 'k = 1' },
      { table: 't', insert: `${row(3, "'a'")}, ${row(4, "'b'")}` },
      { table: 'u', where: "g = 'a'" },
      { table: 'u', insert: "('a', 'AA'), ('b', 'BB')" },
    ]);
    expect(await world.checkedRefresh('v', 'advance')).toEqual({
      kind: 'incremental',
      inserted: 4,
      deleted: 1,
    });
  });

  longTests(() => {
    test('contents that lost a row are a broken invariant', async () => {
      await world.update([{ table: 't', insert: row(1, "'a'") }]);
      await build('SELECT k FROM t');
      await world.rows('DELETE FROM view.v');
      await world.update([{ table: 't', where: 'k = 1' }]);
      await expect(world.refresh('v', 'advance')).rejects.toMatchObject({ code: 'internal' });
    });
  });
});

describe('the log of a view', () => {
  longTests(() => {
    test('a rebuild logs the difference alone', async () => {
      await world.update([{ table: 't', insert: [1, 2, 3].map((k) => row(k, `'g${k}'`)).join(', ') }]);
      for (const sql of [
        'SELECT k, g FROM t',
        'SELECT g, count(*) AS n FROM t GROUP BY g',
        'SELECT k, max(x) OVER () AS m FROM t',
      ]) {
        const name = `v${world.version}`;
        await world.view(name, sql);
        await world.checkedRefresh(name, 'rebuild');
        await world.view(`${name}_reader`, `SELECT * FROM ${name}`);
        await world.checkedRefresh(`${name}_reader`, 'rebuild');
        await world.update([{ table: 't', insert: row(world.version + 10, "'new'") }]);
        expect(await world.checkedRefresh(name, 'rebuild')).toMatchObject({ kind: 'full', inserted: 1 });
        expect((await world.logOf(name)).length).toBeLessThanOrEqual(2);
        expect(await world.checkedRefresh(`${name}_reader`, 'advance')).toMatchObject({
          kind: 'incremental',
        });
      }
    });
  });

  test('starts with the first reader and misses nothing after it', async () => {
    await build('SELECT g, count(*) AS n FROM t GROUP BY g');
    await world.update([{ table: 't', insert: row(1, "'a'") }]);
    await world.checkedRefresh('v', 'advance');
    expect(await world.relationNames()).not.toContain('log.v');
    await world.view('reader', 'SELECT n, count(*) AS c FROM v GROUP BY n');
    await world.checkedRefresh('reader', 'rebuild');
    await world.update([{ table: 't', insert: row(2, "'a'") }]);
    await world.checkedRefresh('v', 'advance');
    expect(await world.logOf('v')).toEqual([
      { g: 'a', n: 1n, w: -1 },
      { g: 'a', n: 2n, w: 1 },
    ]);
    expect(await world.checkedRefresh('reader', 'advance')).toEqual({
      kind: 'incremental',
      inserted: 1,
      deleted: 1,
    });
  });

  longTests(() => {
    test("of a view of one table is that table's, with what came and went between two refreshes", async () => {
      await build('SELECT k, g FROM t WHERE k < 10');
      await world.view('reader', 'SELECT g, count(*) AS n FROM v GROUP BY g');
      await world.checkedRefresh('reader', 'rebuild');
      await world.update([{ table: 't', insert: `${row(1, "'a'")}, ${row(2, "'b'")}, ${row(11, "'a'")}` }]);
      await world.update([{ table: 't', where: 'k = 1' }]);
      expect(await world.checkedRefresh('v', 'advance')).toEqual({
        kind: 'incremental',
        inserted: 2,
        deleted: 1,
      });
      expect(await world.checkedRefresh('reader', 'advance')).toMatchObject({
        kind: 'incremental',
        inserted: 1,
      });
      expect(await world.relationNames('VIEW')).toContain('log.v');
      await world.update([{ table: 't', where: 'k = 2' }]);
      expect(await world.checkedRefresh('v', 'rebuild')).toEqual({ kind: 'full', inserted: 0, deleted: 1 });
      expect(await world.checkedRefresh('reader', 'advance')).toMatchObject({
        kind: 'incremental',
        deleted: 1,
      });
    });

    test('a view that shows no keys logs equal rows as often as they come', async () => {
      await build('SELECT count(*) AS n FROM t GROUP BY g');
      await world.view('reader', 'SELECT n FROM v');
      await world.checkedRefresh('reader', 'rebuild');
      await world.update([{ table: 't', insert: `${row(1, "'a'")}, ${row(2, "'b'")}, ${row(3, 'NULL')}` }]);
      expect(await world.checkedRefresh('v', 'advance')).toEqual({
        kind: 'incremental',
        inserted: 3,
        deleted: 0,
      });
      expect(await world.checkedRefresh('reader', 'advance')).toEqual({
        kind: 'incremental',
        inserted: 3,
        deleted: 0,
      });
    });
  });
});

describe('the life of a view', () => {
  test('nothing to do when no source changed', async () => {
    await build('SELECT g FROM u');
    await world.update([{ table: 't', insert: row(1, "'a'") }]);
    expect(await world.refresh('v', 'advance')).toEqual({ kind: 'none', inserted: 0, deleted: 0 });
  });

  longTests(() => {
    test('an advance without contents builds', async () => {
      await world.view('v', 'SELECT g FROM t');
      expect(await world.refresh('v', 'advance')).toMatchObject({ kind: 'full', fallback: 'first-build' });
    });
  });

  test('columns keep the names and types of the query', async () => {
    await build('SELECT k AS "K k", NULL AS "q""q", sum(x) / count(*) AS r FROM t GROUP BY k');
    expect(await world.columnTypes('v')).toEqual([
      { name: 'K k', type: 'INTEGER' },
      { name: 'q"q', type: 'INTEGER' },
      { name: 'r', type: 'DOUBLE' },
    ]);
  });

  longTests(() => {
    test('drop leaves nothing, and minds nothing that is not there', async () => {
      await build('SELECT g, count(*) AS n FROM t GROUP BY g');
      await world.view('reader', 'SELECT n FROM v');
      await world.checkedRefresh('reader', 'rebuild');
      await world.update([{ table: 't', insert: row(1, "'a'") }]);
      await world.checkedRefresh('v', 'advance');
      for (const name of ['reader', 'v', 'never']) await world.drop(name);
      expect(await world.relationNames()).toEqual(['data.t', 'data.u', 'log.t', 'log.u']);
    });
  });
});
