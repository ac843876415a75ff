import { describe, expect, it } from 'vitest';
import { firstOf } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';

/** Each rule as the only one of its table, with a row that breaks it. */
const rules = {
  none: { column: 'k INTEGER', options: '', breaks: null },
  'PRIMARY KEY': { column: 'k INTEGER PRIMARY KEY', options: '', breaks: '(9, 1)' },
  REFERENCES: { column: 'k INTEGER REFERENCES p (k)', options: '', breaks: '(9, 99)' },
  'NOT NULL': { column: 'k INTEGER NOT NULL', options: '', breaks: '(9, NULL)' },
  CHECK: { column: 'k INTEGER CHECK (k < 50)', options: '', breaks: '(9, 50)' },
  UNIQUE: { column: 'k INTEGER UNIQUE', options: '', breaks: '(9, 1)' },
  'MATCH RATE': { column: 'k INTEGER REFERENCES p (k) MATCH RATE 0.5', options: '', breaks: '(9, 99)' },
  max_future: {
    column: "k INTEGER, at TIMESTAMP DEFAULT TIMESTAMP '2000-01-01'",
    options: "WITH (event_time = at, max_future = INTERVAL '1 hour')",
    breaks: "(9, 9, '2900-01-01')",
  },
} as const;

describe.each(firstOf(Object.entries(rules), 3))(
  'a table whose one rule is %s',
  (_, { column, options, breaks }) => {
    it('has each row once, whichever way it came, and none that breaks it', async () => {
      const { db } = await openEverview();
      await db.sql(`
      CREATE TABLE p (k INTEGER PRIMARY KEY); INSERT INTO p SELECT * FROM range(40);
      CREATE TABLE t (id INTEGER, ${column}) ${options};
      INSERT INTO t (id, k) VALUES (1, 1), (2, 2), (3, 3);
      INSERT INTO t (id, k) VALUES (4, 4);
      INSERT INTO t (id, k) SELECT CAST(k AS INTEGER), k FROM p WHERE k BETWEEN 5 AND 7;
    `);
      await db.insert(
        't',
        [8, 9, 10].map((k) => ({ id: k, k })),
      );
      await db.insert('t', [{ id: 11, k: 11 }]);
      if (breaks !== null) {
        const failure = await failureOf(db.execute(`INSERT INTO t VALUES ${breaks}`));
        expect(failure.code).toBe('constraint-violation');
      }
      const expected = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11];
      const { rows } = await db.query('SELECT id FROM t ORDER BY id');
      expect(rows.map(({ id }) => id)).toEqual(expected);
      const { rows: past } = await db.query(`SELECT id FROM t AT (VERSION => ${db.version}) ORDER BY id`);
      expect(past.map(({ id }) => id)).toEqual(expected);
      await db.close();
    });
  },
);

// Up to 10,000 rows are checked as a CTE, more of them in the log.
it.each([10_000, 10_001])(
  '%i rows at once are taken where all are right, and none where one is not',
  async (count) => {
    const { db } = await openEverview();
    await db.sql(`
    CREATE TABLE parents (id BIGINT PRIMARY KEY);
    INSERT INTO parents SELECT * FROM range(7);
    CREATE TABLE t (id BIGINT PRIMARY KEY, parent BIGINT REFERENCES parents (id), x INTEGER NOT NULL CHECK (x >= 0));`);
    const rows = (first: number, { id = 'i', parent = 'i % 7', x = 'i % 9' } = {}) =>
      `INSERT INTO t SELECT ${id} AS id, ${parent} AS parent, (${x})::INTEGER AS x FROM range(${first}, ${first + count}) AS r (i)`;
    await db.sql(rows(0));
    const last = 2 * count - 1;
    for (const [broken, constraint] of [
      [{ id: `CASE WHEN i = ${last} THEN 3 ELSE i END` }, 'PRIMARY KEY'],
      [{ id: `CASE WHEN i = ${last} THEN ${count} ELSE i END` }, 'PRIMARY KEY'],
      [{ parent: `CASE WHEN i = ${last} THEN 8 ELSE i % 7 END` }, '"parents"'],
      [{ x: `CASE WHEN i < ${last} THEN 1 END` }, 'NOT NULL'],
      [{ x: `CASE WHEN i = ${last} THEN -1 ELSE 1 END` }, 'CHECK'],
    ] as const)
      await expect(db.sql(rows(count, broken))).rejects.toMatchObject({
        code: 'constraint-violation',
        message: expect.stringContaining(constraint),
      });
    expect((await db.query('SELECT count(*)::INTEGER AS n FROM t')).rows).toEqual([{ n: count }]);
    await db.close();
  },
);
