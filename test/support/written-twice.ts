import type { DuckDBConnection } from '@duckdb/node-api';

/**
 * Brings a file to the form before the newest: `data` and `log` of its base tables are tables, and each row stands in
 * both.
 */
export async function writtenTwice(connection: DuckDBConnection): Promise<void> {
  const found = await connection.runAndReadAll(
    `SELECT table_name FROM duckdb_tables() WHERE schema_name = 'base' ORDER BY ALL`,
  );
  const tables = found.getRows().map(([name]) => `"${String(name).replaceAll('"', '""')}"`);
  const moves = tables.flatMap((name) => [
    `CREATE TABLE data.__old AS SELECT * FROM data.${name}`,
    `CREATE TABLE log.__old AS SELECT * FROM log.${name}`,
    `DROP VIEW data.${name}`,
    `DROP VIEW log.${name}`,
    `ALTER TABLE data.__old RENAME TO ${name}`,
    `ALTER TABLE log.__old RENAME TO ${name}`,
    `DROP TABLE base.${name}`,
    `DROP TABLE past.${name}`,
  ]);
  const form = [
    'DROP SCHEMA base',
    'DROP SCHEMA past',
    'ALTER TABLE everview.meta DROP COLUMN rows_since',
    'UPDATE everview.meta SET form = form - 1',
  ];
  await connection.run(['BEGIN', ...moves, ...form, 'COMMIT'].join(';\n'));
}
