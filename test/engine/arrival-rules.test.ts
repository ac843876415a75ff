import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Everview, foreignKey, type SimulatedClock } from '../../src/index.ts';
import { firstOf, longer, longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';

let db: Everview;
let clock: SimulatedClock;

beforeEach(async () => {
  ({ db, clock } = await openEverview());
});

afterEach(() => db.close());

const at = (minute: number) => new Date(clock.nowMs() + minute * 60_000).toISOString();

async function held(): Promise<unknown[]> {
  const { rows } = await db.query(
    `SELECT constraint_kind AS kind, reason FROM everview.quarantine ORDER BY id`,
  );
  return rows.map((row) => `${String(row.kind)}: ${String(row.reason)}`);
}

async function ids(): Promise<unknown[]> {
  return (await db.query('SELECT id FROM t ORDER BY id')).rows.map((row) => row.id);
}

describe('event times', () => {
  const create = (options: string) =>
    db.execute(
      `CREATE TABLE t (id INTEGER, station VARCHAR, happened TIMESTAMP) WITH (event_time = happened, ${options})`,
    );

  it('may be ahead of the clock by max_future, and no more', async () => {
    await create(`max_future = INTERVAL '5 minutes'`);
    await db.execute(`INSERT INTO t VALUES (1, 'a', '${at(5)}'), (2, 'a', NULL)`);
    const failure = await failureOf(db.execute(`INSERT INTO t VALUES (3, 'a', '${at(6)}')`));
    expect(failure.code).toBe('constraint-violation');
    expect(failure.message).toContain('is more than 5 minutes ahead of the clock');
    expect((await failureOf(db.execute(`UPDATE t SET happened = '${at(6)}' WHERE id = 1`))).code).toBe(
      'constraint-violation',
    );
    clock.advanceMs(60_000);
    await db.execute(`INSERT INTO t VALUES (3, 'a', '${at(5)}')`);
    expect(await ids()).toEqual([1, 2, 3]);
  });

  it('may be behind the newest by allowed_lateness; a person lets in what came too late', async () => {
    await create(`allowed_lateness = INTERVAL '1 hour', on_violation = quarantine`);
    await db.execute(`INSERT INTO t VALUES (1, 'a', '${at(0)}'), (2, 'a', '${at(-500)}')`);
    const result = await db.insert('t', [
      { id: 3, station: 'a', happened: new Date(at(-60)) },
      { id: 4, station: 'a', happened: new Date(at(-61)) },
    ]);
    expect(result).toMatchObject({ inserted: 1, quarantined: 1, reason: 'rows-quarantined' });
    expect((await held())[0]).toMatch(/^allowed-lateness: .* is more than 1 hour behind the newest of "t"/);
    // Rows that are there may be corrected however old they are.
    await db.execute(`UPDATE t SET station = 'b' WHERE id = 2`);
    await db.execute('RELEASE QUARANTINE FOR t');
    expect(await ids()).toEqual([1, 2, 3, 4]);
  });

  it('come in order, for each source by itself', async () => {
    await create(`event_time_order = ascending, source = station, on_violation = quarantine`);
    await db.execute(
      `INSERT INTO t VALUES (1, 'a', '${at(0)}'), (2, 'b', '${at(-9)}'), (3, 'a', '${at(0)}')`,
    );
    await db.execute(
      `INSERT INTO t VALUES (4, 'b', '${at(-8)}'), (5, 'a', '${at(-1)}'), (6, 'b', '${at(-8.5)}'), (7, NULL, '${at(-99)}')`,
    );
    expect(await ids()).toEqual([1, 2, 3, 4, 7]);
    expect(await held()).toEqual([
      expect.stringMatching(/^event-time-order: .* is before the newest of station = 'a' in "t"/),
      expect.stringMatching(/^event-time-order: .* is before .*, which came before it in the same update/),
    ]);
  });

  it('need to be declared', async () => {
    for (const option of [
      `max_future = INTERVAL '1 hour'`,
      `allowed_lateness = INTERVAL '1 hour'`,
      'event_time_order = strict',
    ]) {
      const failure = await failureOf(db.execute(`CREATE TABLE t (a TIMESTAMP) WITH (${option})`));
      expect(failure.code).toBe('invalid-option');
      expect(failure.message).toContain('needs an event_time');
    }
    expect((await failureOf(db.execute('CREATE TABLE t (a INTEGER) WITH (source = b)'))).code).toBe(
      'unknown-column',
    );
  });

  it('are judged as a plain reading of the rules says, whatever comes', async () => {
    const random = new Random(5);
    await create(
      `source = station, event_time_order = strict, allowed_lateness = INTERVAL '4 minutes', max_future = INTERVAL '3 minutes', on_violation = quarantine`,
    );
    const newest = new Map<string, number>();
    const kept: number[] = [];
    let id = 0;
    const steps = longer(8, 25);
    for (let step = 0; step < steps; step++) {
      const rows = Array.from({ length: 1 + random.int(0, 5) }, () => {
        id += 1;
        return { id, station: random.pick(['a', 'b', 'c']), minute: random.int(-8, 5) };
      });
      const nowMs = clock.nowMs();
      const happened = (minute: number) => nowMs + minute * 60_000;
      const alone = rows.filter(({ station, minute }) => {
        const before = newest.get(station);
        return minute <= 3 && (before === undefined || happened(minute) > before);
      });
      for (const { id: number, station, minute } of alone) {
        const earlier = alone.filter((row) => row.id < number && row.station === station);
        if (earlier.some((row) => row.minute >= minute)) continue;
        kept.push(number);
        newest.set(station, happened(minute));
      }
      await db.insert(
        't',
        rows.map((row) => ({ id: row.id, station: row.station, happened: new Date(happened(row.minute)) })),
      );
      expect(await ids(), `step ${step}`).toEqual(kept);
      clock.advanceMs(60_000);
    }
    expect(kept.length).toBeGreaterThan(0.4 * steps);
  });

  longTests(() => {
    it('knows the zone of TIMESTAMPTZ, and takes DATE and infinity as they are', async () => {
      await db.sql(`
      CREATE TABLE z (happened TIMESTAMPTZ) WITH (event_time = happened, max_future = INTERVAL '0 minutes');
      CREATE TABLE d (happened DATE) WITH (event_time = happened, max_future = INTERVAL '0 minutes');
    `);
      const zoned = at(0).replace('Z', '');
      await db.execute(`INSERT INTO z VALUES ('${zoned}+00'), ('${zoned}+01')`);
      expect((await failureOf(db.execute(`INSERT INTO z VALUES ('${zoned}-01')`))).code).toBe(
        'constraint-violation',
      );
      expect((await failureOf(db.execute(`INSERT INTO z VALUES ('infinity')`))).code).toBe(
        'constraint-violation',
      );
      await db.execute(`INSERT INTO d VALUES ('${at(0).slice(0, 10)}'), ('-infinity')`);
      expect((await failureOf(db.execute(`INSERT INTO d VALUES ('${at(1440).slice(0, 10)}')`))).code).toBe(
        'constraint-violation',
      );
    });
  });
});

describe('REFERENCES with a match rate', () => {
  beforeEach(() =>
    db.sql(`
      CREATE TABLE p (k INTEGER PRIMARY KEY);
      INSERT INTO p VALUES (1), (2);
      CREATE TABLE t (id INTEGER, k INTEGER REFERENCES p (k) MATCH RATE 0.75);
    `),
  );

  it('lets as many rows find nothing as it says', async () => {
    await db.execute('INSERT INTO t VALUES (1, 1), (2, 2), (3, 1), (4, 9), (5, NULL)');
    const failure = await failureOf(db.execute('INSERT INTO t VALUES (6, 1), (7, 9), (8, NULL)'));
    expect(failure.message).toContain('k = 9 is not in "p" (k)');
    // Nothing depends on every reference being found, so the target may go.
    await db.execute('DELETE FROM p WHERE k = 2');
    expect(await ids()).toEqual([1, 2, 3, 4, 5]);
  });

  it('is printed, kept, and declared by the builder', async () => {
    const [described] = await db.sql('DESCRIBE t');
    expect(described?.message).toContain('REFERENCES p (k) MATCH RATE 0.75');
    expect(
      (await failureOf(db.execute('CREATE TABLE u (k INTEGER REFERENCES p (k) MATCH RATE 1.5)'))).code,
    ).toBe('invalid-definition');
    const constraint = foreignKey(['k'], 'p', ['k'], undefined, 0.75);
    expect(constraint).toMatchObject({ kind: 'references', matchRate: 0.75 });
  });

  longTests(() => {
    it('sets all that find nothing aside once they are too many', async () => {
      await db.execute('ALTER TABLE t SET (on_violation = quarantine)');
      await db.execute('INSERT INTO t VALUES (1, 1), (2, 9), (3, 9), (4, 2)');
      expect(await ids()).toEqual([1, 4]);
      expect(await held()).toHaveLength(2);
    });

    it('is asked of rows that are there when it is declared', async () => {
      await db.execute('INSERT INTO t VALUES (1, 1), (2, 2), (3, 1), (4, 9)');
      const declared = (rate: number) =>
        db.execute(`CREATE OR REPLACE TABLE t (id INTEGER, k INTEGER REFERENCES p (k) MATCH RATE ${rate})`);
      await declared(0.7);
      expect((await failureOf(declared(0.8))).code).toBe('constraint-violation');
    });
  });
});

describe('replays', () => {
  const rows = [
    { id: 1, k: 'a' },
    { id: 2, k: null },
    { id: 2, k: null },
  ];
  const create = (response: string) =>
    db.execute(`CREATE TABLE t (id INTEGER, k VARCHAR) WITH (on_replay = ${response})`);

  it('are refused whatever the order, and their rows kept', async () => {
    await create('reject');
    await db.insert('t', rows);
    const failure = await failureOf(db.insert('t', rows.toReversed()));
    expect(failure).toMatchObject({ code: 'replayed-batch' });
    expect(failure.message).toBe(
      'the update of "t": the same rows came with update 1: a replay, to which on_replay = reject',
    );
    expect(await ids()).toEqual([1, 2, 2]);
    expect((await db.query(`SELECT status, reason FROM everview.updates ORDER BY update_id`)).rows).toEqual([
      { status: 'accepted', reason: 'accepted' },
      { status: 'rejected', reason: 'replayed-batch' },
    ]);
    expect(await held()).toHaveLength(3);
    // One row more or less, or a row once instead of twice, is another batch.
    await db.insert('t', rows.slice(1));
    await db.insert('t', rows.slice(0, 2));
    await db.execute(`INSERT INTO t SELECT * FROM (VALUES (2, NULL), (1, 'a'), (3, 'b'))`);
  });

  it.each(
    firstOf([
      ['reject', 'quarantine', 'replayed-batch'],
      ['quarantine', 'reject', null],
    ]),
  )(
    'are the one thing wrong with rows whose keys are there already: %s',
    async (response, onViolation, code) => {
      await db.execute(`CREATE TABLE t (id INTEGER PRIMARY KEY, k VARCHAR UNIQUE)
                      WITH (on_replay = ${response}, on_violation = ${onViolation})`);
      const batch = [
        { id: 1, k: 'a' },
        { id: 2, k: 'b' },
      ];
      await db.insert('t', batch);
      const again = await db.insert('t', batch).catch((failure: unknown) => failure);
      expect(again).toMatchObject(code === null ? { inserted: 0, quarantined: 2 } : { code });
      const told = await db.query('SELECT cause, rows::INTEGER AS rows FROM everview.incidents');
      expect(told.rows).toEqual([{ cause: 'replayed-batch', rows: 2 }]);
      expect((await held()).length).toBe(2);
    },
  );

  longTests(() => {
    it('are noticed, or set aside, as declared', async () => {
      await create('warn');
      await db.insert('t', rows);
      const again = await db.insert('t', rows);
      expect(again).toMatchObject({ status: 'accepted', reason: 'accepted-with-warnings', inserted: 3 });
      expect(again.warnings[0]).toContain('the same rows came with update 1');
      await db.execute('ALTER TABLE t SET (on_replay = quarantine)');
      expect(await db.insert('t', rows)).toMatchObject({ inserted: 0, quarantined: 3 });
      await db.execute('RELEASE QUARANTINE FOR t');
      expect(await ids()).toHaveLength(9);
    });

    it('of what broke a constraint are told with what else is wrong', async () => {
      await db.execute(
        `CREATE TABLE t (id INTEGER CHECK (id > 0)) WITH (on_replay = warn, on_violation = quarantine)`,
      );
      await db.execute('INSERT INTO t VALUES (1), (-1)');
      const again = await db.execute('INSERT INTO t VALUES (-1), (1)');
      expect(again.update).toMatchObject({ inserted: 1, quarantined: 1 });
      expect(again.update?.warnings[0]).toContain('a replay');
    });

    it('are none once the table is a new one', async () => {
      await create('reject');
      await db.insert('t', rows);
      await db.execute('DROP TABLE t');
      await create('reject');
      expect(await db.insert('t', rows)).toMatchObject({ inserted: 3 });
    });
  });
});

describe('sources', () => {
  const sources = async () =>
    (await db.query(`SELECT source, rows, silence_ms, overdue FROM everview.sources ORDER BY source`)).rows;

  it('are each expected to send within the heartbeat', async () => {
    await db.execute(
      `CREATE TABLE t (id INTEGER, station VARCHAR) WITH (heartbeat = INTERVAL '10 minutes', source = station)`,
    );
    await db.execute(`INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'b')`);
    clock.advanceMs(9 * 60_000);
    await db.execute(`INSERT INTO t VALUES (4, 'a')`);
    clock.advanceMs(2 * 60_000);
    expect(await sources()).toEqual([
      { source: 'a', rows: 2n, silence_ms: 120_000, overdue: false },
      { source: 'b', rows: 2n, silence_ms: 660_000, overdue: true },
    ]);
    // The table itself is not silent.
    expect((await db.query('SELECT overdue FROM everview.tables')).rows).toEqual([{ overdue: false }]);
    // A deletion is no sign of life.
    await db.execute(`DELETE FROM t WHERE id = 2`);
    expect((await sources())[1]).toMatchObject({ overdue: true });
  });

  longTests(() => {
    it('of rows that are there count from when they are watched', async () => {
      await db.execute(`CREATE TABLE t (id INTEGER, station VARCHAR)`);
      await db.execute(`INSERT INTO t VALUES (1, 'a'), (2, NULL)`);
      clock.advanceMs(60_000);
      await db.execute(`ALTER TABLE t SET (source = station)`);
      expect(await sources()).toEqual([
        { source: 'a', rows: 1n, silence_ms: 0, overdue: null },
        { source: null, rows: 1n, silence_ms: 0, overdue: null },
      ]);
      await db.execute(`ALTER TABLE t SET (source = NULL)`);
      expect(await sources()).toEqual([]);
    });
  });
});
