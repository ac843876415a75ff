import { expect, it } from 'vitest';
import { insertRows } from '../../src/log/insert-row.ts';
import { openDuckdbStore } from '../../src/store/duckdb-store.ts';

it.each([0, 1, 20, 21, 45])('%i rows all come, in their order, whatever is NULL in them', async (count) => {
  const store = await openDuckdbStore(':memory:');
  const rows = Array.from({ length: count }, (_, index) => [
    index,
    index % 2 === 0 ? null : index / 2,
    index % 3 === 0 ? null : new Date(index * 1_000),
    index % 5 === 0 ? null : `it's ${index}`,
  ]);
  const stored = await store.write(async (tx) => {
    await tx.run('CREATE TABLE t (id BIGINT, x DOUBLE, seen TIMESTAMP, name VARCHAR)');
    insertRows(tx, 't', rows);
    return await tx.rows('FROM t');
  });
  expect(stored.map((row) => [Number(row.id), row.x, row.seen, row.name])).toEqual(rows);
  await store.close();
});
