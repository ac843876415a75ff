import { describe, expect, test } from 'vitest';
import { createIngestTarget } from '../../src/ingest/ingest-target.ts';
import { createTableStorage, dropTableStorage } from '../../src/ingest/table-storage.ts';
import { openDuckdbStore } from '../../src/store/duckdb-store.ts';
import { check, primaryKey, references, table, unique } from './ingest-world.ts';

describe('storage of a base table', () => {
  test.each([
    [
      'an unknown column',
      table('t', { a: 'INTEGER' }, [check('b > 0')]),
      'invalid-definition',
      'CHECK (b > 0) of "t"',
    ],
    [
      'chance',
      table('t', { a: 'INTEGER' }, [check('random() < a')]),
      'non-deterministic',
      'CHECK (random() < a)',
    ],
    [
      'a bad DEFAULT',
      table('t', { a: 'INTEGER' }, [], 'reject', { a: 'nothing' }),
      'invalid-definition',
      'DEFAULT nothing of column "a"',
    ],
  ])('%s is refused where it is declared', async (_, declared, code, message) => {
    const store = await openDuckdbStore(':memory:');
    await expect(store.write((tx) => createTableStorage(tx, declared))).rejects.toMatchObject({
      code,
      message: expect.stringContaining(message),
    });
    await store.close();
  });

  test('is gone when dropped', async () => {
    const store = await openDuckdbStore(':memory:');
    const left = await store.write(async (tx) => {
      await createTableStorage(tx, table('t', { a: 'INTEGER' }));
      await dropTableStorage(tx, 't');
      return tx.rows(`SELECT * FROM duckdb_tables() WHERE table_name = 't'`);
    });
    expect(left).toEqual([]);
    await store.close();
  });
});

describe('REFERENCES', () => {
  const parent = table('p', { k: 'VARCHAR', n: 'BIGINT', m: 'INTEGER' }, [...primaryKey('k'), unique('n')]);

  test('finds its key: the primary one, or the columns named', () => {
    const child = table('c', { id: 'INTEGER', k: 'VARCHAR', n: 'INTEGER' }, [
      ...primaryKey('id'),
      references(['k'], 'P'),
      references(['n'], 'p', ['n']),
    ]);
    const target = createIngestTarget(child, [parent]);
    expect(target.parents).toMatchObject([
      { parentTable: 'p', parentColumns: ['k'], childKey: ['id'] },
      { parentColumns: ['n'] },
    ]);
    expect(target.children).toEqual([]);
    expect(createIngestTarget(parent, [child, parent]).children.length).toBe(2);
  });

  test.each([
    [
      'no key',
      table('c', { m: 'INTEGER' }, [references(['m'], 'p', ['m'])]),
      'which is no key of it',
      'keys of "p": (k), (n)',
    ],
    [
      'another type',
      table('c', { m: 'INTEGER' }, [references(['m'], 'p')]),
      'is INTEGER and references "p" (k), which is VARCHAR',
      undefined,
    ],
    ['no table', table('c', { m: 'INTEGER' }, [references(['m'], 'q')]), 'which is no table', undefined],
  ])('to %s is refused', (_, child, message, hint) => {
    expect(() => createIngestTarget(child, [parent])).toThrow(
      expect.objectContaining({
        message: expect.stringContaining(message),
        ...(hint === undefined ? {} : { hint }),
      }),
    );
  });
});
