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

it('tells a lock that another process took meanwhile, and memory that is short, with a way out', () => {
  const lock = storeFailure(
    new Error('IO Error: Could not set lock on file "/a/x.db": Conflicting lock is held'),
  );
  expect([lock.code, lock.message]).toEqual(['database-locked', '"/a/x.db" is open in another process']);
  const memory = storeFailure(
    new Error('Out of Memory Error: failed to allocate (1/1 used)\n\nPossible solutions:\n* SET threads=X'),
  );
  expect([memory.code, memory.message]).toEqual(['store-failure', 'failed to allocate (1/1 used)']);
  expect(memory.hint).toContain('memoryLimit');
});
