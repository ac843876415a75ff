import { expect, it } from 'vitest';
import { storeFailure } from '../../src/store/duckdb-failure.ts';

it('tells a failure inside DuckDB without its stack, and that the database must be opened again', () => {
  const failure = storeFailure(
    new Error(
      'INTERNAL Error: selection vector indices are not ordered\n\nStack Trace:\n\n/lib/libduckdb.so(_ZN)',
    ),
  );
  expect(failure.code).toBe('store-failure');
  expect(failure.message).toBe('selection vector indices are not ordered');
  expect(failure.hint).toContain('open it again');
});

it('tells a mistake in a query without the echo of what was made of it', () => {
  const failure = storeFailure(
    new Error('Binder Error: no such column "a"\n\nLINE 1: SELECT a\n               ^'),
  );
  expect([failure.code, failure.message]).toEqual(['invalid-query', 'no such column "a"']);
});
