import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Everview } from '../../src/index.ts';
import { firstOf, longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

let db: Everview;

beforeEach(async () => {
  ({ db } = await openEverview());
});

afterEach(() => db.close());

const base = `
  CREATE TABLE xy (id INTEGER PRIMARY KEY, ts TIMESTAMP, g VARCHAR, x DOUBLE, y DOUBLE);
  INSERT INTO xy SELECT i, TIMESTAMP '2001-05-01' + i * INTERVAL 1 HOUR, 'g' || i % 2, i, 2 * i FROM range(40) r(i);
`;

const stack = `${base}
  CREATE VIEW plain AS SELECT id, ts, x, y FROM xy WHERE x >= 0;
  CREATE MATERIALIZED VIEW kept WITH (max_staleness = INTERVAL '1 hour') AS SELECT id, ts, x, y FROM plain;
  CREATE MATERIALIZED VIEW total AS SELECT sum(x) AS s FROM kept;
  CREATE TRAINING SET examples WITH (label = y) AS SELECT x, y FROM kept;
  CREATE MODEL line WITH (method = ridge, l2 = 1e-9, max_staleness = INTERVAL '1 hour') AS SELECT * FROM examples;
`;

async function refreshCount(name: string): Promise<number> {
  const { rows } = await db.query('SELECT count(*)::INTEGER AS n FROM everview.refreshes WHERE name = $1', [
    name,
  ]);
  return Number(rows[0]?.n);
}

async function lastReason(name: string): Promise<unknown> {
  const { rows } = await db.query(
    'SELECT reason FROM everview.refreshes WHERE name = $1 ORDER BY refresh_id DESC LIMIT 1',
    [name],
  );
  return rows[0]?.reason;
}

async function predict(): Promise<unknown> {
  const { rows } = await db.query('SELECT round(prediction, 3) AS p FROM PREDICT(line, (SELECT 10.0 AS x))');
  return rows[0]?.p;
}

describe('CREATE OR REPLACE', () => {
  it('rebuilds what rests on a changed definition, and nothing where it is the same', async () => {
    await db.sql(stack);
    expect(await predict()).toBe(20);
    const message = async (sql: string) => (await db.execute(sql)).message;
    expect(
      await message('CREATE OR REPLACE VIEW plain AS SELECT id, ts, x, y FROM xy WHERE x >= 0'),
    ).toContain('unchanged');
    expect(await refreshCount('kept')).toBe(1);
    expect(
      await message('CREATE OR REPLACE VIEW plain AS SELECT id, ts, x, 3 * x AS y FROM xy WHERE x > 1'),
    ).toContain('replaced');
    expect([await lastReason('kept'), await lastReason('total'), await lastReason('examples')]).toEqual(
      Array(3).fill('definition-changed'),
    );
    expect((await db.query('SELECT s FROM total')).rows).toEqual([{ s: 779 }]);
    expect(await predict()).toBe(30);
    expect(await lastReason('line')).toBe('definition-changed');
  });

  longTests(() => {
    it('replaces a training set and a model, which learn anew; numbers of versions go on', async () => {
      await db.sql(stack);
      await predict();
      await db.execute(
        'CREATE OR REPLACE TRAINING SET examples WITH (label = y) AS SELECT x, 5 * x AS y FROM kept',
      );
      expect(await predict()).toBe(50);
      await db.execute(
        'CREATE OR REPLACE MODEL line WITH (method = ridge, l2 = 1e12) AS SELECT * FROM examples',
      );
      const flat = await db.query('SELECT round(prediction, 3) AS p FROM PREDICT(line, (SELECT 10.0 AS x))');
      expect(flat).toMatchObject({ rows: [{ p: 97.5 }], models: { line: 3 }, path: 'refreshed-first' });
      const { rows } = await db.query(
        'SELECT version::INTEGER AS v, status FROM everview.model_versions ORDER BY version',
      );
      expect(rows).toEqual([
        { v: 1, status: 'superseded' },
        { v: 2, status: 'superseded' },
        { v: 3, status: 'promoted' },
      ]);
    });
  });

  it('is refused whole where a dependent does not fit', async () => {
    await db.sql(stack);
    const failure = await failureOf(db.execute('CREATE OR REPLACE VIEW plain AS SELECT id, ts, x FROM xy'));
    expect(failure).toMatchObject({ code: 'has-dependents', data: { dependents: ['kept'] } });
    expect((await db.query('SELECT y FROM plain WHERE id = 3')).rows).toEqual([{ y: 6 }]);
    expect(await refreshCount('kept')).toBe(1);
  });

  it('keeps the rows of a table with the same columns, and takes no others away', async () => {
    await db.sql(base);
    await db.execute(
      'CREATE OR REPLACE TABLE xy (id INTEGER PRIMARY KEY, ts TIMESTAMP, g VARCHAR, x DOUBLE CHECK (x >= 0), y DOUBLE)',
    );
    expect((await db.query('SELECT count(*)::INTEGER AS n FROM xy')).rows).toEqual([{ n: 40 }]);
    expect(await failureOf(db.insert('xy', [{ id: 100, x: -1 }]))).toMatchObject({
      code: 'constraint-violation',
    });
    const tight =
      'CREATE OR REPLACE TABLE xy (id INTEGER PRIMARY KEY, ts TIMESTAMP, g VARCHAR, x DOUBLE CHECK (x > 5), y DOUBLE)';
    expect(await failureOf(db.execute(tight))).toMatchObject({ code: 'constraint-violation' });
    expect(await failureOf(db.execute('CREATE OR REPLACE TABLE xy (id INTEGER PRIMARY KEY)'))).toMatchObject({
      code: 'invalid-definition',
    });
    expect(await failureOf(db.execute('CREATE OR REPLACE VIEW xy AS SELECT 1 AS a'))).toMatchObject({
      code: 'wrong-kind',
    });
    await db.sql('DELETE FROM xy; CREATE OR REPLACE TABLE xy (a INTEGER); INSERT INTO xy VALUES (1);');
    expect((await db.query('SELECT * FROM xy')).rows).toEqual([{ a: 1 }]);
    expect((await db.query('SELECT * FROM xy AT (VERSION => 1)')).rows).toEqual([]);
  });

  longTests(() => {
    it('takes a row for which a new constraint fails to evaluate for one that breaks it', async () => {
      await db.sql(
        `CREATE TABLE t (id INTEGER, a VARCHAR); INSERT INTO t VALUES (1, 'one'), (2, '2'), (3, NULL)`,
      );
      const tight = 'CREATE OR REPLACE TABLE t (id INTEGER, a VARCHAR CHECK (CAST(a AS INTEGER) > 0))';
      expect(await failureOf(db.execute(tight))).toMatchObject({
        code: 'constraint-violation',
        data: { rows: 1 },
      });
      await db.execute(`UPDATE t SET a = '1' WHERE id = 1`);
      expect((await db.execute(tight)).message).toBe('table "t" replaced');
    });

    it('leaves nothing waiting of a table that is empty and gets other columns', async () => {
      await db.sql(`
      CREATE TABLE t (id INTEGER, a INTEGER CHECK (a > 0)) WITH (on_violation = quarantine);
      INSERT INTO t VALUES (1, -1), (2, -2);
      CREATE OR REPLACE TABLE t (id INTEGER, a VARCHAR, b INTEGER) WITH (on_violation = quarantine)`);
      expect((await db.query(`SELECT state, "row" FROM everview.quarantine ORDER BY id`)).rows).toEqual([
        { state: 'dropped', row: '{"id":1,"a":-1}' },
        { state: 'dropped', row: '{"id":2,"a":-2}' },
      ]);
      expect((await db.query('SELECT state FROM everview.incidents')).rows).toEqual([{ state: 'resolved' }]);
      expect(await db.execute('RELEASE QUARANTINE FOR t')).toMatchObject({ update: { status: 'unchanged' } });
    });

    it('keeps the first spelling of a name, and what is filed under it', async () => {
      await db.sql(stack);
      await db.insert('XY', [{ id: 1000, x: 100, y: 200 }]);
      await db.execute(
        'CREATE OR REPLACE TABLE XY (id INTEGER PRIMARY KEY, ts TIMESTAMP, g VARCHAR, x DOUBLE, y DOUBLE) WITH (on_violation = warn)',
      );
      expect((await db.query('SELECT name, rows::INTEGER AS rows FROM everview.tables')).rows).toEqual([
        { name: 'xy', rows: 41 },
      ]);
      await db.refresh('KEPT');
      expect((await db.query('SELECT s FROM TOTAL')).rows).toEqual([{ s: 880 }]);
    });

    it('sees a cycle', async () => {
      await db.sql(stack);
      expect(
        await failureOf(db.execute('CREATE OR REPLACE VIEW plain AS\nSELECT s AS x FROM total')),
      ).toMatchObject({
        code: 'cyclic-definition',
        place: '2:20+5',
      });
      expect(await failureOf(db.execute('CREATE VIEW me AS\n SELECT * FROM me'))).toMatchObject({
        code: 'cyclic-definition',
        place: '2:16+2',
      });
    });

    it('turns a kept view into a plain one and back', async () => {
      await db.sql(
        `${base} CREATE MATERIALIZED VIEW v AS SELECT count(*)::INTEGER AS n FROM xy; CREATE VIEW over AS SELECT n FROM v;`,
      );
      await db.execute('DROP VIEW over');
      await db.execute('CREATE OR REPLACE VIEW v AS SELECT count(*)::INTEGER AS n FROM xy WHERE id < 5');
      expect(await db.query('SELECT n FROM v')).toMatchObject({ rows: [{ n: 5 }], staleness: [] });
      await db.execute(
        'CREATE OR REPLACE MATERIALIZED VIEW v AS SELECT count(*)::INTEGER AS n FROM xy WHERE id < 6',
      );
      expect(await db.query('SELECT n FROM v')).toMatchObject({
        rows: [{ n: 6 }],
        staleness: [{ name: 'v' }],
      });
    });
  });
});

describe('CREATE, ALTER, DROP', () => {
  it('does not take a name twice, unless IF NOT EXISTS', async () => {
    await db.sql(base);
    expect(await failureOf(db.execute('CREATE VIEW XY AS SELECT 1 AS a'))).toMatchObject({
      code: 'duplicate-name',
      place: '1:13+2',
    });
    expect((await db.execute('CREATE TABLE IF NOT EXISTS xy (a INTEGER)')).message).toContain('unchanged');
  });

  longTests(() => {
    it('leaves the name of the place of a row to DuckDB, where rows are changed by it', async () => {
      await db.sql(base);
      const refused = { code: 'invalid-definition', hint: expect.stringContaining('row_id') };
      expect(await failureOf(db.execute('CREATE TABLE t (id INTEGER, "RowId" INTEGER)'))).toMatchObject(
        refused,
      );
      const kept = 'CREATE MATERIALIZED VIEW v AS SELECT x AS rowid FROM xy';
      expect(await failureOf(db.execute(kept))).toMatchObject(refused);
    });
  });

  it('ALTER changes policies and keeps contents; what makes contents makes them anew', async () => {
    await db.sql(stack);
    await db.execute('ALTER MATERIALIZED VIEW kept SET (max_staleness = NULL, refresh = manual)');
    await db.insert('xy', [{ id: 1000, x: 1, y: 2 }]);
    expect(await db.query('SELECT count(*)::INTEGER AS n FROM kept')).toMatchObject({
      rows: [{ n: 40 }],
      path: 'served-within-bound',
    });
    expect(await refreshCount('kept')).toBe(1);
    await db.execute('ALTER TRAINING SET examples SET (label = x)');
    expect(await lastReason('examples')).toBe('definition-changed');
    expect(
      await failureOf(db.execute('ALTER MATERIALIZED VIEW kept SET (max_stalenes = NULL)')),
    ).toMatchObject({
      code: 'unknown-option',
      hint: expect.stringContaining('"max_staleness"'),
    });
    await Promise.all([
      db.execute('ALTER TABLE xy SET (on_violation = quarantine)'),
      db.execute(`ALTER TABLE xy SET (heartbeat = INTERVAL '1 day')`),
    ]);
    expect((await db.query('SELECT on_violation, heartbeat_ms FROM everview.tables')).rows).toEqual([
      { on_violation: 'quarantine', heartbeat_ms: 86_400_000 },
    ]);
  });

  it('DROP lists what rests on the object, and takes it along when told', async () => {
    await db.sql(stack);
    expect(await failureOf(db.execute('DROP VIEW plain'))).toMatchObject({
      code: 'has-dependents',
      data: { dependents: ['kept', 'total', 'examples', 'line'] },
    });
    expect((await db.execute('DROP VIEW plain CASCADE')).message).toBe(
      'dropped "line", "examples", "total", "kept", "plain"',
    );
    expect((await db.execute('SHOW VIEWS')).rows).toEqual([]);
    expect((await db.execute('DROP VIEW IF EXISTS plain')).message).toBe('there is no "plain"');
    expect(await failureOf(db.execute('DROP VIEW plane'))).toMatchObject({
      code: 'unknown-relation',
      place: '1:11+5',
    });
    expect(await failureOf(db.execute('DROP VIEW xy'))).toMatchObject({
      code: 'wrong-kind',
      place: '1:11+2',
    });
  });

  longTests(() => {
    it('makes an object anew after a drop, with nothing of the old one', async () => {
      await db.sql(stack);
      expect(await predict()).toBe(20);
      await db.sql(`DROP TABLE xy CASCADE; ${stack.replace('2 * i', '7 * i')}`);
      expect(await predict()).toBe(70);
      expect((await db.query('SELECT count(*)::INTEGER AS n, max(s) AS s FROM kept, total')).rows).toEqual([
        { n: 40, s: 780 },
      ]);
      expect((await db.query('SELECT count(*)::INTEGER AS n FROM xy AT (VERSION => 1)')).rows).toEqual([
        { n: 0 },
      ]);
    });
  });
});

describe('what is wrong in a declaration is shown in its text', () => {
  let shared: Everview;
  beforeAll(async () => {
    ({ db: shared } = await openEverview());
    await shared.sql(`${base} CREATE TRAINING SET examples WITH (label = y) AS SELECT g, x, y FROM xy`);
  });
  afterAll(() => shared.close());

  it.each(
    firstOf(
      [
        ['CREATE TABLE t (\n  a INTEGR)', 'unknown-type', '2:5+6', 'did you mean "INTEGER"?'],
        ['CREATE VIEW v AS\n SELECT x,\n  xx FROM xy', 'unknown-column', '3:3+2', 'did you mean "x"?'],
        [
          'CREATE MATERIALIZED VIEW v AS\n SELECT sum(xx) AS s\n FROM xy',
          'unknown-column',
          '2:13+2',
          'did you mean "x"?',
        ],
        [
          'CREATE TRAINING SET e\n WITH (label = yy) AS\n SELECT x, y FROM xy',
          'unknown-column',
          '2:16+2',
          'did you mean "y"?',
        ],
        [
          'CREATE MODEL m WITH (method = ridge) AS\n SELECT x, xx FROM examples',
          'unknown-column',
          '2:12+2',
          'did you mean "x"?',
        ],
        [
          'CREATE TABLE t (\n  a INTEGER,\n  PRIMARY KEY (aa))',
          'unknown-column',
          '3:16+2',
          'did you mean "a"?',
        ],
        ['CREATE TABLE t (\n  a INTEGER CHECK (aa > 0))', 'unknown-column', '2:20+2', 'did you mean "a"?'],
        [
          'CREATE TABLE t (\n  a INTEGER REFERENCES xz (id))',
          'unknown-relation',
          '2:24+2',
          'did you mean "xy"?',
        ],
        [
          'CREATE TABLE t (\n  a INTEGER REFERENCES xy (idd))',
          'unknown-column',
          '2:28+3',
          'did you mean "id"?',
        ],
        ['CREATE TABLE t (\n  __ev_a INTEGER)', 'invalid-definition', '2:3+6', expect.any(String)],
        ['CREATE TABLE __ev_t (a INTEGER)', 'invalid-definition', '1:14+6', expect.any(String)],
        ['CREATE VIEW v AS SELECT 1 AS __ev_a', 'invalid-definition', '1:30+6', expect.any(String)],
        ['CREATE VIEW v AS\n SELECT x FROM xz', 'unknown-relation', '2:16+2', 'did you mean "xy"?'],
        [
          'CREATE MATERIALIZED VIEW v AS\n SELECT now() AS n FROM xy',
          'non-deterministic',
          '2:9+3',
          expect.any(String),
        ],
        [
          'CREATE MATERIALIZED VIEW v AS\n SELECT "größe", xx FROM xy',
          'unknown-column',
          '2:9+7',
          expect.any(String),
        ],
        ['CREATE VIEW v AS\n SELECT * FROM PREDICT(m, xy)', 'unsupported', '2:16+7', expect.any(String)],
        [
          'CREATE VIEW v AS\n SELECT * FROM xy AT (VERSION => 1)',
          'unsupported',
          '2:16+2',
          expect.any(String),
        ],
        [
          'CREATE TRAINING SET e\n WITH (label = y,\n event_time = tss) AS SELECT ts, x, y FROM xy',
          'unknown-column',
          '3:15+3',
          'did you mean "ts"?',
        ],
        [
          'CREATE TRAINING SET e\n WITH (label = y, event_time = g) AS SELECT g, x, y FROM xy',
          'invalid-definition',
          '2:32+1',
          expect.any(String),
        ],
        [
          'CREATE MODEL m WITH (method = ridge,\n categorical = (g, gg)) AS SELECT * FROM examples',
          'unknown-column',
          '2:20+2',
          'did you mean "g"?',
        ],
        [
          'CREATE MODEL m WITH (method = ridge) AS\n SELECT * FROM example',
          'unknown-relation',
          '2:16+7',
          'did you mean "examples"?',
        ],
        [
          'CREATE MODEL m WITH (method = ridge) AS\n SELECT * FROM xy',
          'wrong-kind',
          '2:16+2',
          expect.any(String),
        ],
        [
          'CREATE MODEL m WITH (method = ridge,\n gate = (rmse <= 3)) AS SELECT * FROM examples',
          'invalid-definition',
          '2:2+4',
          expect.stringContaining('holdout'),
        ],
      ],
      5,
    ),
  )('%j', async (sql, code, place, hint) => {
    expect(await failureOf(shared.execute(sql))).toMatchObject({ code, place, hint });
    const moved = await failureOf(shared.sql(`SELECT 1 AS one;\n\n${sql}`));
    const [line = '', column] = place.split(':');
    expect(moved.place).toBe(`${Number(line) + 2}:${column}`);
  });
});

it('takes any name in quotes, everywhere, and compares names without case', async () => {
  await db.sql(`
  CREATE TABLE "Flüge ""Q""" ("Größe in m" INTEGER PRIMARY KEY, "select" VARCHAR, "日本" DOUBLE, "when" TIMESTAMP)
    WITH (event_time = "when", on_violation = quarantine);
  INSERT INTO "flüge ""q""" VALUES (1, 'a', 2, NULL), (2, 'b', 4, NULL), (3, 'a', 6, NULL);
  CREATE VIEW "von; --" AS SELECT * FROM "FLÜGE ""Q""";
  CREATE MATERIALIZED VIEW "sicht ü" AS SELECT "select", sum("日本") AS "Summe €" FROM "von; --" GROUP BY "select";
  CREATE TRAINING SET "menge %" WITH (label = "日本") AS SELECT "Größe in m", "select", "日本" FROM "von; --";
  CREATE MODEL "modell é" WITH (method = ridge, l2 = 1e-9, categorical = ("select")) AS SELECT * FROM "menge %";
  UPDATE "Flüge ""Q""" SET "日本" = 8 WHERE "Größe in m" = 3;`);
  const rows = async (sql: string) => (await db.query(sql)).rows;
  expect(await rows('SELECT * FROM "SICHT Ü" ORDER BY "SELECT"')).toEqual([
    { select: 'a', 'Summe €': 10 },
    { select: 'b', 'Summe €': 4 },
  ]);
  expect(await rows('SELECT count(prediction)::INTEGER AS n FROM PREDICT("MODELL É", "von; --")')).toEqual([
    { n: 3 },
  ]);
  expect(await rows('SELECT sum("日本") AS s FROM "von; --" AT (VERSION => 1)')).toEqual([{ s: 12 }]);
  expect((await db.execute('REFRESH "MENGE %"')).rows).toMatchObject([{ name: 'menge %' }]);
  expect((await db.execute('DESCRIBE "von; --"')).rows.map((row) => row.column_name)).toEqual([
    'Größe in m',
    'select',
    '日本',
    'when',
  ]);
  await db.execute('DROP TABLE "FLÜGE ""Q""" CASCADE');
  expect((await db.execute('SHOW VIEWS')).rows).toEqual([]);
});

longTests(() => {
  it('says that a view names a model, and how to predict', async () => {
    await db.sql(stack);
    const failure = await failureOf(db.execute('CREATE MATERIALIZED VIEW v AS SELECT * FROM line'));
    expect(failure).toMatchObject({ code: 'wrong-kind', message: expect.stringContaining('is a model') });
    expect(failure).toMatchObject({ hint: expect.stringContaining('PREDICT(line'), place: '1:45+4' });
  });

  it('does not advise a quarantine that is declared already', async () => {
    await db.sql(`CREATE TABLE q (id INTEGER PRIMARY KEY, n INTEGER CHECK (n > 0)) WITH (on_violation = quarantine);
    INSERT INTO q VALUES (1, 1)`);
    const failure = await failureOf(db.execute('UPDATE q SET id = 2, n = -1'));
    expect(failure).toMatchObject({
      code: 'constraint-violation',
      hint: expect.stringContaining('PRIMARY KEY that the statement does not set'),
    });
  });

  it('counts the silence of a table that never had a row from its declaration', async () => {
    await using file = await temporaryDatabase();
    const first = await openEverview({ path: file.path });
    await first.db.sql(`CREATE TABLE beat (id INTEGER) WITH (heartbeat = INTERVAL '1 hour')`);
    const overdue = async (engine: Everview) =>
      (await engine.query(`SELECT overdue FROM everview.tables WHERE name = 'beat'`)).rows[0]?.overdue;
    expect(await overdue(first.db)).toBe(false);
    first.clock.advanceMs(3_600_001);
    expect(await overdue(first.db)).toBe(true);
    await first.db.close();
    const second = await openEverview({ path: file.path, clock: first.clock });
    expect(await overdue(second.db)).toBe(true);
    await second.db.close();
  });

  it.each([
    ['id < (SELECT 5)', 'invalid-definition', 'has a subquery'],
    ['id < random()', 'non-deterministic', 'random()'],
  ])('refuses CHECK (%s)', async (expression, code, named) => {
    const failure = await failureOf(db.execute(`CREATE TABLE c (id INTEGER CHECK (${expression}))`));
    expect(failure).toMatchObject({
      code,
      message: expect.stringContaining(named),
      place: expect.stringMatching(/^1:35/),
    });
  });

  it.each([
    [
      'CREATE MATERIALIZED VIEW v WITH (refresh = incremental) AS SELECT median(x) FROM xy',
      'not-incremental',
      '1:34+7',
    ],
    [
      'CREATE MODEL m WITH (method = ridge, gate = (rmse < 1)) AS SELECT * FROM examples',
      'invalid-definition',
      '1:38+4',
    ],
  ])('points at the option: %s', async (sql, code, place) => {
    await db.sql(stack);
    expect(await failureOf(db.execute(sql))).toMatchObject({ code, place });
  });
});
