import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Everview, SqlParameter } from '../../src/index.ts';
import { longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';

let db: Everview;

beforeAll(async () => {
  ({ db } = await openEverview());
  // y = 2x, and 1 more in the east.
  await db.sql(`
    CREATE TABLE t (id INTEGER PRIMARY KEY, region VARCHAR, x DOUBLE, y DOUBLE);
    CREATE MATERIALIZED VIEW totals AS SELECT region, count(*)::INTEGER AS n FROM t GROUP BY region;
    CREATE VIEW plain AS SELECT region, n FROM totals;
    CREATE VIEW clocked AS SELECT now() AS moment, current_date AS day;
    CREATE TABLE bare ("current_date" INTEGER, today INTEGER, localtime INTEGER);
    INSERT INTO t SELECT i, 'west', i, 2 * i FROM range(10) r(i);
    INSERT INTO t SELECT 100 + i, 'east', i, 2 * i + 1 FROM range(10) r(i);
    INSERT INTO bare VALUES (1, 2, 3);
    CREATE TRAINING SET examples WITH (label = y) AS SELECT region, x, y FROM t;
    CREATE MODEL line WITH (method = ridge, l2 = 1e-9) AS SELECT * FROM examples;
    CREATE MODEL flat WITH (method = ridge, l2 = 1e12) AS SELECT * FROM examples;
  `);
});

afterAll(() => db.close());

async function rows(sql: string, parameters: readonly SqlParameter[] = []): Promise<unknown[][]> {
  return (await db.query(sql, parameters)).rows.map((row) => Object.values(row));
}

describe('PREDICT', () => {
  const asked = `SELECT 'west' AS region, 3.0 AS x`;
  it.each([
    ['a query', `SELECT round(prediction, 3) FROM PREDICT(line, (${asked}))`, [[6]]],
    ['a table', `SELECT round(prediction, 3) FROM PREDICT(line, t) WHERE id = 104`, [[9]]],
    [
      'a plain view',
      `SELECT count(prediction)::INTEGER FROM PREDICT(line, (SELECT *, 1 AS x FROM plain))`,
      [[2]],
    ],
    ['a CTE', `WITH q AS (${asked}) SELECT round(prediction, 3) FROM PREDICT(line, q)`, [[6]]],
    [
      'inside a CTE',
      `WITH p AS (SELECT * FROM PREDICT(line, (${asked}))) SELECT round(prediction, 3) FROM p`,
      [[6]],
    ],
    [
      'a CTE of a subquery that hides a table',
      `SELECT * FROM (WITH t AS (${asked}) SELECT round(prediction, 3) FROM PREDICT(line, t))`,
      [[6]],
    ],
    [
      'a CTE that reads another, which predicts itself',
      `WITH q AS (${asked}), p AS (SELECT region, prediction AS x FROM PREDICT(line, q)) SELECT round(prediction, 3) FROM PREDICT(line, p)`,
      [[12]],
    ],
    [
      'nested',
      `SELECT round(prediction, 3) FROM PREDICT(line, (SELECT region, prediction AS x FROM PREDICT(line, (${asked}))))`,
      [[12]],
    ],
    [
      'two joined',
      `SELECT round(a.prediction, 3), round(b.prediction, 3) FROM PREDICT(line, t) a JOIN PREDICT(flat, t) AS b USING (id) WHERE id = 2`,
      [[4, 9.5]],
    ],
    ['in an expression', `SELECT (SELECT round(max(prediction), 3) FROM PREDICT(line, t))`, [[19]]],
    ['with column names', `SELECT round(d, 3) FROM PREDICT(line, (${asked})) AS p(b, c, d)`, [[6]]],
    [
      'NULL for a number: the mean',
      `SELECT round(prediction, 3) FROM PREDICT(line, (SELECT 'west' AS region, NULL AS x))`,
      [[9]],
    ],
    ['of no rows', `SELECT prediction FROM PREDICT(line, (SELECT * FROM t WHERE false))`, []],
  ])('%s', async (_, sql, expected) => {
    expect(await rows(sql)).toEqual(expected);
  });

  it('takes an unseen category and a missing one as neither of those it knows', async () => {
    const [unseen, missing, none] = (
      await rows(
        `SELECT prediction FROM PREDICT(line, (SELECT * FROM (VALUES ('north', 3.0), (NULL, 3.0), ('', 3.0)) q(region, x)))`,
      )
    ).flat();
    expect(unseen).toBeCloseTo(6.5, 4);
    expect([missing, none]).toEqual([unseen, unseen]);
  });

  it('names the model versions it rests on', async () => {
    const { models, path } = await db.query(
      'SELECT * FROM PREDICT(line, t) JOIN PREDICT(flat, t) f USING (id)',
    );
    expect([models, path]).toEqual([{ line: 1, flat: 1 }, 'fresh']);
  });

  it.each([
    ['SELECT *\nFROM PREDICT(lime, t)', 'unknown-relation', '2:6+7', 'did you mean "line"?'],
    ['SELECT * FROM PREDICT(t, t)', 'wrong-kind', '1:15+7', expect.any(String)],
    ['SELECT * FROM PREDICT(line)', 'invalid-query', '1:15+7', expect.stringContaining('PREDICT(m, v)')],
    ['SELECT * FROM PREDICT(line,\n tt)', 'unknown-relation', '2:2+2', 'did you mean "t"?'],
    ['SELECT * FROM PREDICT(line, (SELECT 1 AS xx))', 'unknown-column', '1:15+7', expect.any(String)],
    ['SELECT * FROM line', 'wrong-kind', '1:15+4', expect.stringContaining('PREDICT(line')],
  ])('%j is refused', async (sql, code, place, hint) => {
    expect(await failureOf(db.query(sql))).toMatchObject({ code, place, hint });
  });
});

describe('parameters', () => {
  const day = new Date('2001-02-03T04:05:06.789Z');
  it.each([
    ['SELECT $1 AS v', [5], [[5]]],
    ['SELECT $1 AS v', [-2.5], [[-2.5]]],
    ['SELECT $1 AS v', [1e300], [[1e300]]],
    ['SELECT $1 AS v', [2 ** 40], [[2n ** 40n]]],
    ['SELECT $1 AS v', [12n], [[12n]]],
    ['SELECT $1 AS v', [2n ** 80n], [[2n ** 80n]]],
    ['SELECT $1 AS v', ["it's; -- $2"], [["it's; -- $2"]]],
    ['SELECT $1 AS v', [null], [[null]]],
    ['SELECT $1 AS v', [true], [[true]]],
    ['SELECT $1 AS v', [day], [[day]]],
    ['SELECT $1 AS v', [new Uint8Array([0, 39, 92, 255])], [[Buffer.from([0, 39, 92, 255])]]],
    ['SELECT $1 AS v', ["a\0b'\\é"], [["a\0b'\\é"]]],
    ['SELECT $1::VARCHAR', [new Date(Date.UTC(12_000, 0, 1))], [['12000-01-01 00:00:00']]],
    ['SELECT ? + ?', [1, 2], [[3]]],
    ['SELECT $2, $1, $2', [1, 2], [[2, 1, 2]]],
    ['SELECT id FROM t WHERE region = $1 ORDER BY id LIMIT $2', ['east', 2], [[100], [101]]],
    ['SELECT substr($1, $2)', ['hello', 2], [['ello']]],
    ['SELECT round(prediction, 3) FROM PREDICT(line, (SELECT $1 AS region, $2 AS x))', ['west', 3], [[6]]],
    ['SELECT count(*)::INTEGER FROM t AT (VERSION => $2) WHERE id < $1', [5, 1], [[5]]],
    ['SELECT count(*)::INTEGER FROM t AT (TIMESTAMP => $1)', [new Date(0)], [[0]]],
    ['SELECT count(*)::INTEGER FROM t WHERE id = ANY([$1, $2])', [1, 2], [[2]]],
  ] as const)('stand for their values: %s, case %#', async (sql, parameters, expected) => {
    expect(await rows(sql, parameters)).toEqual(expected);
  });

  it('must be given as many as there are', async () => {
    expect(await failureOf(db.query('SELECT $1, $2', [1]))).toMatchObject({ code: 'invalid-query' });
    expect(await failureOf(db.query('SELECT $1', [1, 2]))).toMatchObject({ code: 'invalid-query' });
    expect(await failureOf(db.query('SELECT 1', [1]))).toMatchObject({ code: 'invalid-query' });
  });
});

describe('AT', () => {
  it('reads tables, plain and kept views as they were', async () => {
    const count = async (sql: string) => (await rows(sql))[0]?.[0];
    expect(await count('SELECT count(*)::INTEGER FROM t AT (VERSION => 1)')).toBe(10);
    expect(await count('SELECT sum(n)::INTEGER FROM totals AT (VERSION => 1)')).toBe(10);
    expect(await count('SELECT sum(n)::INTEGER FROM plain AT (VERSION => 1 + 1)')).toBe(20);
    expect(await count('SELECT count(*)::INTEGER FROM totals AT (VERSION => 0)')).toBe(0);
    expect(await count('SELECT count(*)::INTEGER FROM t a JOIN t AS b AT (VERSION => 1) USING (id)')).toBe(
      10,
    );
    expect(
      await count(`SELECT count(*)::INTEGER FROM PREDICT(line, (SELECT * FROM t AT (VERSION => 1)))`),
    ).toBe(10);
    expect(await count(`SELECT count(*)::INTEGER FROM t AT (TIMESTAMP => now())`)).toBe(20);
    expect(await count(`SELECT count(*)::INTEGER FROM t AT (TIMESTAMP => now() - INTERVAL 1 SECOND)`)).toBe(
      0,
    );
  });

  it.each(['1', '+1', '(1)', '1.0', '1e0', "'1'", '1::HUGEINT', "length('x')"])(
    'reads version %s as any number that is one',
    async (version) => {
      expect(await rows(`SELECT count(*)::INTEGER FROM t AT (VERSION => ${version})`)).toEqual([[10]]);
    },
  );

  it.each([1, 1n])('reads the version of a parameter, %o', async (version) => {
    const answer = await db.query('SELECT count(*)::INTEGER AS n FROM t AT (VERSION => $1)', [version]);
    expect(answer.rows).toEqual([{ n: 10 }]);
  });

  it.each([
    'VERSION => 99',
    'VERSION => -1',
    'VERSION => 1.5',
    'VERSION => 9007199254740993',
    'VERSION => 9223372036854775808',
    'VERSION => NULL',
    'TIMESTAMP => NULL',
  ])('refuses %s', async (at) => {
    expect(await failureOf(db.query(`SELECT * FROM t AT (${at})`))).toMatchObject({
      code: 'invalid-query',
    });
  });
});

describe('the clock of a query', () => {
  it('is the engine’s, in views as well', async () => {
    const now = new Date('2001-06-01T00:00:00Z');
    expect(await rows('SELECT now(), current_date, current_timestamp, today(), localtimestamp')).toEqual([
      [now, now, now, now, now],
    ]);
    expect(await rows('SELECT * FROM clocked')).toEqual([[now, now]]);
    expect(await rows('SELECT current_date AS current_date')).toEqual([[now]]);
    expect(await rows(`SELECT age(TIMESTAMP '2001-05-01')::VARCHAR, ago(INTERVAL 1 DAY)`)).toEqual([
      ['1 month', new Date('2001-05-31T00:00:00Z')],
    ]);
  });

  it('is no column of that name', async () => {
    expect(await rows('SELECT current_date, today, localtime FROM bare')).toEqual([[1, 2, 3]]);
    expect(await rows('SELECT localtime FROM (SELECT 4 AS localtime)')).toEqual([[4]]);
  });
});

describe('results', () => {
  it('keep columns and types without rows, and tell equal names apart', async () => {
    const empty = await db.query('SELECT id, region, x::DECIMAL(9,2) AS d FROM t WHERE false');
    expect([empty.columns, empty.rows]).toEqual([
      [
        { name: 'id', type: 'INTEGER' },
        { name: 'region', type: 'VARCHAR' },
        { name: 'd', type: 'DECIMAL(9,2)' },
      ],
      [],
    ]);
    const twice = await db.query('SELECT 1 AS a, 2 AS a, 3 AS a');
    expect(twice.columns.map((column) => column.name)).toEqual(['a', 'a:1', 'a:2']);
    expect(twice.rows).toEqual([{ a: 1, 'a:1': 2, 'a:2': 3 }]);
    const taken = 'SELECT 1 AS a, 2 AS a, 3 AS "A", 4 AS "a:1", 5 AS a';
    const answer = await db.query(taken);
    expect(answer.columns.map((column) => column.name)).toEqual(['a', 'a:2', 'A', 'a:1', 'a:3']);
    expect(answer.rows).toEqual([{ a: 1, 'a:2': 2, A: 3, 'a:1': 4, 'a:3': 5 }]);
    for await (const rows of (await db.stream(taken)).batches()) expect(rows).toEqual(answer.rows);
  });

  it('come as Arrow', async () => {
    const { table, path, version } = await db.arrow('SELECT id, region FROM t ORDER BY id LIMIT 2');
    expect([table.toArray().map((row) => row.toJSON()), path, version]).toEqual([
      [
        { id: 0, region: 'west' },
        { id: 1, region: 'west' },
      ],
      'fresh',
      3,
    ]);
  });

  it('come typed through Kysely, which only reads', async () => {
    type Tables = { t: { id: number; region: string; x: number }; totals: { region: string; n: number } };
    const kysely = db.kysely<Tables>();
    const found = await kysely
      .selectFrom('t')
      .innerJoin('totals', 'totals.region', 't.region')
      .select(['t.id', 'totals.n'])
      .where('t.region', '=', 'east')
      .where('t.id', 'in', [100, 104])
      .orderBy('t.id', 'desc')
      .limit(1)
      .execute();
    expect(found satisfies { id: number; n: number }[]).toEqual([{ id: 104, n: 10 }]);
    expect(await failureOf(kysely.deleteFrom('t').execute())).toMatchObject({ code: 'unsupported' });
    expect(await failureOf(kysely.transaction().execute(async () => {}))).toMatchObject({
      code: 'unsupported',
    });
    expect((await rows('SELECT count(*)::INTEGER FROM t'))[0]).toEqual([20]);
  });
});

describe('any SELECT', () => {
  it.each([
    [
      'a recursive CTE that hides a table',
      'WITH RECURSIVE t(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM t WHERE n < 5) SELECT sum(n)::INTEGER FROM t',
      [[15]],
    ],
    [
      'a CTE that reads the table it hides',
      'WITH t AS (SELECT * FROM t WHERE id < 3) SELECT count(*)::INTEGER FROM t',
      [[3]],
    ],
    [
      'set operations',
      `SELECT region FROM t UNION SELECT region FROM totals EXCEPT SELECT 'east'`,
      [['west']],
    ],
    [
      'subqueries in expressions',
      'SELECT (SELECT max(n) FROM plain), EXISTS (SELECT 1 FROM totals WHERE n > 5)',
      [[10, true]],
    ],
    ['FROM first', 'FROM totals SELECT sum(n)::INTEGER', [[20]]],
    ['VALUES', 'VALUES (1, 2)', [[1, 2]]],
    ['the schema main', 'SELECT count(*)::INTEGER FROM main.T', [[20]]],
    [
      'a lateral join',
      'SELECT count(*)::INTEGER FROM totals o, LATERAL (SELECT * FROM t WHERE t.region = o.region LIMIT 2)',
      [[4]],
    ],
    [
      'system tables joined and filtered',
      `SELECT v.name, s.policy_met, r.kind, r.reason FROM everview.views v JOIN everview.staleness s USING (name)
      JOIN everview.refreshes r ON r.name = v.name WHERE v.name = 'totals' AND r.reason = 'first-build'`,
      [['totals', true, 'full', 'first-build']],
    ],
  ])('%s', async (_, sql, expected) => {
    expect(await rows(sql)).toEqual(expected);
  });

  it.each([
    ['\n -- remark\n SELECT id,\n   regin FROM t', 'unknown-column', '4:4+5', 'did you mean "region"?'],
    ['\n SELECT id FROM tt', 'unknown-relation', '2:17+2', 'did you mean "t"?'],
    ['SELECT "größe", xx FROM t', 'unknown-column', '1:8+5', expect.any(String)],
    ['SELECT * FROM t WHERE nope = 1', 'unknown-column', '1:23+4', expect.stringMatching(/^nearest: \w/)],
    ['SELECT\n summ(x) FROM t', 'invalid-query', '2:2+4', expect.stringContaining('"sum"')],
    ['SELECT * FROM everview.upates', 'unknown-relation', '1:15+1', 'did you mean "updates"?'],
    ['SELECT * FROM data.t', 'unknown-relation', '1:15+1', expect.any(String)],
    ['SELECT * FROM t WHERE', 'syntax-error', expect.any(String), undefined],
    ['SELECT 1; SELECT 2', 'syntax-error', '1:11+6', 'give one statement at a time; sql() runs several'],
    ['INSERT INTO t VALUES (1)', 'invalid-query', undefined, 'execute() runs any statement'],
    [
      'WITH a AS (SELECT 1) INSERT INTO t SELECT * FROM a',
      'unsupported',
      undefined,
      expect.stringContaining('WITH stands within a query'),
    ],
    [
      'WITH a AS (SELECT 1 AS b) PIVOT a ON b USING sum(b)',
      'unsupported',
      undefined,
      expect.stringContaining('aggregates with FILTER'),
    ],
  ])('%j is refused with its place', async (sql, code, place, hint) => {
    expect(await failureOf(db.query(sql))).toMatchObject({ code, place, hint });
  });
});

describe('stream()', () => {
  longTests(() => {
    it('gives a million rows batch by batch, with what they rest on', async () => {
      const stream = await db.stream('SELECT i, i % 7 AS m FROM range(1000000) r(i)');
      expect([stream.columns.map((column) => column.name), stream.path, stream.version]).toEqual([
        ['i', 'm'],
        'fresh',
        3,
      ]);
      let count = 0;
      let largest = 0;
      for await (const batch of stream.batches()) {
        count += batch.length;
        largest = Math.max(largest, batch.length);
      }
      expect([count, largest]).toEqual([1_000_000, 2_048]);
    });
  });

  it('lets go when it is left, closed, or fails', async () => {
    const left = await db.stream('SELECT * FROM range(100000)');
    for await (const batch of left.batches()) {
      expect(batch.length).toBe(2_048);
      break;
    }
    const closed = await db.stream('SELECT * FROM t');
    await closed.close();
    expect(() => closed.batches()).toThrow('closed');
    const read = await db.stream('SELECT * FROM t');
    for await (const batch of read.batches()) expect(batch.length).toBe(20);
    expect(() => read.batches()).toThrow();
    const broken = await db.stream(
      `SELECT CASE WHEN i = 90000 THEN error('boom')::INTEGER ELSE i END FROM range(100000) r(i)`,
    );
    const drain = async () => {
      for await (const batch of broken.batches()) expect(batch.length).toBeGreaterThan(0);
    };
    expect(await failureOf(drain())).toMatchObject({ message: expect.stringContaining('boom') });
    expect(await failureOf(db.stream('SELECT * FROM nowhere'))).toMatchObject({ code: 'unknown-relation' });
    expect(await rows('SELECT count(*)::INTEGER FROM t')).toEqual([[20]]);
  });

  it('shows one version, whatever comes meanwhile', async () => {
    const { db: other } = await openEverview();
    await other.sql('CREATE TABLE n (a INTEGER); INSERT INTO n SELECT * FROM range(10000)');
    const stream = await other.stream('SELECT count(*) OVER () AS n, a FROM n');
    await other.execute('DELETE FROM n');
    let seen = 0;
    for await (const batch of stream.batches()) seen += batch.length;
    expect([seen, (await other.query('SELECT a FROM n')).rows.length]).toEqual([10_000, 0]);
    await other.close();
  });
});

it.each(['VIEW', 'MATERIALIZED VIEW'])('a %s reads no CTE of the past', async (kind) => {
  const failure = failureOf(
    db.execute(`CREATE ${kind} w AS WITH c AS (FROM t) SELECT * FROM c AT (VERSION => 1)`),
  );
  expect(await failure).toMatchObject({ code: 'unsupported', place: expect.stringMatching(/^1:\d+\+1$/) });
});

describe('places', () => {
  it.each([
    ['SELECT * FROM t AT (VERSION => -1)', 'invalid-query', 15],
    ['SELECT * FROM t AT (VERSION => 99)', 'invalid-query', 15],
    ['SELECT * FROM t AT (VERSION => 1.5)', 'invalid-query', 15],
    [`SELECT * FROM t AT (VERSION => 'x')`, 'invalid-query', 15],
    [`SELECT * FROM t AT (TIMESTAMP => 'yesterday')`, 'invalid-query', 15],
    ['WITH c AS (FROM t) SELECT * FROM c AT (VERSION => 1)', 'unsupported', 34],
    ['WITH t AS (FROM t) SELECT (SELECT count(*) FROM T AT (TIMESTAMP => now()))', 'unsupported', 49],
    [
      'SELECT * FROM PREDICT(line, (WITH c AS (FROM t) SELECT * FROM c AT (VERSION => 1)))',
      'unsupported',
      63,
    ],
    ['SELECT count(*) FROM everview.updates AT (VERSION => 99)', 'unsupported', 22],
    ['SELECT count(*) FROM everview.staleness AT (TIMESTAMP => now())', 'unsupported', 22],
    [`SELECT * FROM PREDICT(line, (SELECT 'west' AS region))`, 'unknown-column', 15],
    [`SELECT * FROM PREDICT(line, (SELECT 'west' AS region, 'a' AS x))`, 'invalid-query', 15],
  ])('%s', async (sql, code, column) => {
    expect(await failureOf(db.query(sql))).toMatchObject({
      code,
      place: expect.stringMatching(new RegExp(`^1:${column}\\+`)),
    });
  });
});
