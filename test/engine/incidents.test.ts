import { createServer, type IncomingMessage, type Server } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Everview, type IncidentNotice, type SimulatedClock } from '../../src/index.ts';
import { longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { firstMoment, openEverview } from '../support/open-everview.ts';
import { type TemporaryDatabase, temporaryDatabase } from '../support/temporary-database.ts';

let db: Everview;
let clock: SimulatedClock;

async function incidents(columns = 'state, kind, subject, occurrences') {
  return (await db.query(`SELECT ${columns} FROM everview.incidents ORDER BY incident_id`)).rows;
}

async function events() {
  return (await db.query('SELECT event, who, why FROM everview.incident_events ORDER BY event_id')).rows;
}

const world = `
  CREATE TABLE t (id INTEGER PRIMARY KEY, k VARCHAR, x INTEGER CHECK (x >= 0)) WITH (on_violation = quarantine);
  CREATE MATERIALIZED VIEW sums AS SELECT k, sum(x) AS s FROM t GROUP BY k;
  CREATE TRAINING SET examples WITH (label = s) AS SELECT k, s FROM sums;
  CREATE MODEL m WITH (method = 'ridge') AS SELECT * FROM examples;`;

describe('incidents of updates', () => {
  beforeEach(async () => {
    ({ db, clock } = await openEverview());
    await db.sql(world);
  });
  afterEach(() => db.close());

  it('are one for each rule that rows break, however often', async () => {
    await db.execute(`INSERT INTO t VALUES (1, 'a', 5), (2, 'a', -1), (1, 'b', 3)`);
    await db.execute(`INSERT INTO t VALUES (3, 'a', -7), (4, 'a', -8)`);
    expect(await incidents('state, kind, name, subject, cause, occurrences, rows, response')).toEqual(
      [
        {
          state: 'open',
          kind: 'constraint-violation',
          name: 't',
          subject: 't_pkey',
          cause: 'duplicated-rows',
          occurrences: 1n,
          rows: 1n,
          response: 'quarantined',
        },
        {
          state: 'open',
          kind: 'constraint-violation',
          name: 't',
          subject: 't_x_check',
          cause: null,
          occurrences: 2n,
          rows: 3n,
          response: 'quarantined',
        },
      ].toSorted((a, b) => (a.subject === 't_pkey' ? 1 : -1) - (b.subject === 't_pkey' ? 1 : -1)),
    );
    const [first] = await incidents('affected_views, affected_models, sample, statements');
    expect(first).toMatchObject({
      affected_views: ['sums', 'examples'],
      affected_models: ['m'],
      sample: ['{"id":3,"k":"a","x":-7}', '{"id":4,"k":"a","x":-8}'],
    });
  });

  it('of refused updates are there although nothing of the update is', async () => {
    await db.execute('ALTER TABLE t SET (on_violation = reject)');
    await failureOf(db.execute(`INSERT INTO t VALUES (1, 'a', 1), (2, 'a', -1)`));
    await failureOf(db.insert('t', [{ id: 1, kk: 'a', x: 1 }]));
    await failureOf(db.insert('t', [{ id: 1, k: 'a', x: 'one' }]));
    await failureOf(db.execute(`COPY t FROM '/nowhere.csv'`));
    expect(await incidents('kind, subject, response, detail')).toEqual([
      {
        kind: 'constraint-violation',
        subject: 't_x_check',
        response: 'rejected',
        detail: '1 row breaks "t_x_check" of "t", first: x = -1 breaks CHECK (x >= 0)',
      },
      {
        kind: 'schema-mismatch',
        subject: 'k, kk',
        response: 'rejected',
        detail: expect.stringContaining('"k" seems to be called "kk" now'),
      },
      {
        kind: 'schema-mismatch',
        subject: 'x',
        response: 'rejected',
        detail: expect.stringContaining('row 1, column "x" of "t": "one" is no'),
      },
    ]);
    expect((await db.query(`SELECT status, reason FROM everview.updates ORDER BY update_id`)).rows).toEqual([
      { status: 'rejected', reason: 'constraint-violated' },
      { status: 'rejected', reason: 'schema-mismatch' },
      { status: 'rejected', reason: 'value-misfit' },
    ]);
    expect(db.version).toBe(0);
  });

  it('are over once several updates in a row were without them', async () => {
    await db.execute(`INSERT INTO t VALUES (1, 'a', -1)`);
    for (let id = 2; id <= 3; id++) await db.execute(`INSERT INTO t VALUES (${id}, 'a', 1)`);
    await db.execute(`INSERT INTO t VALUES (4, 'a', -1), (5, 'a', 1)`);
    for (let id = 6; id <= 7; id++) await db.execute(`INSERT INTO t VALUES (${id}, 'a', 1)`);
    await db.execute('DELETE FROM t WHERE id = 7');
    expect(await incidents('state, occurrences')).toEqual([{ state: 'open', occurrences: 2n }]);
    await db.execute(`INSERT INTO t VALUES (8, 'a', 1)`);
    expect(await incidents('state')).toEqual([{ state: 'resolved' }]);
    // And it is another one when it comes again.
    await db.execute(`INSERT INTO t VALUES (9, 'a', -1)`);
    expect(await incidents('state')).toEqual([{ state: 'resolved' }, { state: 'open' }]);
    await db.execute('DROP TABLE t CASCADE');
    expect(await incidents('state')).toEqual([{ state: 'resolved' }, { state: 'resolved' }]);
  });

  it('are acknowledged, accepted for a time, and resolved, with who and why', async () => {
    const bad = (id: number) => db.execute(`INSERT INTO t VALUES (${id}, 'a', -1)`);
    await bad(1);
    await db.execute(`ACKNOWLEDGE INCIDENT 1 BY 'ana'`);
    await db.execute(`ACCEPT INCIDENT 1 FOR INTERVAL '1 hour' BECAUSE 'the sensor is being replaced'`);
    await bad(2);
    expect(await incidents('state, occurrences')).toEqual([{ state: 'accepted', occurrences: 2n }]);
    clock.advanceMs(3_600_000);
    await bad(3);
    expect(await incidents('state, occurrences, expires_at')).toEqual([
      { state: 'open', occurrences: 3n, expires_at: null },
    ]);
    await db.decideIncident(1, 'resolve', { by: 'bo', because: 'replaced' });
    expect(await incidents('state, resolved_at')).toEqual([
      { state: 'resolved', resolved_at: new Date(clock.nowMs()) },
    ]);
    expect(await events()).toEqual([
      { event: 'opened', who: 'everview', why: expect.stringContaining('t_x_check') },
      { event: 'acknowledged', who: 'ana', why: null },
      { event: 'accepted', who: null, why: 'the sensor is being replaced' },
      { event: 'expired', who: 'everview', why: expect.any(String) },
      { event: 'resolved', who: 'bo', why: 'replaced' },
    ]);
  });

  it('are shown and explained', async () => {
    await db.execute(`INSERT INTO t VALUES (1, 'a', -1)`);
    expect((await db.execute('SHOW INCIDENTS')).rows).toMatchObject([
      { incident_id: 1n, state: 'open', name: 't' },
    ]);
    const explained = (await db.execute('EXPLAIN INCIDENT 1')).rows;
    const said = (aspect: string) => explained.filter((row) => row.aspect === aspect).map((row) => row.value);
    expect(said('affected view')).toEqual(['sums', 'examples']);
    expect(said('affected model')).toEqual(['m']);
    expect(said('sample row')).toEqual(['{"id":1,"k":"a","x":-1}']);
    expect(said('statement')).toContain('RESOLVE INCIDENT 1');
    await db.execute('RESOLVE INCIDENT 1');
    expect((await db.execute('SHOW INCIDENTS')).rows).toEqual([]);
  });

  it('offer statements that work', async () => {
    await db.execute(`INSERT INTO t VALUES (2, 'a', -1)`);
    const [row] = await incidents('statements');
    for (const statement of (row?.statements ?? []) as string[]) {
      if (statement.includes('…')) continue;
      await db.execute(statement);
    }
    expect(await incidents('state')).toEqual([{ state: 'resolved' }]);
  });

  longTests(() => {
    it('are not made of a value that somebody mistyped', async () => {
      await db.execute(`INSERT INTO t VALUES (1, 'a', 1), (2, 'a', -1)`);
      for (const statement of [`UPDATE t SET x = 'abc'`, `CORRECT QUARANTINE FOR t SET x = 'abc'`])
        expect((await failureOf(db.execute(statement))).code).toBe('invalid-row');
      await db.execute('BEGIN');
      await db.execute(`INSERT INTO t VALUES (3, 'a', 3)`);
      expect((await failureOf(db.execute(`UPDATE t SET x = 'abc'`))).code).toBe('invalid-row');
      await db.execute('ROLLBACK');
      expect(await incidents('kind')).toEqual([{ kind: 'constraint-violation' }]);
      expect((await db.query('SELECT status FROM everview.updates')).rows).toEqual([{ status: 'partial' }]);
      expect((await failureOf(db.execute(`INSERT INTO t SELECT 3, 'a', 'abc'`))).code).toBe('invalid-row');
      expect(await incidents('kind')).toMatchObject([{}, { kind: 'schema-mismatch' }]);
    });

    it('are over as soon where the file is closed between the updates', async () => {
      await using place = await temporaryDatabase();
      const states: unknown[] = [];
      const once = async (statement: string) => {
        await db.close();
        ({ db } = await openEverview({ path: place.path, clock }));
        await db.execute(statement);
        states.push((await incidents('state'))[0]?.state);
      };
      await once('CREATE TABLE t (id INTEGER, x INTEGER CHECK (x >= 0)) WITH (on_violation = quarantine)');
      for (const x of [-1, 1, 1, -1, 1, 1]) await once(`INSERT INTO t VALUES (1, ${x})`);
      await once('ACKNOWLEDGE INCIDENT 1');
      for (const x of [1, 1, 1]) await once(`INSERT INTO t VALUES (1, ${x})`);
      expect(states).toEqual([
        undefined,
        ...new Array<string>(6).fill('open'),
        ...new Array<string>(3).fill('acknowledged'),
        'resolved',
      ]);
      await db.close();
      ({ db } = await openEverview());
    });

    it('refuse what cannot be', async () => {
      expect(await failureOf(db.execute('RESOLVE INCIDENT 7'))).toMatchObject({
        code: 'unknown-incident',
        place: '1:18+1',
      });
      expect((await failureOf(db.execute('EXPLAIN INCIDENT 7'))).code).toBe('unknown-incident');
      await db.execute(`INSERT INTO t VALUES (1, 'a', -1)`);
      await db.execute('RESOLVE INCIDENT 1');
      expect((await failureOf(db.execute('ACCEPT INCIDENT 1'))).code).toBe('incident-state');
      for (const text of [
        'ACCEPT INCIDENT 1.5',
        `ACCEPT INCIDENT 1 FOR INTERVAL '0 days'`,
        `ACCEPT INCIDENT 1 FOR 'ever'`,
        `RESOLVE INCIDENT 1 FOR INTERVAL '1 day'`,
        'EXPLAIN INCIDENT',
      ])
        expect((await failureOf(db.execute(text))).code, text).toBe('syntax-error');
    });
  });
});

describe('silence', () => {
  beforeEach(async () => {
    ({ db, clock } = await openEverview());
  });
  afterEach(() => db.close());

  it('of a source opens an incident within its heartbeat, and its rows end it', async () => {
    await db.sql(`
      CREATE TABLE t (id INTEGER, station VARCHAR) WITH (heartbeat = INTERVAL '10 minutes', source = station);
      INSERT INTO t VALUES (1, 'a'), (2, 'b')`);
    clock.advanceMs(6 * 60_000);
    await db.execute(`INSERT INTO t VALUES (3, 'a')`);
    await db.step();
    expect(await incidents()).toEqual([]);
    clock.advanceMs(5 * 60_000);
    await db.step();
    await db.step();
    const silent = { kind: 'silence', occurrences: 1n };
    expect(await incidents()).toEqual([{ ...silent, state: 'open', subject: 'source b' }]);
    // Now nobody sends: that is one more reason, and not one for each source.
    clock.advanceMs(10 * 60_000);
    await db.step();
    expect(await incidents()).toEqual([
      { ...silent, state: 'open', subject: 'source b' },
      { ...silent, state: 'open', subject: '' },
    ]);
    await db.execute(`INSERT INTO t VALUES (4, 'b'), (5, 'a')`);
    await db.step();
    expect(await incidents('state')).toEqual([{ state: 'resolved' }, { state: 'resolved' }]);
  });

  it('goes on while rows are only taken away', async () => {
    await db.sql(`
      CREATE TABLE t (id INTEGER, station VARCHAR) WITH (heartbeat = INTERVAL '10 minutes', source = station);
      INSERT INTO t VALUES (1, 'a'), (2, 'b'), (3, 'c')`);
    clock.advanceMs(11 * 60_000);
    await db.step();
    await db.execute(`DELETE FROM t WHERE station = 'a'`);
    await db.step();
    expect(await incidents('state, subject')).toEqual([{ state: 'open', subject: '' }]);
    const { rows } = await db.query('SELECT overdue FROM everview.tables');
    expect(rows).toEqual([{ overdue: true }]);
  });

  longTests(() => {
    it('is not that of rows that are set aside, unless they came before', async () => {
      await using place = await temporaryDatabase();
      await db.close();
      ({ db } = await openEverview({ path: place.path, clock }));
      await db.sql(`
      CREATE TABLE t (id INTEGER, station VARCHAR, x INTEGER CHECK (x > 0))
        WITH (on_violation = quarantine, on_replay = quarantine, heartbeat = INTERVAL '10 minutes', source = station);
      INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 1)`);
      const later = async (rows: string) => {
        clock.advanceMs(6 * 60_000);
        await db.execute(`INSERT INTO t VALUES ${rows}`);
        await db.step();
      };
      const silences = async () =>
        (await db.query(`SELECT subject, state FROM everview.incidents WHERE kind = 'silence'`)).rows;
      await later(`(3, 'a', 1), (4, 'b', -1)`);
      await later(`(5, 'a', -1), (6, 'b', -1)`);
      await db.close();
      ({ db } = await openEverview({ path: place.path, clock }));
      await later(`(7, 'a', -1), (8, 'b', -1)`);
      expect(await silences()).toEqual([]);
      const { rows } = await db.query('SELECT source, rows, overdue FROM everview.sources ORDER BY source');
      expect(rows).toEqual([
        { source: 'a', rows: 2n, overdue: false },
        { source: 'b', rows: 1n, overdue: false },
      ]);
      // The same again is nothing that is heard.
      await later(`(7, 'a', -1), (8, 'b', -1)`);
      await later(`(7, 'a', -1), (8, 'b', -1)`);
      expect(await silences()).toEqual([{ subject: '', state: 'open' }]);
      expect((await db.query('SELECT overdue FROM everview.tables')).rows).toEqual([{ overdue: true }]);
      await later(`(9, 'a', 1), (10, 'b', -1)`);
      expect(await silences()).toEqual([{ subject: '', state: 'resolved' }]);
      await db.close();
      ({ db } = await openEverview());
    });

    it('is not that of rows that an update would have changed, before and after opening again', async () => {
      await using place = await temporaryDatabase();
      await db.close();
      ({ db } = await openEverview({ path: place.path, clock }));
      await db.sql(`
      CREATE TABLE t (id INTEGER PRIMARY KEY, station VARCHAR, x INTEGER CHECK (x > 0))
        WITH (on_violation = quarantine, on_replay = quarantine, heartbeat = INTERVAL '10 minutes', source = station);
      INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 1)`);
      const heard = async () => [
        (await db.query('SELECT overdue FROM everview.tables')).rows,
        (await db.query('SELECT source, overdue FROM everview.sources ORDER BY source')).rows,
      ];
      const reopen = async () => {
        await db.close();
        ({ db } = await openEverview({ path: place.path, clock }));
      };
      const bySource = (overdue: boolean) => [{ overdue }, { overdue }];
      const expectHeard = async (overdue: boolean) => {
        const live = await heard();
        expect(live).toMatchObject([[{ overdue }], bySource(overdue)]);
        await reopen();
        expect(await heard()).toEqual(live);
      };
      clock.advanceMs(11 * 60_000);
      await db.execute('UPDATE t SET x = -1');
      await expectHeard(false);
      clock.advanceMs(11 * 60_000);
      await db.execute(`INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 1)`);
      await expectHeard(true);
      // Nor is a replay that a release finds wrong by another rule as well.
      await db.execute(`RELEASE QUARANTINE FOR t WHERE constraint_kind = 'replayed-batch'`);
      await expectHeard(true);
      // A replay does not hide what else its update does.
      await db.transaction(async (update) => {
        await update.execute(`INSERT INTO t VALUES (1, 'a', 1), (2, 'b', 1)`);
        await update.execute('UPDATE t SET x = -2');
      });
      await expectHeard(false);
      await db.close();
      ({ db } = await openEverview());
    });

    it('is not that of a source of which nothing was ever taken', async () => {
      await using place = await temporaryDatabase();
      await db.close();
      ({ db } = await openEverview({ path: place.path, clock }));
      await db.sql(`
      CREATE TABLE t (station VARCHAR NOT NULL CHECK (station IN ('a', 'b')), x INTEGER CHECK (x > 0))
        WITH (on_violation = quarantine, heartbeat = INTERVAL '10 minutes', source = station);
      INSERT INTO t VALUES ('a', 1), ('21.5', 1), (NULL, 1), ('b', -1)`);
      const sources = async () =>
        (await db.query('SELECT source, rows, silence_ms FROM everview.sources ORDER BY source')).rows;
      clock.advanceMs(6 * 60_000);
      await db.execute(`INSERT INTO t VALUES ('a', -1), ('21.5', 2)`);
      expect(await sources()).toEqual([{ source: 'a', rows: 1n, silence_ms: 0 }]);
      clock.advanceMs(6 * 60_000);
      await db.execute(`INSERT INTO t VALUES ('a', 2)`);
      await db.step();
      expect((await db.query(`SELECT * FROM everview.incidents WHERE kind = 'silence'`)).rows).toEqual([]);
      await db.close();
      ({ db } = await openEverview({ path: place.path, clock }));
      expect(await sources()).toEqual([{ source: 'a', rows: 2n, silence_ms: 0 }]);
      await db.execute(`CORRECT QUARANTINE FOR t SET x = 1 WHERE station = 'b'`);
      expect(await sources()).toMatchObject([{ source: 'a' }, { source: 'b', rows: 1n }]);
      await db.close();
      ({ db } = await openEverview());
    });
  });
});

describe('what is told of incidents', () => {
  let place: TemporaryDatabase;
  let server: Server | null = null;

  beforeEach(async () => {
    place = await temporaryDatabase();
    ({ clock } = await openEverview());
  });
  afterEach(async () => {
    await db.close();
    server?.close();
    server = null;
    await place[Symbol.asyncDispose]();
  });

  const bodyOf = async (request: IncomingMessage): Promise<string> => {
    let text = '';
    for await (const piece of request) text += String(piece);
    return text;
  };

  it('arrives at a webhook, is tried again until it does, and after the engine was closed', async () => {
    const received: { notice: IncidentNotice; key: unknown; secret: unknown }[] = [];
    let answer = 503;
    server = createServer(async (request, response) => {
      const body = await bodyOf(request);
      if (answer === 200) {
        const { 'idempotency-key': key, authorization: secret } = request.headers;
        received.push({ notice: JSON.parse(body), key, secret });
      }
      response.writeHead(answer).end();
    });
    const { port } = await new Promise<{ port: number }>((resolve) => {
      server?.listen(0, '127.0.0.1', () => {
        const address = server?.address();
        resolve({ port: typeof address === 'object' && address !== null ? address.port : 0 });
      });
    });
    const webhook = { url: `http://127.0.0.1:${port}/hook`, headers: { authorization: 'secret' } };
    const open = () => Everview.open(place.path, { clock, webhook });
    db = await open();
    await db.sql(world);
    await db.execute(`INSERT INTO t VALUES (1, 'a', -1)`);
    await db.step();
    await db.step();
    const deliveries = async () =>
      (
        await db.query(
          'SELECT event, state, attempts, last_error FROM everview.deliveries ORDER BY delivery_id',
        )
      ).rows;
    expect(await deliveries()).toEqual([
      { event: 'opened', state: 'pending', attempts: 1, last_error: 'the webhook answered 503' },
    ]);
    await db.close();
    answer = 200;
    db = await open();
    await db.step();
    expect(received).toEqual([]);
    clock.advanceMs(1_000);
    await db.execute(`RESOLVE INCIDENT 1 BECAUSE 'seen to'`);
    await db.step();
    expect(received.map(({ notice, key, secret }) => [notice.event, notice.why, key, secret])).toEqual([
      ['opened', expect.any(String), 'everview-1', 'secret'],
      ['resolved', 'seen to', 'everview-2', 'secret'],
    ]);
    expect(received[0]?.notice).toMatchObject({
      incidentId: 1,
      name: 't',
      affectedViews: ['sums', 'examples'],
      affectedModels: ['m'],
    });
    expect(await deliveries()).toMatchObject([
      { state: 'delivered', attempts: 2, last_error: null },
      { state: 'delivered', attempts: 1 },
    ]);
  });

  longTests(() => {
    it('is kept nowhere where nobody is told, and goes only to safe addresses', async () => {
      db = await Everview.open(place.path, { clock });
      await db.sql(world);
      await db.execute(`INSERT INTO t VALUES (1, 'a', -1)`);
      expect((await db.query('SELECT * FROM everview.deliveries')).rows).toEqual([]);
      for (const url of ['http://example.com/', 'file:///etc/passwd', 'nonsense'])
        expect((await failureOf(Everview.open(':memory:', { webhook: { url } }))).code).toBe(
          'invalid-option',
        );
    });

    it('stays what it was when the engine is opened again, and so do the incidents', async () => {
      db = await Everview.open(place.path, { clock, user: 'ana' });
      await db.sql(world);
      await db.execute(`INSERT INTO t VALUES (1, 'a', -1)`);
      await db.execute(`ACCEPT INCIDENT 1 FOR INTERVAL '1 hour'`);
      await db.close();
      db = await Everview.open(place.path, { clock });
      await db.execute(`INSERT INTO t VALUES (2, 'a', -1)`);
      expect(await incidents('state, occurrences, expires_at')).toEqual([
        { state: 'accepted', occurrences: 2n, expires_at: new Date(firstMoment + 3_600_000) },
      ]);
      expect(await events()).toMatchObject([{ event: 'opened' }, { event: 'accepted', who: 'ana' }]);
    });
  });
});
