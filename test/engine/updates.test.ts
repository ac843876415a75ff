import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Everview, Row, SimulatedClock, UpdateBuilder } from '../../src/index.ts';
import { firstOf, longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';

let db: Everview;
let clock: SimulatedClock;

beforeEach(async () => {
  ({ db, clock } = await openEverview());
  await db.sql(`
    CREATE TABLE t (id INTEGER PRIMARY KEY, k VARCHAR, x INTEGER CHECK (x >= 0));
    CREATE MATERIALIZED VIEW sums AS SELECT k, sum(x)::INTEGER AS s FROM t GROUP BY k;
    INSERT INTO t VALUES (1, 'a', 10), (2, 'b', 20);
  `);
});

afterEach(() => db.close());

async function ids(): Promise<unknown[]> {
  return (await db.query('SELECT id FROM t ORDER BY id')).rows.map((row) => row.id);
}

async function sums(): Promise<Record<string, unknown>> {
  const { rows } = await db.query('SELECT k, s FROM sums');
  return Object.fromEntries(rows.map((row) => [String(row.k), row.s]));
}

describe('versions', () => {
  it('the n-th accepted update makes version n; what changes nothing makes none', async () => {
    expect(await db.execute('UPDATE t SET x = 1 WHERE id = 99')).toMatchObject({
      version: 1,
      update: { status: 'unchanged', reason: 'nothing-to-do', version: 1 },
    });
    expect(await db.execute('DELETE FROM t WHERE id = 2')).toMatchObject({
      update: { version: 2, deleted: 1 },
    });
    expect((await db.insert('t', [])).status).toBe('unchanged');
    await expect(db.insert('t', [{ id: 1, k: 'a', x: 1 }])).rejects.toThrow();
    expect((await db.insert('t', [{ id: 3, k: 'a', x: 1 }])).version).toBe(3);
    const { rows } = await db.query(
      `SELECT version, status, reason FROM everview.updates ORDER BY update_id`,
    );
    expect(rows).toEqual([
      { version: 1n, status: 'accepted', reason: 'accepted' },
      { version: 2n, status: 'accepted', reason: 'accepted' },
      { version: null, status: 'rejected', reason: 'constraint-violated' },
      { version: 3n, status: 'accepted', reason: 'accepted' },
    ]);
  });

  it('takes concurrent inserts one after the other, and loses none', async () => {
    const results = await Promise.all(
      Array.from({ length: 30 }, (_, i) => db.insert('t', [{ id: 100 + i, k: 'c', x: 1 }])),
    );
    expect(new Set(results.map((result) => result.version)).size).toBe(30);
    expect(db.version).toBe(31);
    expect(await sums()).toEqual({ a: 10, b: 20, c: 30 });
  });

  longTests(() => {
    it('answers reads while updates come, each from one version', async () => {
      const updates = Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          db.transaction(async (update) => {
            await update.execute(`INSERT INTO t VALUES (${200 + 2 * i}, 'm', 7)`);
            await update.execute(`INSERT INTO t VALUES (${201 + 2 * i}, 'n', 7)`);
          }),
        ),
      );
      for (let read = 0; read < 10; read++) {
        const { rows } = await db.query(
          `SELECT (SELECT coalesce(sum(s), 0) FROM sums WHERE k = 'm') AS m, coalesce(sum(x), 0) AS n FROM t WHERE k = 'n'`,
        );
        expect(rows[0]?.m).toEqual(rows[0]?.n);
      }
      await updates;
      expect(await sums()).toMatchObject({ m: 140, n: 140 });
    });
  });
});

describe('a rejected update', () => {
  it('leaves its rows with their reasons, a record, and nothing else', async () => {
    const failed = db.sql(
      `BEGIN; INSERT INTO t VALUES (3, 'a', 1); INSERT INTO t VALUES (4, 'b', -1), (5, 'b', 2);`,
    );
    expect(await failureOf(failed)).toMatchObject({ code: 'constraint-violation' });
    expect([await ids(), db.version]).toEqual([[1, 2], 1]);
    const { rows } = await db.query(
      `SELECT "table", state, json_extract_string("row", '$.id') AS id FROM everview.quarantine ORDER BY id`,
    );
    expect(rows).toEqual(['3', '4', '5'].map((id) => ({ table: 't', state: 'rejected', id })));
    const last = await db.query(
      'SELECT status, version FROM everview.updates ORDER BY update_id DESC LIMIT 1',
    );
    expect(last.rows).toEqual([{ status: 'rejected', version: null }]);
    expect(await failureOf(db.execute('COMMIT'))).toMatchObject({ code: 'transaction-state' });
  });

  longTests(() => {
    it('may come again under its key once it is right', async () => {
      await failureOf(db.insert('t', [{ id: 3, k: 'a', x: -1 }], { key: 'n1' }));
      expect((await db.insert('t', [{ id: 3, k: 'a', x: 1 }], { key: 'n1' })).status).toBe('accepted');
      expect((await db.insert('t', [{ id: 3, k: 'a', x: 1 }], { key: 'n1' })).status).toBe('repeated');
    });
  });
});

describe('idempotency keys', () => {
  it('do nothing the second time, whichever way they come, and say so', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'everview-keys-'));
    const file = join(folder, 'rows.csv');
    await writeFile(file, 'id,k,x\n50,f,1\n');
    const ways: Record<string, () => Promise<{ status: string } | null>> = {
      insert: () => db.insert('t', [{ id: 10, k: 'k', x: 1 }], { key: 'insert' }),
      statement: async () =>
        (await db.execute(`INSERT INTO t VALUES (20, 'k', 1) WITH (idempotency_key = 'statement')`)).update,
      begin: async () =>
        (await db.sql(`BEGIN WITH (idempotency_key = 'begin'); INSERT INTO t VALUES (30, 'k', 1); COMMIT`))[2]
          ?.update ?? null,
      transaction: () =>
        db.transaction((update) => update.execute(`INSERT INTO t VALUES (40, 'k', 1)`), {
          key: 'transaction',
        }),
      copy: async () => (await db.execute(`COPY t FROM '${file}' WITH (idempotency_key = 'copy')`)).update,
    };
    for (const [name, way] of Object.entries(ways)) {
      expect([name, await way()]).toMatchObject([name, { status: 'accepted', inserted: 1 }]);
      const version = db.version;
      expect([name, await way()]).toMatchObject([
        name,
        {
          status: 'repeated',
          reason: 'repeated-key',
          inserted: 0,
          warnings: [expect.stringContaining(`"${name}"`)],
        },
      ]);
      expect(db.version).toBe(version);
    }
    expect(await ids()).toEqual([1, 2, 10, 20, 30, 40, 50]);
    await rm(folder, { recursive: true });
  });
});

longTests(() => {
  it.each([
    `INSERT INTO t VALUES (3, 'c', 1) WITH (idempotency_key = 'k')`,
    `DELETE FROM t WITH (idempotency_key = 'k')`,
    `COPY t FROM 'no-such.csv' (idempotency_key 'k')`,
  ])('a key is that of the whole update, and of none of its statements: %s', async (statement) => {
    const refused = { code: 'invalid-option', hint: expect.stringContaining('BEGIN WITH') };
    await db.execute('BEGIN');
    expect(await failureOf(db.execute(statement))).toMatchObject(refused);
    await db.execute('ROLLBACK');
    expect(await failureOf(db.transaction((update) => update.execute(statement)))).toMatchObject(refused);
    expect([await ids(), db.version]).toEqual([[1, 2], 1]);
  });

  describe('rows that come one by one', () => {
    async function* asking(ask: () => Promise<unknown>) {
      yield { id: 3, k: 'a', x: Number(await ask()) };
    }
    const inserts: readonly [
      how: string,
      insert: (rows: AsyncIterable<Row>) => Promise<{ status: string }>,
    ][] = [
      ['insert()', (rows) => db.insert('t', rows)],
      ['transaction()', (rows) => db.transaction((update) => update.insert('t', rows))],
    ];

    it.each(inserts)(
      'may rest on what the engine answers meanwhile, also of stale views: %s',
      async (_, insert) => {
        await db.execute(`INSERT INTO t VALUES (9, 'a', 5)`);
        const asked = async () => (await db.query(`SELECT s FROM sums WHERE k = 'a'`)).rows[0]?.s;
        expect((await insert(asking(asked))).status).toBe('accepted');
        expect(await sums()).toMatchObject({ a: 30 });
      },
    );

    it.each(inserts)('cannot rest on a write, which would wait for them: %s', async (_, insert) => {
      const written = async () => (await db.insert('t', [{ id: 8, k: 'z', x: 1 }])).version;
      expect(await failureOf(insert(asking(written)))).toMatchObject({ code: 'transaction-state' });
      expect([await ids(), db.version]).toEqual([[1, 2], 1]);
    });

    it('cannot rest on a statement of the update that reads them', { timeout: 10_000 }, async () => {
      const refused = { code: 'transaction-state', hint: expect.stringContaining('before the insert') };
      const inserting = (ask: (update: UpdateBuilder) => Promise<void>) =>
        db.transaction((update) =>
          update.insert(
            't',
            asking(() => ask(update)),
          ),
        );
      const deleting = (update: UpdateBuilder) => update.execute('DELETE FROM t');
      expect(await failureOf(inserting(deleting))).toMatchObject(refused);
      const copied = inserting((update) => update.insert('t', [{ id: 8, k: 'z', x: 1 }]));
      expect(await failureOf(copied)).toMatchObject(refused);
      expect([await ids(), db.version]).toEqual([[1, 2], 1]);

      const done = await db.transaction(async (update) => {
        await update.insert(
          't',
          asking(() => failureOf(deleting(update)).then(() => 7)),
        );
        await update.execute('DELETE FROM t WHERE id = 1');
      });
      expect([done.status, await ids()]).toEqual(['accepted', [2, 3]]);
    });

    it('are let go of where one of them is refused', async () => {
      let isClosed = false;
      async function* opened() {
        try {
          yield { id: 3, k: 'c', x: 1 };
          yield { id: 'four', k: 'c', y: 1 };
          yield { id: 5, k: 'c', x: 1 };
        } finally {
          isClosed = true;
        }
      }
      await failureOf(db.insert('t', opened()));
      expect(isClosed).toBe(true);
    });
  });

  it('VALUES whose types DuckDB unites, and cannot convert, are what each is by itself', async () => {
    await db.execute('CREATE TABLE readings (x DOUBLE)');
    await db.execute(`INSERT INTO readings VALUES (0.5), ('nan'), ('inf')`);
    expect((await db.query('SELECT x FROM readings ORDER BY x')).rows).toEqual(
      [0.5, Infinity, NaN].map((x) => ({ x })),
    );
  });

  it('COPY takes a file in the encoding that it names', async () => {
    const file = join(await mkdtemp(join(tmpdir(), 'everview-encoding-')), 'rows.csv');
    await writeFile(file, Buffer.from('id,k,x\n60,\xe9,1\n', 'latin1'));
    expect(await failureOf(db.execute(`COPY t FROM '${file}'`))).toMatchObject({ code: 'file-error' });
    await db.execute(`COPY t FROM '${file}' (ENCODING 'latin-1')`);
    expect((await db.query('SELECT k FROM t WHERE id = 60')).rows).toEqual([{ k: 'é' }]);
  });
});

describe('BEGIN … COMMIT', () => {
  it('is one version, seen whole; ROLLBACK leaves nothing', async () => {
    await db.sql(
      `BEGIN; INSERT INTO t VALUES (3, 'a', 1); UPDATE t SET x = 2 WHERE id = 3; DELETE FROM t WHERE id = 1; COMMIT;`,
    );
    expect([await ids(), db.version, await sums()]).toEqual([[2, 3], 2, { a: 2, b: 20 }]);
    await db.sql(`BEGIN; DELETE FROM t; ROLLBACK;`);
    expect([await ids(), db.version]).toEqual([[2, 3], 2]);
  });

  longTests(() => {
    it('answers queries meanwhile from before it, by definition where contents are stale, and waits for nothing', async () => {
      await db.execute(`INSERT INTO t VALUES (3, 'a', 1)`);
      await db.execute('BEGIN');
      const during = await db.query(`SELECT s FROM sums WHERE k = 'a'`);
      expect(during).toMatchObject({
        rows: [{ s: 11 }],
        path: expect.stringMatching(/^(compensated|recomputed)$/),
        version: 2,
        staleness: [{ rows: 0, policyMet: true }],
      });
      await db.execute(`INSERT INTO t VALUES (4, 'a', 100)`);
      expect((await db.query(`SELECT s FROM sums WHERE k = 'a'`)).rows).toEqual([{ s: 11 }]);
      await db.execute('COMMIT');
      expect(await sums()).toMatchObject({ a: 111 });
    });
  });

  it('sees its own changes in what its statements read', async () => {
    await db.sql(`BEGIN; INSERT INTO t VALUES (3, 'a', 5);
      INSERT INTO t SELECT 100, 'sum', s FROM sums WHERE k = 'a';
      INSERT INTO t SELECT 101, 'count', count(*) FROM t;
      UPDATE t SET x = (SELECT max(s) FROM sums) WHERE id = 2; COMMIT;`);
    expect(await sums()).toEqual({ a: 15, b: 20, sum: 15, count: 4 });
  });

  it.each(
    firstOf([
      "INSERT INTO t VALUES (2, 'b', 1)",
      "INSERT INTO t VALUES ('x', 'b', 1)",
      'INSRT INTO t VALUES (4)',
    ]),
  )('is whole or not at all: after %s nothing more goes in, and COMMIT commits nothing', async (bad) => {
    await db.sql("BEGIN; INSERT INTO t VALUES (3, 'c', 1)");
    expect((await failureOf(db.execute(bad))).code).not.toBe('transaction-state');
    const failed = { code: 'transaction-state', hint: 'ROLLBACK, then BEGIN again' };
    expect(await failureOf(db.execute("INSERT INTO t VALUES (5, 'c', 1)"))).toMatchObject(failed);
    expect(await failureOf(db.execute('COMMIT'))).toMatchObject(failed);
    expect(await ids()).toEqual([1, 2]);
    await db.sql("BEGIN; INSERT INTO t VALUES (6, 'c', 1); COMMIT");
    expect(db.version).toBe(2);
  });

  longTests(() => {
    it('ends with the text that began it when sql() stops at a failure', async () => {
      await failureOf(
        db.sql("BEGIN; INSERT INTO t VALUES (3, 'c', 1); INSERT INTO t VALUES (3, 'c', 1); COMMIT"),
      );
      expect(await db.insert('t', [{ id: 4, k: 'd', x: 1 }])).toMatchObject({ version: 2 });
      expect(await ids()).toEqual([1, 2, 4]);
    });

    it('refuses what cannot be part of it, and calls that would wait for it', async () => {
      await db.execute('BEGIN');
      for (const statement of ['BEGIN', 'CREATE VIEW v AS SELECT 1 AS a', 'REFRESH sums', 'DROP TABLE t'])
        expect(await failureOf(db.execute(statement))).toMatchObject({ code: 'transaction-state' });
      const calls = [
        db.insert('t', []),
        db.refresh('sums'),
        db.step(),
        db.declare(),
        db.transaction(async () => {}),
      ];
      for (const call of calls) expect(await failureOf(call)).toMatchObject({ code: 'transaction-state' });
      await db.execute('ROLLBACK');
      expect(await failureOf(db.execute('ROLLBACK'))).toMatchObject({ code: 'transaction-state' });
    });
  });
});

describe('transaction()', () => {
  it('refuses writes outside of it from within, instead of waiting for itself', async () => {
    const within = (work: () => Promise<unknown>) =>
      db.transaction(async (update) => {
        await update.insert('t', [{ id: 9, k: 'z', x: 1 }]);
        await work();
      });
    const writes = [
      () => db.insert('t', [{ id: 8, k: 'z', x: 1 }]),
      () => db.execute('DELETE FROM t'),
      () => db.execute('BEGIN'),
      () => db.transaction(async () => {}),
      () => db.refresh('sums'),
      () => db.close(),
    ];
    for (const write of writes)
      expect(await failureOf(within(write))).toMatchObject({ code: 'transaction-state' });
    expect(await ids()).toEqual([1, 2]);
    expect((await within(() => db.query('SELECT * FROM sums'))).status).toBe('accepted');
  });

  longTests(() => {
    it('refuses the refresh of a model from within, also behind one that waits for the update', async () => {
      await db.sql(`CREATE TRAINING SET ex WITH (label = x) AS SELECT id, x FROM t;
      CREATE MODEL m WITH (method = ridge) AS SELECT * FROM ex`);
      let open = (): void => {};
      const opened = new Promise<void>((resolve) => {
        open = resolve;
      });
      let begin = (): void => {};
      const waits = new Promise<void>((resolve) => {
        begin = resolve;
      });
      const update = db.transaction(async () => {
        open();
        await waits;
        expect(await failureOf(db.refresh('m'))).toMatchObject({ code: 'transaction-state' });
      });
      await opened;
      const outside = db.refresh('m');
      begin();
      expect((await update).status).toBe('unchanged');
      expect((await outside).rows).not.toEqual([]);
    });
  });

  it('keeps nothing when its work throws, also after statements that went well', async () => {
    const failed = db.transaction(async (update) => {
      await update.insert('t', [{ id: 9, k: 'z', x: 1 }]);
      throw new RangeError('changed my mind');
    });
    await expect(failed).rejects.toThrow('changed my mind');
    const swallowed = db.transaction(async (update) => {
      await update.insert('t', [{ id: 9, k: 'z', x: 1 }]);
      await update.insert('t', [{ id: 1, k: 'z', x: 1 }]).catch(() => undefined);
      await update.insert('t', [{ id: 10, k: 'z', x: 1 }]).catch(() => undefined);
    });
    await expect(swallowed).rejects.toMatchObject({ code: 'constraint-violation' });
    expect([await ids(), db.version]).toEqual([[1, 2], 1]);
  });

  longTests(() => {
    it.each([
      ['committed', 'accepted', undefined],
      ['repeated', 'repeated', 'again'],
    ])('takes nothing more once it is %s', async (_how, status, key) => {
      await db.transaction((update) => update.execute('DELETE FROM t WHERE id = 2'), { key: 'again' });
      const kept: UpdateBuilder[] = [];
      const late: Promise<unknown>[] = [];
      const result = await db.transaction(
        async (update) => {
          kept.push(update);
          // the slip: nothing waits for what forEach is given
          [3, 4].forEach(async (id) => {
            await update.insert('t', [{ id, k: 'c', x: 1 }]);
            late.push(failureOf(update.insert('t', [{ id: id + 10, k: 'c', x: 1 }])));
          });
        },
        key === undefined ? {} : { key },
      );
      expect(result.status).toBe(status);
      for (const failure of await Promise.all(late))
        expect(failure).toMatchObject({ code: 'transaction-state' });
      for (const update of kept)
        expect(await failureOf(update.execute('DELETE FROM t'))).toMatchObject({ code: 'transaction-state' });
      expect(late).toHaveLength(2);
      expect(await ids()).toEqual(key === undefined ? [1, 3, 4] : [1]);
    });

    it('takes nothing more once it was rolled back', async () => {
      const kept: UpdateBuilder[] = [];
      const work = async (update: UpdateBuilder) => {
        kept.push(update);
        throw new RangeError('changed my mind');
      };
      await expect(db.transaction(work)).rejects.toThrow('changed my mind');
      for (const update of kept)
        expect(await failureOf(update.execute('DELETE FROM t'))).toMatchObject({ code: 'transaction-state' });
      expect(await ids()).toEqual([1, 2]);
    });
  });
});

describe('statements that read', () => {
  longTests(() => {
    it('refresh a stale view inside the update, and follow its policy', async () => {
      await db.sql(`CREATE MATERIALIZED VIEW kept WITH (refresh = manual) AS SELECT count(*)::INTEGER AS n FROM t;
      CREATE MATERIALIZED VIEW strict WITH (on_stale_read = fail) AS SELECT count(*)::INTEGER AS n FROM t;
      CREATE TABLE counts (what VARCHAR, n INTEGER);
      INSERT INTO t VALUES (3, 'a', 1);`);
      await db.execute(`INSERT INTO counts SELECT 'sums', sum(s) FROM sums`);
      await db.execute(`INSERT INTO counts SELECT 'kept', n FROM kept`);
      expect(await failureOf(db.execute(`INSERT INTO counts SELECT 'strict', n FROM strict`))).toMatchObject({
        code: 'staleness-exceeded',
      });
      expect((await db.query('SELECT * FROM counts ORDER BY what')).rows).toEqual([
        { what: 'kept', n: 2 },
        { what: 'sums', n: 31 },
      ]);
      const { rows } = await db.query(
        `SELECT trigger FROM everview.refreshes WHERE name = 'sums' ORDER BY refresh_id DESC LIMIT 1`,
      );
      expect(rows).toEqual([{ trigger: 'read' }]);
    });

    it('take parameters, and follow the clock', async () => {
      await db.execute('INSERT INTO t (id, k, x) VALUES ($1, $2, $3)', [7, 'no', 3]);
      await db.execute('UPDATE t SET k = $2 WHERE id = $1', [7, 'changed']);
      await db.transaction((update) => update.execute('DELETE FROM t WHERE id = $1', [1]));
      await db.execute(`INSERT INTO t SELECT 8, strftime(now(), '%Y'), 1`);
      expect((await db.query('SELECT id, k FROM t ORDER BY id')).rows).toEqual([
        { id: 2, k: 'b' },
        { id: 7, k: 'changed' },
        { id: 8, k: '2001' },
      ]);
      expect(await failureOf(db.execute('DELETE FROM t WHERE id = $2', [1]))).toMatchObject({
        code: 'invalid-query',
      });
      await db.execute(
        `UPDATE t SET k = strftime(current_date, '%m'), x = (SELECT max(x) FROM t) + 1 WHERE id = 8`,
      );
      expect((await db.query('SELECT k, x FROM t WHERE id = 8')).rows).toEqual([{ k: '06', x: 21 }]);
    });
  });

  it('point at what is wrong in them', async () => {
    const places: [string, string][] = [
      ['INSERT INTO t\n SELECT id, k, x FROM tt', '2:23+2'],
      ['UPDATE t SET x = 1,\n k = (SELECT k FROM tt)', '2:21+2'],
      ['UPDATE t SET x = 1\n FROM tt WHERE true', '2:7+2'],
      ['DELETE FROM t WHERE id IN\n (SELECT id FROM tt)', '2:18+2'],
      ['DELETE FROM t WHERE idd = 1', '1:21+3'],
      ['RELEASE QUARANTINE FOR t WHERE idd = 1', '1:32+3'],
      ['CORRECT QUARANTINE FOR t SET x = 1 WHERE idd = 1', '1:42+3'],
      ['DROP QUARANTINE FOR t WHERE idd = 1', '1:29+3'],
    ];
    for (const [sql, place] of places)
      expect([sql, (await failureOf(db.execute(sql))).place]).toEqual([sql, place]);
  });

  longTests(() => {
    it('predict with a model that is as fresh as declared, and are refused without one', async () => {
      await db.sql(`CREATE TABLE xy (x DOUBLE, y DOUBLE);
      CREATE TABLE out (x DOUBLE, p DOUBLE);
      CREATE TRAINING SET ex WITH (label = y) AS SELECT x, y FROM xy;
      CREATE MODEL line WITH (method = ridge, l2 = 1e-9) AS SELECT * FROM ex;`);
      const predict = 'INSERT INTO out SELECT x, round(prediction, 3) FROM PREDICT(line, (SELECT 10.0 AS x))';
      expect(await failureOf(db.execute(predict))).toMatchObject({
        code: 'no-model-version',
        hint: 'training set "ex" holds no row with a label',
      });
      await db.execute('INSERT INTO xy SELECT i, 2 * i FROM range(10) r(i)');
      await db.execute(predict);
      await db.execute('UPDATE xy SET y = 3 * x');
      await db.execute(predict);
      expect((await db.query('SELECT p FROM out ORDER BY p')).rows).toEqual([{ p: 20 }, { p: 30 }]);
      await db.execute('UPDATE xy SET y = 4 * x');
      const [, , committed] = await db.sql(`BEGIN; ${predict}; COMMIT;`);
      expect(committed?.update).toMatchObject({
        reason: 'accepted',
        warnings: [expect.stringContaining('"line" were staler than declared')],
      });
      expect((await db.query('SELECT max(p) AS p FROM out')).rows).toEqual([{ p: 30 }]);
      await db.execute(predict.replace('prediction', 'score').replace('PREDICT', 'EXPLAIN_PREDICT'));
      expect((await db.query('SELECT max(p) AS p FROM out')).rows).toEqual([{ p: 40 }]);
    });
  });
});

longTests(() => {
  it('goes on taking updates while a model fits', async () => {
    await db.sql(`CREATE TABLE xy (x DOUBLE, y DOUBLE);
    CREATE TRAINING SET ex WITH (label = y) AS SELECT x, y FROM xy;
    CREATE MODEL line WITH (method = ridge, l2 = 1e-9, max_staleness = INTERVAL '1 day') AS SELECT * FROM ex;
    INSERT INTO xy SELECT i, 2 * i FROM range(50000) r(i);`);
    const fit = db.refresh('line');
    const during = await Promise.all(
      Array.from({ length: 5 }, (_, i) => db.insert('xy', [{ x: 60_000 + i, y: 120_000 + 2 * i }])),
    );
    await fit;
    expect(during.map((result) => result.status)).toEqual(Array(5).fill('accepted'));
    const { rows, staleness } = await db.query(
      'SELECT round(prediction, 2) AS p FROM PREDICT(line, (SELECT 5.0 AS x))',
    );
    expect(rows).toEqual([{ p: 10 }]);
    expect(staleness[0]?.policyMet).toBe(true);
    clock.advanceMs(86_400_001);
    expect((await db.query('SELECT * FROM PREDICT(line, (SELECT 5.0 AS x))')).staleness).toMatchObject([
      { name: 'line', rows: 0, asOf: db.version },
    ]);
  });

  it('keeps an update whose immediate model cannot be fitted, and says so', async () => {
    await db.sql(`CREATE TABLE xy (x DOUBLE, y DOUBLE);
    CREATE TRAINING SET ex WITH (label = y) AS
      SELECT CASE WHEN x < 0 THEN error('no root')::DOUBLE ELSE sqrt(x) END AS root, y FROM xy;
    CREATE MODEL line WITH (method = ridge, refresh = immediate) AS SELECT * FROM ex;
    INSERT INTO xy VALUES (1, 1), (4, 2), (9, 3);`);
    expect((await db.query(`SELECT trigger FROM everview.refreshes WHERE name = 'line'`)).rows).toEqual([
      { trigger: 'with-the-update' },
    ]);
    const result = await db.insert('xy', [{ x: -1, y: 0 }]);
    expect(result).toMatchObject({ status: 'accepted', warnings: [expect.stringContaining('no root')] });
    expect((await db.query('SELECT count(*)::INTEGER AS n FROM xy')).rows).toEqual([{ n: 4 }]);
  });
});
