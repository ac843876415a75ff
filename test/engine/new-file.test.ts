import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from 'vitest';
import type { Session } from '../../src/core/session.ts';
import { loadEngine, newEngine } from '../../src/engine/load-engine.ts';
import { loadAccounts } from '../../src/log/account-log.ts';
import { DuckdbSession } from '../../src/store/duckdb-session.ts';
import { openDuckdbStore } from '../../src/store/duckdb-store.ts';
import { migrate } from '../../src/store/migrations.ts';

/** Everything DuckDB knows of the schemas, tables and views of a file that was brought to these forms one by one. */
async function formOf(...forms: (number | undefined)[]): Promise<unknown> {
  const instance = await DuckDBInstance.create(':memory:');
  const connection = await instance.connect();
  const session = new DuckdbSession(connection);
  for (const form of forms) await migrate(session, form);
  const told = {
    schemas: await session.rows('SELECT schema_name FROM duckdb_schemas() WHERE NOT internal ORDER BY ALL'),
    columns: await session.rows(
      `SELECT schema_name, table_name, column_index, column_name, data_type, is_nullable, column_default
       FROM duckdb_columns() WHERE NOT internal ORDER BY ALL`,
    ),
    views: await session.rows('SELECT view_name, sql FROM duckdb_views() WHERE NOT internal ORDER BY ALL'),
    meta: await session.rows('FROM everview.meta'),
  };
  session.release();
  connection.closeSync();
  instance.closeSync();
  return told;
}

it('is made in the form that an older file comes to', async () => {
  expect(await formOf(undefined)).toEqual(await formOf(1, undefined));
});

it('is remembered as it would be read', async () => {
  const given = { notifies: false, falseAlarms: 1 };
  const store = await openDuckdbStore(':memory:');
  try {
    expect(store.isNew).toBe(true);
    const read = (session: Session) => loadEngine(session, store.parser, given);
    expect(await store.read(() => null, read)).toEqual(newEngine(given));
    expect(await store.read(() => null, loadAccounts)).toEqual(new Map());
  } finally {
    await store.close();
  }
});
