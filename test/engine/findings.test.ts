import { afterEach, describe, expect, it } from 'vitest';
import { Everview, type SimulatedClock } from '../../src/index.ts';
import { everyOther, firstOf, longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { lentWorld } from '../support/lent-world.ts';
import { openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';
import { type TemporaryDatabase, temporaryDatabase } from '../support/temporary-database.ts';

const dayMs = 86_400_000;
const rowsADay = 200;

let db: Everview;
let clock: SimulatedClock;
let place: TemporaryDatabase | null = null;

afterEach(async () => {
  await db.close();
  await place?.[Symbol.asyncDispose]();
  place = null;
});

function day(random: Random, number: number) {
  return random.list(rowsADay, (index) => {
    const amount = 20 + random.next() * 30 + random.next() * 30;
    return { id: number * 1_000 + index, country: random.pick(['DE', 'FR', 'IT']), amount };
  });
}

/** A table with a history of usual days, a view over it and a model that learns from it. */
const usual = lentWorld(async (world) => {
  ({ db, clock } = world);
  const random = new Random(11);
  await db.sql(`
    CREATE TABLE t (id INTEGER, country VARCHAR, amount DOUBLE) WITH (profile = on);
    CREATE MATERIALIZED VIEW sums AS SELECT country, sum(amount) AS s, count(*) AS n FROM t GROUP BY country;
    CREATE TRAINING SET s WITH (label = amount) AS SELECT country, amount FROM t;
    CREATE MODEL m WITH (method = 'ridge') AS SELECT * FROM s;`);
  for (let number = 0; number < 20; number++) {
    clock.advanceMs(dayMs);
    await db.insert('t', day(random, number));
  }
});

async function world(options: string): Promise<Random> {
  place = await temporaryDatabase();
  ({ db, clock } = await usual(place));
  await db.execute(`ALTER TABLE t SET (${options})`);
  return new Random(13);
}

const pathOf = () => place?.path ?? '';

const sentinel = (random: Random) =>
  day(random, 30).map((row, index) => (index % 4 === 0 ? { ...row, amount: -1 } : row));

const scaled = (rows: ReturnType<typeof day>) => rows.map((row) => ({ ...row, amount: row.amount * 100 }));

async function incidents() {
  const { rows } = await db.query(
    `SELECT state, kind, cause, severity, response, rows::INTEGER AS rows, affected_models FROM everview.incidents
     WHERE severity = 'block' ORDER BY incident_id`,
  );
  return rows;
}

const count = async (what: string) =>
  Number((await db.query(`SELECT count(*) AS n FROM ${what}`)).rows[0]?.n ?? -1);

const newestVerdict = async () =>
  (await db.query('SELECT state, severity FROM everview.verdicts ORDER BY version DESC LIMIT 1')).rows[0];

/** What views and the profile say is what the rows that are there say. */
async function assertWhole(): Promise<void> {
  const [kept] = (await db.query('SELECT sum(n)::INTEGER AS n FROM sums')).rows;
  expect(kept?.n).toBe(await count('t'));
  const { rows, columns } = await db.profile('t');
  const amount = columns.find(({ column }) => column === 'amount');
  expect([rows, amount?.counts['negative'] ?? 0]).toEqual([
    await count('t'),
    await count('t WHERE amount < 0'),
  ]);
}

describe('an update that the judgement blocks', () => {
  it('is taken, and an incident that holds the candidates that learned from it', async () => {
    const random = await world('on_finding = warn');
    await db.execute('REFRESH m');
    clock.advanceMs(dayMs);
    const result = await db.insert('t', sentinel(random));
    expect(result).toMatchObject({ status: 'accepted', inserted: rowsADay });
    expect(await incidents()).toMatchObject([
      {
        state: 'open',
        kind: 'finding',
        cause: 'sentinel',
        response: 'warned',
        rows: 50,
        affected_models: ['m'],
      },
    ]);
    await db.execute('REFRESH m');
    const { rows } = await db.query('SELECT version, status FROM everview.model_versions ORDER BY version');
    expect(rows).toEqual([
      { version: 1n, status: 'promoted' },
      { version: 2n, status: 'held' },
    ]);
    await assertWhole();
  });

  it('loses the rows that are wrong to the quarantine, and a person lets them in', async () => {
    const random = await world('on_finding = quarantine');
    clock.advanceMs(dayMs);
    const before = await count('t');
    const result = await db.insert('t', sentinel(random));
    expect(result).toMatchObject({
      status: 'partial',
      reason: 'rows-quarantined',
      inserted: 150,
      quarantined: 50,
    });
    expect(await count('t')).toBe(before + 150);
    expect(await count('t WHERE amount = -1')).toBe(0);
    await assertWhole();
    const held = (
      await db.query(`SELECT DISTINCT constraint_kind, constraint_name, state FROM everview.quarantine`)
    ).rows;
    expect(held).toEqual([{ constraint_kind: 'finding', constraint_name: 'sentinel', state: 'held' }]);
    expect(await incidents()).toMatchObject([{ cause: 'sentinel', response: 'quarantined', rows: 50 }]);
    clock.advanceMs(dayMs);
    const released = await db.execute('RELEASE QUARANTINE FOR t');
    expect(released.update).toMatchObject({ inserted: 50, quarantined: 0 });
    expect(await count('t')).toBe(before + 200);
    await assertWhole();
  });

  it('is refused, its rows kept, and taken once a person has accepted it as the new normal', async () => {
    const random = await world('on_finding = reject');
    clock.advanceMs(dayMs);
    const before = await count('t');
    const rows = sentinel(random);
    const failure = await failureOf(db.insert('t', rows));
    expect(failure).toMatchObject({ code: 'suspect-update', data: { findings: [{ cause: 'sentinel' }] } });
    expect(await count('t')).toBe(before);
    expect(await count(`everview.quarantine WHERE state = 'rejected'`)).toBe(rowsADay);
    expect(await incidents()).toMatchObject([{ cause: 'sentinel', response: 'rejected' }]);
    const [update] = (
      await db.query('SELECT status, reason FROM everview.updates ORDER BY update_id DESC LIMIT 1')
    ).rows;
    expect(update).toEqual({ status: 'rejected', reason: 'finding-blocks' });
    await db.execute(`ACCEPT INCIDENT 1 FOR INTERVAL '1 day' BECAUSE '-1 means a refund'`);
    expect(await db.insert('t', rows)).toMatchObject({ status: 'accepted', inserted: rowsADay });
    await assertWhole();
    // The table learns it, so that it is usual before the acceptance ends.
    expect(await newestVerdict()).toEqual({ state: 'learned', severity: 'block' });
  });

  it('waits for a person, who approves or rejects it', async () => {
    const random = await world('on_finding = ask');
    const before = await count('t');
    clock.advanceMs(dayMs);
    const held = await db.insert('t', sentinel(random));
    expect(held).toMatchObject({ reason: 'update-held', inserted: 0, quarantined: rowsADay });
    expect(held.warnings.join()).toContain(
      'waits for APPROVE UPDATE 21 or REJECT UPDATE 21, until 2001-06-23',
    );
    expect(await count('t')).toBe(before);
    const approved = await db.execute(`APPROVE UPDATE 21 BY 'ana' BECAUSE '-1 means a refund'`);
    expect(approved.update).toMatchObject({ inserted: rowsADay, quarantined: 0 });
    expect(await count('t')).toBe(before + rowsADay);
    await assertWhole();
    // What a person let in is part of what is usual; what nobody approved is not.
    clock.advanceMs(dayMs);
    expect(await db.insert('t', sentinel(random))).toMatchObject({ status: 'accepted', inserted: rowsADay });
    clock.advanceMs(dayMs);
    await db.insert('t', scaled(day(random, 32)));
    await db.decideUpdate(24, 'reject');
    expect(await count('t')).toBe(before + 2 * rowsADay);
    expect(await count(`everview.quarantine WHERE state = 'dropped'`)).toBe(rowsADay);
    expect(
      (await db.query('SELECT update_id, state, who, why FROM everview.held_updates ORDER BY update_id'))
        .rows,
    ).toEqual([
      { update_id: 21n, state: 'approved', who: 'ana', why: '-1 means a refund' },
      { update_id: 24n, state: 'rejected', who: null, why: null },
    ]);
    expect(await failureOf(db.execute('APPROVE UPDATE 21'))).toMatchObject({
      code: 'not-held',
      place: '1:16+2',
    });
    expect((await db.query('SELECT * FROM sums')).marks).toBeUndefined();
  });

  it('is taken marked at its deadline, and every answer that rests on it says so', async () => {
    const random = await world(`on_finding = ask, hold = INTERVAL '6 hours' THEN accept_marked`);
    clock.advanceMs(dayMs);
    await db.insert('t', sentinel(random));
    const { version } = db;
    await db.close();
    db = await Everview.open(pathOf(), { clock });
    clock.advanceMs(6 * 3_600_000 - 1);
    await db.step();
    expect(db.version).toBe(version);
    clock.advanceMs(1);
    // The scheduler may be at it when a program asks.
    await Promise.all([db.keepTime(), db.step()]);
    expect(db.version).toBe(version + 1);
    const marks = [{ updateId: 21, table: 't', version: version + 1, detail: expect.any(String) }];
    for (const query of [
      'SELECT count(*) FROM t',
      'SELECT * FROM sums',
      `SELECT * FROM PREDICT(m, (SELECT 'DE' AS country)) LIMIT 0`,
    ])
      expect((await db.query(query)).marks, query).toEqual(marks);
    await db.close();
    db = await Everview.open(pathOf(), { clock });
    expect((await db.query('SELECT * FROM sums')).marks).toEqual(marks);
    // What does not rest on it says nothing.
    await db.sql('CREATE TABLE other (a INTEGER)');
    expect((await db.query('SELECT * FROM other')).marks).toBeUndefined();
    expect((await db.query(`SELECT * FROM t AT (VERSION => ${version})`)).marks).toBeUndefined();
    expect((await db.query('SELECT state, who FROM everview.held_updates')).rows).toEqual([
      { state: 'accepted-marked', who: 'everview' },
    ]);
    await db.sql('DROP TABLE t CASCADE');
    expect((await db.query('SELECT * FROM everview.marks')).rows).toEqual([]);
  });

  it('is given up at its deadline where nothing else is declared', async () => {
    const random = await world('on_finding = ask');
    const before = await count('t');
    clock.advanceMs(dayMs);
    await db.insert('t', sentinel(random));
    clock.advanceMs(dayMs);
    await db.step();
    expect(await count('t')).toBe(before);
    expect((await db.query('SELECT state FROM everview.held_updates')).rows).toEqual([{ state: 'rejected' }]);
  });

  longTests(() => {
    it('is set aside whole where it is not known which rows are wrong, and makes no version', async () => {
      const random = await world('on_finding = quarantine');
      const { version } = db;
      clock.advanceMs(dayMs);
      expect(await db.insert('t', scaled(day(random, 30)))).toMatchObject({
        inserted: 0,
        quarantined: rowsADay,
      });
      expect(db.version).toBe(version);
      await assertWhole();
      await db.close();
      db = await Everview.open(pathOf(), { clock });
      clock.advanceMs(dayMs);
      // Which is what history knows of it: a usual day is usual still.
      expect(await db.insert('t', day(random, 31))).toMatchObject({ inserted: rowsADay, quarantined: 0 });
      await db.execute('CORRECT QUARANTINE FOR t SET amount = amount / 100');
      expect(await count('t')).toBe(22 * rowsADay);
      await assertWhole();
    });

    it('waits and is let in whatever the columns of its table are called', async () => {
      ({ db, clock } = await openEverview());
      await db.sql(
        'CREATE TABLE t (quarantine_id INTEGER, amount DOUBLE) WITH (profile = on, on_finding = ask)',
      );
      const random = new Random(11);
      const rows = (number: number) =>
        day(random, number).map(({ id, amount }) => ({ quarantine_id: id, amount }));
      for (let number = 0; number < 20; number++) {
        clock.advanceMs(dayMs);
        await db.insert('t', rows(number));
      }
      clock.advanceMs(dayMs);
      await db.insert(
        't',
        rows(20).map((row) => ({ ...row, amount: row.amount * 100 })),
      );
      expect(await db.execute('APPROVE UPDATE 21')).toMatchObject({ update: { inserted: rowsADay } });
      expect((await db.query('SELECT state FROM everview.held_updates')).rows).toEqual([
        { state: 'approved' },
      ]);
    });

    it.each([
      ['given up', 'ask', '1 hour', 'ask', '6 hours'],
      ['given up', 'ask', '1 hour', 'hold_refresh', '6 hours'],
      ['given up', 'ask', '6 hours', 'ask', '6 hours'],
      ['given up', 'ask', '6 hours', 'hold_refresh', '1 hour'],
    ])(
      'is %s of one table (%s, %s) and taken of another (%s, %s), when each says so',
      async (_, first, firstFor, other, otherFor) => {
        ({ db, clock } = await openEverview());
        await db.sql(`
      CREATE TABLE a (id INTEGER, country VARCHAR, amount DOUBLE)
        WITH (profile = on, on_finding = ${first}, hold = INTERVAL '${firstFor}' THEN reject);
      CREATE TABLE b (id INTEGER, country VARCHAR, amount DOUBLE)
        WITH (profile = on, on_finding = ${other}, hold = INTERVAL '${otherFor}' THEN accept_marked);
      CREATE MATERIALIZED VIEW bs AS SELECT count(*)::INTEGER AS n FROM b`);
        const random = new Random(11);
        const bring = async (
          change: (rows: ReturnType<typeof day>) => ReturnType<typeof day>,
          number: number,
        ) => {
          clock.advanceMs(dayMs);
          await db.transaction(async (update) => {
            await update.insert('a', change(day(random, number)));
            await update.insert('b', change(day(random, number)));
          });
        };
        for (let number = 0; number < 20; number++) await bring((rows) => rows, number);
        await bring(scaled, 20);
        const states = async () =>
          Object.fromEntries(
            (await db.query('SELECT "table", state FROM everview.held_updates')).rows.map((row) => [
              row['table'],
              row['state'],
            ]),
          );
        clock.advanceMs(3_600_000);
        await db.step();
        expect(await states()).toEqual({
          a: firstFor === '1 hour' ? 'rejected' : 'waiting',
          b: otherFor === '1 hour' ? 'accepted-marked' : 'waiting',
        });
        clock.advanceMs(5 * 3_600_000);
        await db.step();
        expect(await states()).toEqual({ a: 'rejected', b: 'accepted-marked' });
        expect(await count('a')).toBe(20 * rowsADay);
        expect((await db.query('SELECT n FROM bs')).rows).toEqual([{ n: 21 * rowsADay }]);
      },
    );

    it('is set aside whole where its rows may rest on one that is wrong', async () => {
      ({ db, clock } = await openEverview());
      await db.sql(`
      CREATE TABLE t (id INTEGER PRIMARY KEY, above INTEGER REFERENCES t (id), amount DOUBLE)
        WITH (profile = on, on_finding = quarantine)`);
      const random = new Random(11);
      const rows = (number: number, change = (all: ReturnType<typeof day>) => all) =>
        change(day(random, number)).map(({ id, amount }, index) => ({
          id,
          above: number * 1_000 + (index >> 1),
          amount,
        }));
      for (let number = 0; number < 20; number++) {
        clock.advanceMs(dayMs);
        await db.insert('t', rows(number));
      }
      clock.advanceMs(dayMs);
      const wrong = rows(20, (all) =>
        all.map((row, index) => (index % 4 === 1 ? { ...row, amount: -1 } : row)),
      );
      expect(await db.insert('t', wrong)).toMatchObject({ inserted: 0, quarantined: rowsADay });
      expect(await count('t AS c WHERE NOT EXISTS (FROM t AS p WHERE p.id = c.above)')).toBe(0);
      expect(
        (
          await db.query(
            `SELECT count(*)::INTEGER AS n FROM everview.quarantine WHERE 'sentinel amount' IN subjects`,
          )
        ).rows,
      ).toEqual([{ n: 50 }]);
      expect(await db.execute('RELEASE QUARANTINE FOR t')).toMatchObject({ update: { inserted: rowsADay } });
    });

    it('is refused whole where its rows cannot be taken out by themselves', async () => {
      const random = await world('on_finding = quarantine');
      const replace = (number: number, rows: ReturnType<typeof day>) => {
        clock.advanceMs(dayMs);
        return db.transaction(async (update) => {
          await update.execute(`DELETE FROM t WHERE id // 1000 = ${number}`);
          await update.insert('t', rows);
        });
      };
      // Updates that replace rows have a history of their own.
      for (let number = 0; number < 20; number++) await replace(number, day(random, number + 100));
      await db.insert('t', day(random, 50));
      expect((await failureOf(replace(50, sentinel(random)))).code).toBe('suspect-update');
      expect(await count('t WHERE id // 1000 = 50')).toBe(rowsADay);
    });
  });
});

/** Days on which something else is usual than before, and what becomes of each that is held back. */
async function shiftedDays(
  days: number,
  shift: (rows: ReturnType<typeof day>) => ReturnType<typeof day>,
  decide: (updateId: number) => Promise<unknown>,
): Promise<boolean[]> {
  const random = new Random(12);
  const told: boolean[] = [];
  for (let number = 100; number < 100 + days; number++) {
    clock.advanceMs(dayMs);
    const { verdicts } = await db.insert('t', shift(day(random, number)));
    told.push(verdicts.some(({ severity }) => severity !== null && severity !== 'log'));
    const held = await db.query(
      `SELECT update_id FROM everview.held_updates WHERE state = 'waiting'
       UNION SELECT update_id FROM everview.quarantine WHERE state = 'held'`,
    );
    for (const { update_id } of held.rows) await decide(Number(update_id));
  }
  return told;
}

const alarms = (told: readonly boolean[]) => told.filter((one) => one).length;

async function eventsOfIncidents() {
  const { rows } = await db.query(
    'SELECT incident_id::INTEGER AS id, event FROM everview.incident_events ORDER BY event_id',
  );
  return rows.map(({ id, event }) => `${String(id)} ${String(event)}`);
}

const minusOnes = (rows: ReturnType<typeof day>) =>
  rows.map((row, index) => (index % 4 === 0 ? { ...row, amount: -1 } : row));

describe('a change that lasts', () => {
  it.each(
    firstOf([
      ['ask', 'APPROVE UPDATE'],
      ['hold_refresh', 'APPROVE UPDATE'],
      ['quarantine', 'RELEASE'],
    ] as const),
  )('is usual once a person let it in (%s)', async (response, statement) => {
    await world(`on_finding = ${response}`);
    const told = await shiftedDays(6, minusOnes, (updateId) =>
      db.sql(statement === 'RELEASE' ? 'RELEASE QUARANTINE FOR t' : `${statement} ${updateId}`),
    );
    expect(told).toEqual([true, false, false, false, false, false]);
    expect(await eventsOfIncidents()).toEqual(['1 opened', '1 acknowledged', '1 resolved']);
    expect(await count('t')).toBe(26 * rowsADay);
    await assertWhole();
  });

  longTests(() => {
    it.each(
      everyOther([
        ['a unit', scaled],
        ['a sign of its own', minusOnes],
      ] as const),
    )('of %s makes one incident, and is usual once five updates were taken with it', async (_, shift) => {
      await world('on_finding = warn');
      const told = await shiftedDays(3, shift, async () => undefined);
      await db.close();
      db = await Everview.open(pathOf(), { clock });
      told.push(...(await shiftedDays(8, shift, async () => undefined)));
      expect(told.indexOf(false)).toBe(5);
      expect(alarms(told)).toBe(5);
      expect(await eventsOfIncidents()).toEqual(['1 opened', '1 learned', '1 resolved']);
    });

    it.each(
      everyOther([
        "INSERT INTO countries VALUES ('ES'); RELEASE QUARANTINE FOR t",
        "CORRECT QUARANTINE FOR t SET country = 'DE'",
      ]),
    )('is not that few rows of an update come later (%s)', async (later) => {
      ({ db, clock } = await openEverview());
      await db.sql(`
      CREATE TABLE countries (name VARCHAR PRIMARY KEY);
      INSERT INTO countries VALUES ('DE'), ('FR'), ('IT');
      CREATE TABLE t (id INTEGER, country VARCHAR REFERENCES countries (name), amount DOUBLE)
        WITH (profile = on, on_violation = quarantine)`);
      const random = new Random(11);
      for (let number = 0; number < 20; number++) {
        clock.advanceMs(dayMs);
        const rows = day(random, number);
        await db.insert(
          't',
          number === 19 ? rows.map((row, at) => (at < 3 ? { ...row, country: 'ES' } : row)) : rows,
        );
      }
      clock.advanceMs(dayMs);
      await db.sql(later);
      expect(await count('t')).toBe(20 * rowsADay);
      expect(await newestVerdict()).toMatchObject({ state: 'kept-out' });
    });

    it('is not what a person put right before the refresh went on', async () => {
      await world('on_finding = hold_refresh');
      const told = await shiftedDays(2, minusOnes, (updateId) =>
        db.sql(`UPDATE t SET amount = 30 WHERE amount = -1; APPROVE UPDATE ${updateId}`),
      );
      expect(told).toEqual([true, true]);
    });

    it('is learned of what was taken while its wrong rows were set aside', async () => {
      await world('on_finding = quarantine');
      const told = await shiftedDays(3, minusOnes, async () => undefined);
      expect(told).toEqual([true, true, true]);
      const { rows } = await db.query(
        'SELECT state, rows::INTEGER AS rows FROM everview.verdicts ORDER BY version DESC, rows LIMIT 4',
      );
      expect(rows).toEqual([
        { state: 'learned', rows: 150 },
        { state: 'kept-out', rows: 200 },
        { state: 'learned', rows: 150 },
        { state: 'kept-out', rows: 200 },
      ]);
    });

    it('is learned of each update that a person let in, although they came and went in one moment', async () => {
      const random = await world('on_finding = ask');
      clock.advanceMs(dayMs);
      await db.insert('t', scaled(day(random, 30)));
      await db.insert('t', day(random, 31));
      await db.insert('t', minusOnes(day(random, 32)));
      await db.sql('APPROVE UPDATE 21; APPROVE UPDATE 23');
      const { rows } = await db.query(
        `SELECT list_sort(list(state)) AS states FROM everview.verdicts WHERE judged_at = (SELECT max(judged_at) FROM everview.verdicts)`,
      );
      // As they came, two and the usual one; as they were let in, two.
      expect(rows).toEqual([{ states: ['kept-out', 'kept-out', 'learned', 'learned', 'learned'] }]);
    });

    it('is learned once the last of its rows was let in', async () => {
      ({ db, clock } = await openEverview());
      await db.execute(
        'CREATE TABLE keys (id INTEGER PRIMARY KEY, amount DOUBLE) WITH (profile = on, on_finding = ask)',
      );
      const random = new Random(12);
      const bring = async (
        number: number,
        shift: (rows: ReturnType<typeof day>) => ReturnType<typeof day>,
      ) => {
        clock.advanceMs(dayMs);
        return db.insert(
          'keys',
          shift(day(random, number)).map(({ id, amount }) => ({ id, amount })),
        );
      };
      for (let number = 0; number < 20; number++) await bring(number, (rows) => rows);
      await bring(20, scaled);
      await bring(20, (rows) => rows.slice(0, 50));
      const learned = () =>
        count(`everview.verdicts WHERE name = 'keys' AND severity = 'block' AND state = 'learned'`);
      await db.execute('APPROVE UPDATE 21');
      expect(await count(`everview.quarantine WHERE state = 'held'`)).toBe(50);
      expect(await learned()).toBe(0);
      await db.sql(
        'DELETE FROM keys WHERE id BETWEEN 20000 AND 20049 AND amount < 100; RELEASE QUARANTINE FOR keys',
      );
      expect(await count(`everview.quarantine WHERE state = 'held'`)).toBe(0);
      expect(await learned()).toBe(1);
    });

    it.each(
      everyOther([
        ['RELEASE QUARANTINE FOR t WHERE false', 0],
        ['CORRECT QUARANTINE FOR t SET amount = 30', 50],
      ] as const),
    )('is not let in by what else its update lets in (%s)', async (release, letIn) => {
      const random = await world('on_finding = quarantine');
      clock.advanceMs(dayMs);
      await db.insert('t', minusOnes(day(random, 30)));
      clock.advanceMs(dayMs);
      const before = await count('t');
      await db.transaction(async (update) => {
        await update.execute(release);
        await update.insert('t', scaled(day(random, 31)));
      });
      // Those put right come in: the change is told of the other rows alone.
      expect(await count('t')).toBe(before + letIn);
      expect(await count('t WHERE amount > 1000')).toBe(0);
      expect(await count(`everview.verdicts WHERE severity = 'block' AND state = 'learned'`)).toBe(0);
    });

    it('goes on being told where nobody decided until each deadline, until five were taken so', async () => {
      await world(`on_finding = ask, hold = INTERVAL '6 hours' THEN accept_marked`);
      const told = await shiftedDays(8, scaled, async () => {
        clock.advanceMs(6 * 3_600_000);
        await db.step();
      });
      expect(alarms(told)).toBe(5);
      expect(new Set((await eventsOfIncidents()).map((event) => event.split(' ')[0]))).toEqual(
        new Set(['1']),
      );
    });
  });
});
