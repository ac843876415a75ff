import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from 'vitest';
import { unstableFunctions } from '../../src/store/unstable-functions.ts';

it('lists the functions that the installed DuckDB says are unstable', async () => {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const reader = await connection.runAndReadAll(
    `SELECT DISTINCT lower(function_name), stability FROM duckdb_functions()
     WHERE stability IN ('VOLATILE', 'CONSISTENT_WITHIN_QUERY')`,
  );
  const listed = reader
    .getRowsJS()
    .map(([name, stability]) => [String(name), stability === 'VOLATILE' ? 'volatile' : 'per-query']);
  connection.closeSync();
  instance.closeSync();
  expect(listed.sort()).toEqual([...unstableFunctions].map((pair) => [...pair]).sort());
});
