import { describe, expect, test } from 'vitest';
import type { ViolationResponse } from '../../src/declare/definition.ts';
import { applyInsert, plainInsert } from '../../src/ingest/apply-insert.ts';
import type { OnConflict } from '../../src/ingest/on-conflict.ts';
import { firstOf, longTests } from '../support/depth.ts';
import {
  assign,
  check,
  fragment,
  IngestWorld,
  named,
  primaryKey,
  references,
  rejection,
  table,
  unique,
} from './ingest-world.ts';

const stock = (onViolation: ViolationResponse = 'reject') =>
  table(
    'stock',
    { id: 'INTEGER', name: 'VARCHAR', amount: 'INTEGER' },
    [...primaryKey('id'), unique('name'), check('amount >= 0')],
    onViolation,
    { amount: '7' },
  );
const start = `(1, 'a', 10), (2, 'b', 20), (3, 'c', 30)`;

async function world(onViolation: ViolationResponse = 'reject'): Promise<IngestWorld> {
  const opened = await IngestWorld.open(stock(onViolation));
  await opened.values('stock', start);
  return opened;
}

function update(
  set: Record<string, string>,
  where: string | null = null,
  on = 'id',
): { onConflict: OnConflict } {
  return {
    onConflict: {
      action: 'update',
      target: [named(on)],
      set: assign(set),
      where: where === null ? null : fragment(where),
    },
  };
}

/** Replays the change log over nothing: what `data` must hold. */
async function replayed(opened: IngestWorld, name: string): Promise<unknown[]> {
  const columns = opened
    .target(name)
    .schema.map((column) => column.name)
    .join(', ');
  const rows = await opened.rows(
    `SELECT ${columns}, sum(__ev_w)::INTEGER AS w FROM log."${name}" GROUP BY ALL HAVING w <> 0 ORDER BY ALL`,
  );
  return rows.map((row) => Object.values(row));
}

async function expectLogged(opened: IngestWorld, name: string): Promise<void> {
  const rows = await opened.rows(`SELECT *, 1 AS w FROM data."${name}" ORDER BY ALL`);
  expect(await replayed(opened, name)).toEqual(rows.map((row) => Object.values(row)));
}

describe('INSERT', () => {
  test('a column list leaves the rest to DEFAULT, and VALUES may say DEFAULT', async () => {
    await using opened = await world();
    await opened.values('stock', `('x', 4)`, { columns: [named('NAME'), named('ID')] });
    await opened.values('stock', `(5, 'y', DEFAULT)`);
    expect((await opened.bag('data.stock')).slice(3)).toEqual([
      [4, 'x', 7],
      [5, 'y', 7],
    ]);
  });

  longTests(() => {
    test('BY NAME, a SELECT, and casts that DuckDB would make', async () => {
      await using opened = await world();
      await opened.insert(
        'stock',
        { kind: 'sql', text: `SELECT '9' AS name, '4' AS id, 1.5 AS amount -- end` },
        { byName: true },
      );
      expect((await opened.bag('data.stock'))[3]).toEqual([4, '9', 2]);
    });
  });

  test.each(
    firstOf([
      [`(1, 'x')`, 'takes 3 columns (id, name, amount) and the rows have 2'],
      [`(4, 'x', '1'), (5, 'y', 'many')`, 'row 2, column "amount" of "stock": "many" is no INTEGER'],
      [`(4, 'x', 1), (5, 'y', 'many')`, `a value for "stock" does not fit: could not convert string 'many'`],
      [
        `(4, 'x', 1), (5, 6, 7)`,
        `a value for "stock" does not fit: cannot combine types VARCHAR and INTEGER_LITERAL`,
      ],
      [`(99999999999, 'x', 1)`, 'row 1, column "id" of "stock": "99999999999" is no INTEGER'],
    ]),
  )('%s is refused', async (rows, message) => {
    await using opened = await world();
    const before = await opened.traces();
    await expect(opened.values('stock', rows)).rejects.toMatchObject({
      code: 'invalid-row',
      message: expect.stringContaining(message),
    });
    expect(await opened.traces()).toBe(before);
  });

  longTests(() => {
    test('an unknown column is named with the nearest one', async () => {
      await using opened = await world();
      await expect(opened.values('stock', `(1)`, { columns: [named('nmae')] })).rejects.toMatchObject({
        code: 'unknown-column',
        hint: 'did you mean "name"?',
      });
      await expect(
        opened.insert('stock', { kind: 'sql', text: 'SELECT 4 AS idd' }, { byName: true }),
      ).rejects.toMatchObject({
        code: 'unknown-column',
      });
    });

    test('no rows make no change', async () => {
      await using opened = await world();
      expect(
        await opened.insert('stock', { kind: 'sql', text: 'SELECT * FROM data.stock WHERE false' }),
      ).toMatchObject({
        inserted: 0,
      });
      expect(await opened.insert('stock', { kind: 'rows', rows: [] })).toMatchObject({ inserted: 0 });
    });
  });
});

describe('ON CONFLICT', () => {
  longTests(() => {
    test('DO NOTHING keeps what is there, and the first of a batch', async () => {
      await using opened = await world();
      const outcome = await opened.values('stock', `(1, 'z', 0), (4, 'd', 1), (4, 'e', 2), (5, 'a', 3)`, {
        onConflict: { action: 'nothing', target: [] },
      });
      expect(outcome).toMatchObject({ inserted: 1, deleted: 0 });
      expect((await opened.bag('data.stock'))[3]).toEqual([4, 'd', 1]);
      const named1 = { onConflict: { action: 'nothing', target: [named('id')] } } as const;
      await rejection(opened.values('stock', `(9, 'a', 3)`, named1));
    });
  });

  test('DO UPDATE sees the row by its bare names and the new one as excluded', async () => {
    await using opened = await world();
    const outcome = await opened.values(
      'stock',
      `(1, 'z', 5), (2, 'y', 5), (4, 'd', 1)`,
      update(
        { amount: 'amount + excluded.amount + stock.id' },
        'excluded.name <> name AND stock.amount < 15',
      ),
    );
    expect(outcome).toMatchObject({ inserted: 2, deleted: 1 });
    expect(await opened.bag('data.stock')).toEqual([
      [1, 'a', 16],
      [2, 'b', 20],
      [3, 'c', 30],
      [4, 'd', 1],
    ]);
    await expectLogged(opened, 'stock');
  });

  longTests(() => {
    test('DO UPDATE knows the table by the name that INSERT INTO gives it', async () => {
      await using opened = await world();
      const { onConflict } = update({ amount: 'o.amount + excluded.amount' }, 'o.amount < 15');
      await opened.values('stock', `(1, 'z', 5), (2, 'y', 5)`, { onConflict, alias: 'o' });
      expect((await opened.bag('data.stock')).slice(0, 2)).toEqual([
        [1, 'a', 15],
        [2, 'b', 20],
      ]);
    });

    test('an upsert that changes nothing makes no change', async () => {
      await using opened = await world();
      expect(
        await opened.values('stock', `(1, 'z', 10)`, update({ amount: 'excluded.amount' })),
      ).toMatchObject({ inserted: 0, deleted: 0 });
    });

    test('one key twice is refused', async () => {
      await using opened = await world();
      await expect(
        opened.values('stock', `(1, 'z', 5), (1, 'y', 6)`, update({ amount: '0' })),
      ).rejects.toMatchObject({ code: 'duplicate-source-row', message: expect.stringContaining('id = 1') });
    });

    test('a target that is no key names the keys', async () => {
      await using opened = await world();
      await expect(
        opened.values('stock', `(1, 'z', 5)`, update({ amount: '0' }, null, 'amount')),
      ).rejects.toMatchObject({
        code: 'invalid-definition',
        hint: 'keys: (id), (name)',
      });
      await expect(
        opened.values('stock', `(1, 'z', 5)`, update({ amount: '0' }, null, 'nmae')),
      ).rejects.toMatchObject({
        code: 'unknown-column',
      });
    });

    test('a SET value that does not fit is refused', async () => {
      await using opened = await world();
      await expect(
        opened.values('stock', `(1, 'z', 5)`, update({ amount: 'excluded.name' })),
      ).rejects.toMatchObject({
        code: 'invalid-row',
      });
    });

    test('the other key still holds', async () => {
      await using opened = await world();
      const refused = await rejection(
        opened.values('stock', `(1, 'b', 5), (4, 'c', 1)`, update({ name: 'excluded.name' })),
      );
      expect(refused.data?.violations).toMatchObject([
        { row: 1, constraint: 'name_unique' },
        { row: 2, constraint: 'name_unique' },
      ]);
    });

    test('quarantined replacements leave the row and are released as replacements', async () => {
      await using opened = await world('quarantine');
      const outcome = await opened.values(
        'stock',
        `(1, 'z', -5), (4, 'd', -1), (2, 'y', 3)`,
        update({ amount: 'excluded.amount' }),
      );
      expect(outcome).toMatchObject({ inserted: 1, deleted: 1, quarantined: 2 });
      expect(await opened.bag('data.stock')).toEqual([
        [1, 'a', 10],
        [2, 'b', 3],
        [3, 'c', 30],
      ]);
    });
  });
});

describe('UPDATE', () => {
  longTests(() => {
    test('rows that stay as they were make no change', async () => {
      await using opened = await world();
      const outcome = await opened.set('stock', { amount: 'greatest(amount, 20)' }, null);
      expect(outcome).toMatchObject({ inserted: 1, deleted: 1 });
      expect(await opened.bag('data.stock')).toEqual([
        [1, 'a', 20],
        [2, 'b', 20],
        [3, 'c', 30],
      ]);
      await expectLogged(opened, 'stock');
    });
  });

  test('keys may be shifted and swapped within one statement', async () => {
    await using opened = await world();
    await opened.set(
      'stock',
      { id: 'id + 1', name: `CASE name WHEN 'a' THEN 'b' WHEN 'b' THEN 'a' ELSE name END` },
      null,
    );
    expect(await opened.bag('data.stock')).toEqual([
      [2, 'b', 10],
      [3, 'a', 20],
      [4, 'c', 30],
    ]);
    await expectLogged(opened, 'stock');
  });

  longTests(() => {
    test('a key that is taken is refused', async () => {
      await using opened = await world();
      const taken = await rejection(opened.set('stock', { id: '3' }, 'id = 1'));
      expect(taken.message).toContain('id = 3 is already in "stock"');
      const twice = await rejection(opened.set('stock', { id: '9' }, 'id < 3'));
      expect(twice.message).toContain('id = 9 comes again');
      expect(twice.rejected.rows.map((row) => row.content)).toEqual([
        `{"id":9,"name":"a","amount":10}`,
        `{"id":9,"name":"b","amount":20}`,
      ]);
    });

    test('FROM joins; a row matched twice with one outcome is one change, with two it is refused', async () => {
      await using opened = await world();
      const from = `(VALUES (1, 5), (1, 5), (2, 6)) AS v(k, n)`;
      expect(await opened.set('stock', { amount: 'v.n' }, 'v.k = stock.id', from)).toMatchObject({
        inserted: 2,
      });
      await expect(
        opened.set('stock', { amount: 'v.n' }, 'v.k = id', `(VALUES (1, 8), (1, 9)) AS v(k, n)`),
      ).rejects.toMatchObject({
        code: 'duplicate-source-row',
      });
    });

    test('a value of the wrong type is refused', async () => {
      await using opened = await world();
      await expect(opened.set('stock', { amount: `name` }, 'id = 1')).rejects.toMatchObject({
        code: 'invalid-row',
        message: expect.stringContaining('column "amount" of "stock": "a" is no INTEGER'),
      });
      await expect(opened.set('stock', { amuont: `1` }, null)).rejects.toMatchObject({
        code: 'unknown-column',
      });
    });
  });

  test('quarantine keeps the row as it was; a table without a primary key rejects', async () => {
    await using opened = await world('quarantine');
    const outcome = await opened.set('stock', { amount: 'amount - 15' }, null);
    expect(outcome).toMatchObject({ inserted: 2, deleted: 2, quarantined: 1 });
    expect(await opened.bag('data.stock')).toEqual([
      [1, 'a', 10],
      [2, 'b', 5],
      [3, 'c', 15],
    ]);
    expect(await opened.bag('quarantine.stock')).toEqual([[1n, 1, 'a', -5, 'replacement,"amount",']]);
    await rejection(opened.set('stock', { id: 'id + 1', amount: '-1' }, null));
    await using keyless = await IngestWorld.open(
      table('t', { a: 'INTEGER' }, [check('a > 0')], 'quarantine'),
    );
    await keyless.values('t', '(1)');
    await rejection(keyless.set('t', { a: '-1' }, null));
  });

  longTests(() => {
    test('a quarantined change frees no key for others', async () => {
      await using opened = await world('quarantine');
      const outcome = await opened.set(
        'stock',
        { name: `CASE id WHEN 1 THEN 'b' ELSE 'd' END`, amount: 'amount - 15' },
        'id < 3',
      );
      expect(outcome).toMatchObject({ inserted: 1, quarantined: 1 });
      expect(await opened.bag('data.stock')).toEqual([
        [1, 'a', 10],
        [2, 'd', 5],
        [3, 'c', 30],
      ]);
      const chain = await opened.set(
        'stock',
        { name: `CASE id WHEN 1 THEN 'd' ELSE 'e' END`, amount: 'amount - 6' },
        'id < 3',
      );
      expect(chain).toMatchObject({ inserted: 0, quarantined: 2 });
      expect(await opened.bag('data.stock')).toEqual([
        [1, 'a', 10],
        [2, 'd', 5],
        [3, 'c', 30],
      ]);
    });
  });
});

describe('DELETE', () => {
  test('by condition, by USING, and all', async () => {
    await using opened = await world();
    expect(await opened.delete('stock', `stock.amount > 25`)).toMatchObject({ inserted: 0, deleted: 1 });
    expect(await opened.delete('stock', `id = 77`)).toMatchObject({ deleted: 0 });
    expect(await opened.delete('stock', null)).toMatchObject({ deleted: 2 });
    expect(await opened.bag('data.stock')).toEqual([]);
    expect(await replayed(opened, 'stock')).toEqual([]);
  });

  test.each(firstOf(['reject', 'quarantine', 'warn'] as const))(
    'a parent that is still referenced stays, with %s',
    async (response) => {
      const lots = table(
        'lots',
        { lot: 'INTEGER', item: 'VARCHAR' },
        [...primaryKey('lot'), references(['item'], 'stock', ['name'])],
        response,
      );
      await using opened = await IngestWorld.open(stock(response), lots);
      await opened.values('stock', start);
      await opened.values('lots', `(7, 'a'), (8, 'a'), (9, NULL)`);
      const before = await opened.traces();
      const refused = await rejection(opened.delete('stock', 'id <= 2'));
      expect(refused.message).toContain(
        `row 1 of the update of "stock": name = 'a' is still referenced by "lots" (item), lot = 7`,
      );
      expect(refused.data?.violations).toMatchObject([
        { table: 'lots', kind: 'references', constraint: 'item_to_stock' },
      ]);
      await rejection(opened.set('stock', { name: `'q'` }, 'id = 1'));
      expect(await opened.traces()).toBe(before);
      expect(await opened.set('stock', { amount: '1', id: 'id + 100' }, 'id = 1')).toMatchObject({
        inserted: 1,
      });
      expect(await opened.delete('stock', 'id = 2')).toMatchObject({ deleted: 1 });
    },
  );
});

longTests(() => {
  test('values of unlike types in one column are each cast by themselves, as in an INSERT of DuckDB', async () => {
    await using opened = await IngestWorld.open(table('moments', { at: 'TIMESTAMP', note: 'VARCHAR' }, []));
    const text = `VALUES ('2001-01-01', 'x'), (TIMESTAMP '2001-01-02', 1), (DATE '2001-01-03', 2.5)`;
    const options = { ...plainInsert, eachValueAlone: true };
    await opened.update((tx, context) =>
      applyInsert(tx, opened.target('moments'), { kind: 'sql', text }, options, context),
    );
    expect(await opened.rows('SELECT note FROM data."moments" ORDER BY "at"')).toEqual([
      { note: 'x' },
      { note: '1' },
      { note: '2.5' },
    ]);
  });

  test('values of one column that DuckDB can bring to one type are what each is by itself, too', async () => {
    await using opened = await IngestWorld.open(table('readings', { note: 'VARCHAR', x: 'DOUBLE' }, []));
    const text = 'VALUES (1, 12345678901234567890123456789012345.5), (2.50, 0.0000000000001)';
    await opened.update((tx, context) =>
      applyInsert(tx, opened.target('readings'), { kind: 'sql', text }, plainInsert, context),
    );
    expect(await opened.rows('SELECT note, x = 1e-13 AS exact FROM data."readings" ORDER BY note')).toEqual([
      { note: '1', exact: false },
      { note: '2.50', exact: true },
    ]);
  });
});
