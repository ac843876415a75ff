import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { tableFromArrays } from 'apache-arrow';
import { afterEach, beforeEach, expect, it } from 'vitest';
import type { Everview } from '../../src/index.ts';
import { longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';
import { writtenTwice } from '../support/written-twice.ts';

let db: Everview;

beforeEach(async () => {
  ({ db } = await openEverview());
  await db.sql(`
    CREATE TABLE t (id INTEGER PRIMARY KEY, doc JSON DEFAULT '{"kind": "none"}') WITH (profile = on);
    CREATE MATERIALIZED VIEW kinds AS SELECT doc->>'kind' AS kind, count(*)::INTEGER AS n FROM t GROUP BY ALL;
    CREATE MATERIALIZED VIEW copies WITH (refresh = immediate) AS SELECT * FROM t`);
});

afterEach(() => db.close());

const rowsOf = async (sql: string) => (await db.query(sql)).rows;

it('takes JSON, however it comes, and tells it as it is kept', async () => {
  expect((await db.execute('DESCRIBE t')).rows).toMatchObject([{}, { column_type: 'JSON' }]);
  await using file = await temporaryDatabase();
  const at = (name: string) => join(file.directory, name);
  await writeFile(at('rows.csv'), 'id,doc\n5,"{""kind"": ""csv""}"\n');
  await writeFile(at('rows.jsonl'), '{"id": 6, "doc": {"kind": "jsonl", "of": [1, 2]}}\n');
  await db.sql(`INSERT INTO t VALUES (1, '{"kind": "sql"}'); INSERT INTO t (id) VALUES (2)`);
  await db.insert('t', [
    { id: 3, doc: { kind: 'object', of: [1, null] } },
    { id: 4, doc: '{"kind": "text"}' },
  ]);
  await db.sql(`COPY t FROM '${at('rows.csv')}'; COPY t FROM '${at('rows.jsonl')}'`);
  await db.insert('t', tableFromArrays({ id: Int32Array.of(7, 8), doc: ['{"kind": "arrow"}', null] }));
  await db.sql(`INSERT INTO t SELECT 9, json_object('kind', 'select')`);
  const docs = (await rowsOf('SELECT doc FROM t ORDER BY id')).map(({ doc }) => doc);
  expect(docs.map((doc) => (doc === null ? null : JSON.parse(String(doc)).kind))).toEqual([
    'sql',
    'none',
    'object',
    'text',
    'csv',
    'jsonl',
    'arrow',
    null,
    'select',
  ]);
  expect(await rowsOf('SELECT sum(n)::INTEGER AS n, count(*)::INTEGER AS kinds FROM kinds')).toEqual([
    { n: 9, kinds: 9 },
  ]);
  await db.sql(`UPDATE t SET doc = '{"kind": "sql"}' WHERE id > 4; DELETE FROM t WHERE id = 8`);
  expect(await rowsOf(`SELECT n FROM kinds WHERE kind = 'sql'`)).toEqual([{ n: 5 }]);
  expect(await rowsOf('SELECT count(*)::INTEGER AS n FROM (FROM copies EXCEPT ALL FROM t)')).toEqual([
    { n: 0 },
  ]);
  expect(await rowsOf(`SELECT doc->>'kind' AS kind FROM t AT (VERSION => 1)`)).toEqual([{ kind: 'sql' }]);
  expect((await db.profile('t')).columns.map(({ column }) => column)).toEqual(['id', 'doc']);
});

longTests(() => {
  it('takes no other text, by any way', async () => {
    const broken = '{"kind": ';
    await using file = await temporaryDatabase();
    await writeFile(join(file.directory, 'rows.csv'), 'id,doc\n1,"{""kind"": "\n');
    const ways = [
      () => db.execute(`INSERT INTO t VALUES (1, '${broken}')`),
      () => db.execute(`INSERT INTO t SELECT 1, '${broken}'`),
      () => db.insert('t', [{ id: 1, doc: broken }]),
      () => db.insert('t', tableFromArrays({ id: Int32Array.of(1), doc: [broken] })),
      () => db.execute(`COPY t FROM '${join(file.directory, 'rows.csv')}'`),
    ];
    for (const [place, way] of ways.entries()) {
      const failure = await failureOf(way());
      expect([place, failure.code, failure.message]).toEqual([
        place,
        expect.not.stringMatching(/internal|store/),
        expect.stringMatching(/doc|JSON/i),
      ]);
    }
    expect(await rowsOf('SELECT count(*)::INTEGER AS n FROM t')).toEqual([{ n: 0 }]);
  });

  it('comes back from the quarantine as it was, and is replaced by its key', async () => {
    await db.sql(`
    CREATE TABLE q (id INTEGER PRIMARY KEY, n INTEGER CHECK (n > 0), doc JSON) WITH (on_violation = quarantine);
    INSERT INTO q VALUES (1, -1, '{"kind": "a", "of": [1, "x"]}'), (2, -2, NULL), (3, 3, '"text"');
    CORRECT QUARANTINE FOR q SET n = 5 WHERE id = 1; RELEASE QUARANTINE FOR q;
    INSERT INTO q VALUES (3, 4, '[3]') ON CONFLICT DO UPDATE SET n = excluded.n, doc = excluded.doc`);
    await db.insert('q', [{ id: 4, n: -4, doc: { kind: 'b' } }]);
    await db.sql('CORRECT QUARANTINE FOR q SET n = 4 WHERE id = 4');
    expect(await rowsOf('SELECT id, n, doc FROM q ORDER BY id')).toEqual([
      { id: 1, n: 5, doc: '{"kind": "a", "of": [1, "x"]}' },
      { id: 3, n: 4, doc: '[3]' },
      { id: 4, n: 4, doc: '{"kind":"b"}' },
    ]);
    expect((await failureOf(db.sql(`UPDATE q SET doc = 'x'`))).message).toMatch(/JSON|doc/);
  });

  it('is text to a model', async () => {
    await db.sql(`
    CREATE TABLE u (doc JSON, y DOUBLE);
    INSERT INTO u SELECT CASE i % 2 WHEN 0 THEN '{"a": 1}' ELSE '{"a": 2}' END, i % 2 FROM range(40) r(i);
    CREATE TRAINING SET s WITH (label = y) AS SELECT doc, y FROM u;
    CREATE MODEL m WITH (method = 'linear') AS SELECT * FROM s; REFRESH m`);
    const answers = await rowsOf(
      'SELECT doc, round(prediction)::INTEGER AS y FROM PREDICT(m, u) GROUP BY ALL ORDER BY y',
    );
    expect(answers).toEqual([
      { doc: '{"a": 1}', y: 0 },
      { doc: '{"a": 2}', y: 1 },
    ]);
  });

  it('of null is NULL from a file as from a row, and numbers and truth values are JSON', async () => {
    await using file = await temporaryDatabase();
    const path = join(file.directory, 'rows.jsonl');
    await writeFile(path, '{"id": 1, "doc": null}\n{"id": 2}\n{"id": 3, "doc": 5}\n');
    await db.sql(`COPY t FROM '${path}'`);
    await db.insert('t', [
      { id: 4, doc: null },
      { id: 5, doc: 5 },
      { id: 6, doc: false },
    ]);
    expect(await rowsOf('SELECT doc FROM t WHERE id <> 2 ORDER BY id')).toEqual(
      [null, '5', null, '5', 'false'].map((doc) => ({ doc })),
    );
  });

  it('stays one in what rests on a view of it, by its change as in full', async () => {
    await db.sql(`
    CREATE TABLE u (id INTEGER PRIMARY KEY);
    CREATE MATERIALIZED VIEW joined AS SELECT t.id, t.doc FROM t JOIN u USING (id);
    CREATE MATERIALIZED VIEW nested AS SELECT id, json_object('of', doc) AS doc FROM joined;
    CREATE MATERIALIZED VIEW doubled AS
      SELECT id, json_object('of', doc) AS doc FROM (SELECT id, doc FROM t UNION ALL SELECT -id, doc FROM t);
    INSERT INTO u FROM range(3000); INSERT INTO t SELECT range, '{"kind": "a"}' FROM range(2000);
    REFRESH nested; REFRESH doubled; INSERT INTO t VALUES (2000, '{"kind": "a"}');
    REFRESH joined INCREMENTAL; REFRESH nested INCREMENTAL; REFRESH doubled INCREMENTAL`);
    const docs = 'SELECT DISTINCT doc::VARCHAR AS doc FROM';
    expect(await rowsOf(`${docs} nested UNION FROM (${docs} doubled)`)).toEqual([
      { doc: '{"of":{"kind":"a"}}' },
    ]);
  });
});

it('is measured as a text is', async () => {
  await db.execute(`INSERT INTO t VALUES (1, '""'), (2, '{"kind": "a"}')`);
  expect((await db.profile('t')).columns[1]).toMatchObject({ column: 'doc', kind: 'text' });
});

longTests(() => {
  it('keeps texts that an older release took, and does not stumble over them', async () => {
    await using file = await temporaryDatabase();
    const open = () => openEverview({ path: file.path });
    let { db: old } = await open();
    await old.sql(
      `CREATE TABLE o (id INTEGER PRIMARY KEY, n INTEGER, doc JSON); INSERT INTO o VALUES (1, 1, '{}')`,
    );
    await old.close();
    const instance = await DuckDBInstance.create(file.path);
    const connection = await instance.connect();
    await writtenTwice(connection);
    for (const schema of ['data', 'log', 'quarantine'])
      await connection.run(`ALTER TABLE ${schema}.o ALTER doc TYPE VARCHAR`);
    await connection.run(`UPDATE data.o SET doc = '{'; UPDATE log.o SET doc = '{'`);
    connection.closeSync();
    instance.closeSync();
    ({ db: old } = await open());
    try {
      await old.sql('UPDATE o SET n = 2');
      expect((await old.query('SELECT n, doc FROM o')).rows).toEqual([{ n: 2, doc: '{' }]);
      expect((await failureOf(old.sql(`UPDATE o SET doc = 'x'`))).message).toMatch(/JSON|doc/);
    } finally {
      await old.close();
    }
  });
});
