import { afterEach, describe, expect, it } from 'vitest';
import type { Everview, SimulatedClock } from '../../src/index.ts';
import { everyOther, firstOf, longTests } from '../support/depth.ts';
import { incidentEvents, incidentRows } from '../support/incident-records.ts';
import { lentWorld } from '../support/lent-world.ts';
import { type TemporaryDatabase, temporaryDatabase } from '../support/temporary-database.ts';

const hourMs = 3_600_000;

let db: Everview;
let clock: SimulatedClock;
let place: TemporaryDatabase;

afterEach(async () => {
  await db.close();
  await place[Symbol.asyncDispose]();
});

const usualWord = `'word' || (i % 5)`;
const halfMissing = `CASE WHEN i % 2 = 0 THEN 'N/A' ELSE ${usualWord} END`;

/** An hour's rows; `factor` is what x is multiplied by. */
async function bring(hour: number, factor: number, word = usualWord): Promise<void> {
  clock.advanceMs(hourMs);
  await db.execute(`
    INSERT INTO t SELECT ${hour} * 1000 + i, ${factor} * (20 + (hash(i, ${hour}) % 1000) / 100.0), ${word} FROM range(200) r(i)`);
}

/** A table with thirty usual updates. */
const usual = (ofWord: string) =>
  lentWorld(async (world) => {
    ({ db, clock } = world);
    await db.sql(`
      CREATE TABLE words (w VARCHAR PRIMARY KEY);
      INSERT INTO words SELECT 'word' || i FROM range(5) r(i);
      CREATE TABLE t (id BIGINT PRIMARY KEY, x DOUBLE, w VARCHAR ${ofWord}) WITH (profile = on)`);
    for (let hour = 0; hour < 30; hour++) await bring(hour, 1);
  });

const [anyWords, knownWords] = [usual(''), usual('REFERENCES words (w)')];

async function world(options: string, words = anyWords): Promise<void> {
  place = await temporaryDatabase();
  ({ db, clock } = await words(place));
  await db.sql(`ALTER TABLE t SET (${options})`);
}

const incidents = (columns: string) => incidentRows(db, columns);
const eventsOf = (incident: number) => incidentEvents(db, incident);

describe('rows that a person lets in once their incident is over', () => {
  it.each(
    firstOf([
      ['ask', 'APPROVE UPDATE 32'],
      ['quarantine', 'RELEASE QUARANTINE FOR t'],
    ]),
  )('open no other (%s)', async (response, statement) => {
    await world(`on_finding = ${response}`);
    await bring(30, 100);
    await db.execute('RESOLVE INCIDENT 1');
    await db.execute(statement);
    expect((await db.query('SELECT max(x) > 1000 AS is_in FROM t')).rows).toEqual([{ is_in: true }]);
    expect(await incidents('subject, state')).toEqual([{ subject: 'unit-change x', state: 'resolved' }]);
  });

  longTests(() => {
    it('open one where a rule had set them aside, and nobody had judged them', async () => {
      await world('on_violation = quarantine', knownWords);
      await bring(30, 100, `'new'`);
      await db.execute('RESOLVE INCIDENT 1');
      await db.execute(`INSERT INTO words VALUES ('new')`);
      await db.execute('RELEASE QUARANTINE FOR t');
      expect(await incidents('kind, subject, state, response, taken')).toEqual(
        expect.arrayContaining([
          expect.objectContaining({ kind: 'constraint-violation', state: 'resolved' }),
          { kind: 'finding', subject: 'unit-change x', state: 'open', response: 'let-in', taken: null },
        ]),
      );
    });
  });
});

describe('what an incident offers once what waited was decided about', () => {
  const offered = async () => {
    const [row] = await incidents('response, state, statements');
    const statements = Array.isArray(row?.statements) ? row.statements.map(String) : [];
    const own = statements.filter((statement) => !/^(ACKNOWLEDGE|ACCEPT|RESOLVE) /.test(statement));
    return { response: row?.response, state: row?.state, own };
  };
  const decisions = ({ own }: { readonly own: readonly string[] }) =>
    own.filter((statement) => / UPDATE \d+$/.test(statement));

  it('are the rows that were given up', async () => {
    await world('on_finding = ask');
    await bring(30, 100);
    await db.execute('REJECT UPDATE 32');
    const { own, ...rest } = await offered();
    expect(rest).toEqual({ response: 'rejected', state: 'acknowledged' });
    expect(own).toHaveLength(1);
    expect((await db.execute(String(own[0]))).rows).toHaveLength(200);
  });

  longTests(() => {
    it.each(
      everyOther([
        ['ask', ['APPROVE UPDATE 32', 'REJECT UPDATE 32'], ['APPROVE UPDATE 33', 'REJECT UPDATE 33']],
        ['hold_refresh', ['APPROVE UPDATE 32'], ['APPROVE UPDATE 33']],
      ] as const),
    )('is about those that wait still, and else none (%s)', async (response, older, newer) => {
      await world(`on_finding = ${response}`);
      await bring(30, 100);
      await bring(31, 100);
      expect(decisions(await offered())).toEqual([...older, ...newer]);
      await db.execute('APPROVE UPDATE 33');
      const left = await offered();
      expect(decisions(left)).toEqual(older);
      expect(left.state).toBe('open');
      for (const statement of left.own.filter((text) => text.startsWith('SELECT')))
        expect((await db.execute(statement)).rows).toHaveLength(200);
      await db.execute('APPROVE UPDATE 32');
      expect(await offered()).toEqual({ response: 'let-in', state: 'acknowledged', own: [] });
    });

    it('is nothing where they were seen to by hand', async () => {
      await world('on_finding = ask');
      await bring(30, 100);
      await db.execute('CORRECT QUARANTINE FOR t SET x = x / 100');
      expect(await offered()).toEqual({ response: 'let-in', state: 'acknowledged', own: [] });
    });

    it.each(everyOther(['ask', 'hold_refresh']))(
      'is nothing where the deadline took them (%s)',
      async (response) => {
        await world(`on_finding = ${response}, hold = INTERVAL '6 hours' THEN accept_marked`);
        await bring(30, 100);
        clock.advanceMs(7 * hourMs);
        await db.step();
        expect(await offered()).toEqual({ response: 'warned', state: 'open', own: [] });
      },
    );

    it('is nothing where the incident was accepted', async () => {
      await world('on_finding = hold_refresh');
      await bring(30, 100);
      await db.execute('ACCEPT INCIDENT 1');
      expect(await offered()).toEqual({ response: 'let-in', state: 'accepted', own: [] });
    });
  });
});

it('a refresh waits for the incidents of its own update, and for no others', async () => {
  await world('on_finding = hold_refresh');
  await bring(30, 100);
  await bring(31, 1, halfMissing);
  const held = async () =>
    (await db.query('SELECT update_id::INTEGER AS id, state FROM everview.held_updates ORDER BY 1')).rows;
  expect(await incidents('subject, severity')).toEqual([
    { subject: 'unit-change x', severity: 'block' },
    { subject: 'implicit-null w', severity: 'block' },
  ]);
  await db.execute('RESOLVE INCIDENT 1');
  expect(await held()).toEqual([
    { id: 32, state: 'approved' },
    { id: 33, state: 'waiting' },
  ]);
  await db.execute('ACCEPT INCIDENT 2');
  expect(await held()).toEqual([
    { id: 32, state: 'approved' },
    { id: 33, state: 'approved' },
  ]);
});

longTests(() => {
  describe('a deadline that lets in what one of two incidents was accepted for', () => {
    const passDeadline = async (response: string, acceptedFor: string) => {
      await world(`on_finding = ${response}, hold = INTERVAL '6 hours' THEN accept_marked`);
      await bring(30, 100, halfMissing);
      expect(await incidents('subject, state, taken')).toEqual([
        { subject: 'unit-change x', state: 'open', taken: null },
        { subject: 'implicit-null w', state: 'open', taken: null },
      ]);
      await db.execute(`ACCEPT INCIDENT 1 FOR INTERVAL '${acceptedFor}'`);
      clock.advanceMs(7 * hourMs);
      await db.step();
    };

    it.each(everyOther(['ask', 'hold_refresh']))('leaves it vouched for (%s)', async (response) => {
      await passDeadline(response, '12 hours');
      expect(await incidents('state, taken')).toEqual([
        { state: 'accepted', taken: null },
        { state: 'open', taken: 'block' },
      ]);
      expect(await eventsOf(1)).toEqual(['opened', 'accepted']);
    });

    it.each(everyOther(['ask', 'hold_refresh']))(
      'opens it again where that has expired (%s)',
      async (response) => {
        await passDeadline(response, '2 hours');
        expect(await incidents('state, taken')).toEqual([
          { state: 'open', taken: 'block' },
          { state: 'open', taken: 'block' },
        ]);
        expect(await eventsOf(1)).toEqual(['opened', 'accepted', 'expired']);
      },
    );
  });

  it('an incident lives while an update waits for it, however many come without it', async () => {
    await world('on_finding = ask');
    await bring(30, 100);
    for (const hour of [31, 32, 33, 34]) await bring(hour, 1);
    expect(await incidents('state')).toEqual([{ state: 'open' }]);
    await db.execute('REJECT UPDATE 32');
    for (const hour of [35, 36, 37]) await bring(hour, 1);
    expect(await incidents('state')).toEqual([{ state: 'resolved' }]);
  });

  describe('`fallback = previous`', () => {
    it.each(
      everyOther([
        ['ask', 34n],
        ['hold_refresh', 32n],
      ] as const),
    )('goes by when the rows came in, not by when the incident opened (%s)', async (response, cameIn) => {
      await world(`on_finding = ${response}, hold = INTERVAL '6 hours' THEN accept_marked`);
      await db.sql(`
      CREATE TRAINING SET s WITH (label = x) AS SELECT id % 7 AS part, x FROM t;
      CREATE MODEL m WITH (method = 'ridge', pause_on = block, hold_on = never, fallback = previous) AS SELECT * FROM s;
      REFRESH m`);
      for (const hour of [30, 31, 32]) {
        await bring(hour, hour === 30 ? 100 : 1);
        await db.sql('REFRESH m');
      }
      clock.advanceMs(6 * hourMs);
      await db.step();
      await db.sql('REFRESH m');
      expect(await incidents('taken, taken_version')).toEqual([{ taken: 'block', taken_version: cameIn }]);
      const { standIns } = await db.query('SELECT prediction FROM PREDICT(m, (SELECT 3 AS part))');
      const { rows } = await db.query(
        `SELECT 'version ' || version AS answers FROM everview.model_versions WHERE data_version = ${cameIn - 1n}`,
      );
      expect(standIns?.map(({ by }) => by)).toEqual(rows.map(({ answers }) => answers));
    });
  });
});
