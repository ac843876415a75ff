import { DuckDBInstance } from '@duckdb/node-api';
import { expect, it } from 'vitest';
import { t, table } from '../../src/index.ts';
import { firstOf, longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

it.each(
  firstOf(
    [
      [t.decimal(10, 2), 'NUMERIC(10,2)'],
      [t.integer(), 'int4'],
      [t.varchar(), 'TEXT'],
      [t.timestamptz(), 'TIMESTAMP WITH TIME ZONE'],
      [t.list(t.double()), 'FLOAT8 []'],
      [t.json(), 'json'],
      [t.type("ENUM('a','b')"), "ENUM ('a', 'b')"],
    ],
    2,
  ),
)('a column of the builder and of SQL is the same: %#', async (column, type) => {
  const { db } = await openEverview();
  try {
    await db.declare(table('d', { k: t.varchar().primaryKey(), z: column }));
    await db.sql(`INSERT INTO d (k) VALUES ('a'); CREATE MATERIALIZED VIEW n AS SELECT count(*) AS n FROM d`);
    const stored = async () => (await db.execute('DESCRIBE d')).message;
    const before = await stored();
    const again = await db.execute(`CREATE OR REPLACE TABLE d (k STRING PRIMARY KEY, z ${type})`);
    expect(again.message).toContain('unchanged');
    await db.sql(`CREATE OR REPLACE TABLE d (k VARCHAR PRIMARY KEY, z ${type} CHECK (k <> ''))`);
    await db.declare(table('d', { k: t.varchar().primaryKey(), z: column }));
    expect(await stored()).toBe(before);
    expect((await db.query('SELECT k FROM d')).rows).toEqual([{ k: 'a' }]);
    const refreshes = await db.query(
      "SELECT count(*)::INTEGER AS n FROM everview.refreshes WHERE name = 'n'",
    );
    expect(refreshes.rows).toEqual([{ n: 1 }]);
  } finally {
    await db.close();
  }
});

it('another type is another table, and a type that only differs in case within it', async () => {
  const { db } = await openEverview();
  try {
    await db.sql("CREATE TABLE d (z ENUM('a'), n DECIMAL(10, 2)); INSERT INTO d VALUES ('a', 1)");
    for (const columns of ["z ENUM('A'), n DECIMAL(10, 2)", "z ENUM('a'), n DECIMAL(10, 3)"]) {
      expect(await failureOf(db.sql(`CREATE OR REPLACE TABLE d (${columns})`))).toMatchObject({
        code: 'invalid-definition',
        message: '"d" holds 1 row that a replacement would lose',
      });
    }
    expect(await failureOf(db.sql('CREATE OR REPLACE TABLE e (z DECIMALS(1))'))).toMatchObject({
      code: 'unknown-type',
    });
  } finally {
    await db.close();
  }
});

longTests(() => {
  it('a file whose table an older release declared as written keeps its definition and what was made of it', async () => {
    await using file = await temporaryDatabase();
    const first = await openEverview({ path: file.path });
    await first.db.sql(
      "CREATE TABLE d (k VARCHAR PRIMARY KEY, z DECIMAL(10,2)); INSERT INTO d VALUES ('a', 1)",
    );
    await first.db.close();
    const instance = await DuckDBInstance.create(file.path);
    const connection = await instance.connect();
    const changed = await connection.run(
      `UPDATE everview.objects SET definition = replace(replace(definition, '(10,2)', '(10, 2)'), 'VARCHAR', 'text')
     WHERE contains(definition, '(10,2)')`,
    );
    expect(changed.rowsChanged).toBe(1);
    connection.closeSync();
    instance.closeSync();

    const second = await openEverview({ path: file.path });
    const { db } = second;
    try {
      await db.sql('CREATE MATERIALIZED VIEW n AS SELECT sum(z) AS s FROM d');
      for (const sql of [
        'CREATE OR REPLACE TABLE d (k VARCHAR PRIMARY KEY, z DECIMAL(10,2))',
        'CREATE OR REPLACE TABLE d (k text PRIMARY KEY, z DECIMAL(10, 2))',
      ])
        expect((await db.execute(sql)).message).toContain('unchanged');
      await db.sql('CREATE OR REPLACE TABLE d (k STRING PRIMARY KEY, z NUMERIC(10,2) CHECK (z > 0))');
      const { rows } = await db.query(
        "SELECT count(*)::INTEGER AS n FROM everview.refreshes WHERE name = 'n'",
      );
      expect(rows).toEqual([{ n: 1 }]);
    } finally {
      await db.close();
    }
  });
});

it('the same definition is unchanged after the file was opened again', async () => {
  await using file = await temporaryDatabase();
  const sql = "CREATE OR REPLACE TABLE d (k VARCHAR PRIMARY KEY CHECK (k <> ''), z DECIMAL(10,2) NOT NULL)";
  const first = await openEverview({ path: file.path });
  await first.db.sql(sql);
  await first.db.close();
  const { db } = await openEverview({ path: file.path });
  try {
    expect((await db.execute(sql)).message).toContain('unchanged');
  } finally {
    await db.close();
  }
});
