import { afterEach, describe, expect, it } from 'vitest';
import type { Everview, SimulatedClock } from '../../src/index.ts';
import { longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { lentWorld } from '../support/lent-world.ts';
import { openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';
import { type TemporaryDatabase, temporaryDatabase } from '../support/temporary-database.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;

let db: Everview;
let clock: SimulatedClock;
let place: TemporaryDatabase | null = null;

afterEach(async () => {
  await db.close();
  await place?.[Symbol.asyncDispose]();
  place = null;
});

function day(random: Random, number: number) {
  return random.list(100, (index) => {
    const amount = 20 + random.next() * 30 + random.next() * 30;
    return { id: number * 1_000 + index, country: random.pick(['DE', 'FR', 'IT']), amount };
  });
}

/** A table with usual days, and views that stand at several versions. */
const usual = lentWorld(async (world) => {
  ({ db, clock } = world);
  const random = new Random(11);
  await db.sql(`
    CREATE TABLE t (id INTEGER, country VARCHAR, amount DOUBLE) WITH (profile = on, on_finding = hold_refresh);
    CREATE TABLE countries (country VARCHAR, name VARCHAR);
    CREATE MATERIALIZED VIEW sums AS SELECT country, count(*) AS n, min(amount) AS least FROM t GROUP BY country;
    CREATE MATERIALIZED VIEW named WITH (refresh = immediate) AS SELECT c.name, s.n, s.least FROM sums s JOIN countries c USING (country);
    CREATE MATERIALIZED VIEW late WITH (refresh = manual) AS SELECT max(id) AS newest FROM t;
    CREATE VIEW through AS SELECT newest, n FROM late, sums WHERE country = 'DE';
    INSERT INTO countries VALUES ('DE', 'Germany'), ('FR', 'France'), ('IT', 'Italy');`);
  for (let number = 0; number < 20; number++) {
    clock.advanceMs(dayMs);
    await db.insert('t', day(random, number));
    if (number === 12) await db.sql('REFRESH late');
    if (number === 18) await db.query('FROM sums');
  }
});

/** Then a day is wrong. */
async function brokenWorld(
  before: string | null = null,
  history: { readonly historyVersions?: number } = {},
): Promise<void> {
  place = await temporaryDatabase();
  ({ db, clock } = await usual(place, history));
  if (before !== null) await db.sql(before);
  const random = new Random(13);
  clock.advanceMs(dayMs);
  const bad = day(random, 20).map((row, index) => (index % 4 === 0 ? { ...row, amount: -1 } : row));
  const { status, reason, inserted, warnings } = await db.insert('t', bad);
  expect({ status, reason, inserted }).toEqual({ status: 'accepted', reason: 'refresh-held', inserted: 100 });
  expect(warnings.join()).toContain('what is made of "t" stays at the version before');
}

const one = async (sql: string) => {
  const { rows, version, path, held, marks } = await db.query(sql);
  return {
    row: rows[0],
    version: Number(version),
    path,
    held: held?.map(({ updateId }) => updateId),
    marks: marks?.length,
  };
};

/** The update of the last usual day, and of the wrong one. */
const [lastGood, wrong] = [21, 22];

const isThere = async () => (await one(`SELECT min(least) < 0 AS wrong FROM sums`)).row;

describe('on_finding = hold_refresh', () => {
  it('takes the rows, and answers over what is made of them as of the version before', async () => {
    await brokenWorld(`
      CREATE TRAINING SET s WITH (label = amount) AS SELECT country, amount FROM t;
      CREATE MODEL m WITH (method = 'ridge', refresh = immediate) AS SELECT * FROM s;
      REFRESH m; REFRESH m FULL`);
    expect(await one('SELECT min(amount) AS least, count(*)::INTEGER AS n FROM t')).toMatchObject({
      row: { least: -1, n: 2_100 },
      version: wrong,
      path: 'fresh',
      held: undefined,
    });
    const kept = { version: lastGood, path: 'served-stale', held: [wrong] };
    expect(await one('SELECT sum(n)::INTEGER AS n, min(least) > 0 AS isRight FROM sums')).toEqual({
      ...kept,
      row: { n: 2_000, isRight: true },
      marks: undefined,
    });
    // Contents of several versions, and one that stays behind by declaration, are one version together with a table.
    expect(
      (
        await one(
          'SELECT newest, n::INTEGER AS n, (SELECT count(*)::INTEGER FROM t) AS all_rows FROM through',
        )
      ).row,
    ).toEqual({ newest: 19_099, n: expect.any(Number), all_rows: 2_000 });
    expect(await one('SELECT count(*)::INTEGER AS n, min(least) > 0 AS isRight FROM named')).toMatchObject({
      ...kept,
      row: { n: 3, isRight: true },
    });
    const { rows: plan } = await db.execute('EXPLAIN SELECT * FROM sums');
    expect(plan).toMatchObject([{ name: 'sums', chosen: true, reason: 'refresh-held', version: lastGood }]);
    // A model alone, which needs no contents but its parameters, is told to wait as well.
    const predicting = `SELECT prediction > 0 AS isThere FROM PREDICT(m, (SELECT 'DE' AS country))`;
    expect(await one(predicting)).toEqual({ ...kept, row: { isThere: true }, marks: undefined });
    const { rows: planned, ...explained } = await db.execute(`EXPLAIN ${predicting}`);
    expect(planned).toMatchObject([
      { name: 'm', plan: 'contents', reason: 'refresh-held', detail: `without update ${wrong}` },
    ]);
    expect(explained).toMatchObject({ path: 'served-stale', models: { m: 2 } });
    const { rows: fits } = await db.query(`SELECT max(version)::INTEGER AS v FROM everview.model_versions`);
    expect(fits).toEqual([{ v: 2 }]);
    const { rows: refreshed } = await db.query(
      `SELECT count(*)::INTEGER AS n FROM everview.refreshes WHERE to_version = ${wrong}`,
    );
    expect(refreshed).toEqual([{ n: 0 }]);
  });

  it('says of each view how far behind it is as answers over it do', async () => {
    await brokenWorld(`
      CREATE TRAINING SET s WITH (label = amount) AS SELECT country, amount FROM t;
      CREATE MODEL m WITH (method = 'ridge') AS SELECT * FROM s; REFRESH m;
      CREATE TABLE asked (country VARCHAR);
      INSERT INTO asked VALUES ('DE');
      CREATE MATERIALIZED VIEW predicted AS SELECT * FROM PREDICT(m, asked);
      REFRESH predicted;
      CREATE MODEL bounded WITH (method = 'ridge', max_effect = 0.001) AS SELECT * FROM s; REFRESH bounded;
      CREATE MATERIALIZED VIEW timely WITH (refresh = manual, max_staleness = INTERVAL '1 hour', on_stale_read = serve)
        AS SELECT count(*) AS n FROM t;
      CREATE MATERIALIZED VIEW counted WITH (refresh = manual, max_rows = 150, on_stale_read = serve)
        AS SELECT count(*) AS n FROM t;
      REFRESH counted`);
    const sameAsAnswered = async (met: Record<string, boolean>) => {
      const { rows } = await db.execute('SHOW STALENESS');
      for (const [name, isMet] of Object.entries(met)) {
        const from = name === 'm' || name === 'bounded' ? `PREDICT(${name}, (SELECT 'DE' AS country))` : name;
        const answer = (await db.query(`FROM ${from}`)).staleness.find((one) => one.name === name);
        expect(answer).toMatchObject({ policyMet: isMet });
        expect(rows?.find((row) => row.name === name)).toMatchObject({
          as_of_version: answer?.asOf,
          rows: answer?.rows,
          ms: answer?.ms,
          policy_met: isMet,
          deadline: null,
        });
      }
    };
    const soon = { sums: false, named: false, late: true, m: false, bounded: false, counted: true };
    await sameAsAnswered(soon);
    // A refresh by hand moves the contents, and no answer.
    await db.sql(
      `REFRESH sums; REFRESH m; REFRESH timely; INSERT INTO asked VALUES ('FR'); REFRESH predicted`,
    );
    clock.advanceMs(2 * hourMs);
    await sameAsAnswered({ ...soon, timely: false, predicted: false });
  });

  it('lays nothing of the wait to the account of staleness', async () => {
    ({ db, clock } = await openEverview());
    const random = new Random(11);
    await db.sql(`
      CREATE TABLE t (id INTEGER, country VARCHAR, amount DOUBLE) WITH (profile = on, on_finding = hold_refresh);
      CREATE MATERIALIZED VIEW priced WITH (staleness_price = 1 PER ROW) AS SELECT count(*) AS n FROM t`);
    for (let number = 0; number < 20; number++) {
      clock.advanceMs(dayMs);
      await db.insert('t', day(random, number));
    }
    await db.execute('REFRESH priced');
    clock.advanceMs(dayMs);
    const bad = day(random, 20).map((row, index) => (index % 4 === 0 ? { ...row, amount: -1 } : row));
    expect(await db.insert('t', bad)).toMatchObject({ reason: 'refresh-held' });
    const { row, held } = await one('SELECT n::INTEGER AS n FROM priced');
    expect({ row, held }).toEqual({ row: { n: 2_000 }, held: [21] });
    await db.execute('APPROVE UPDATE 21');
    const { rows } = await db.execute('EXPLAIN REFRESH priced');
    expect(rows).toContainEqual({
      property: 'staleness has cost',
      value: expect.stringMatching(/^0\.00 ms, for 0 rows/),
    });
  });

  it('cannot end in giving up what is taken', async () => {
    ({ db, clock } = await openEverview());
    const declared = db.sql(
      `CREATE TABLE t (a INTEGER) WITH (on_finding = hold_refresh, hold = INTERVAL '1 day' THEN reject)`,
    );
    expect(await failureOf(declared)).toMatchObject({ code: 'invalid-option' });
  });

  it('goes on once a person approves the update, or ends the incident', async () => {
    await brokenWorld();
    expect(await failureOf(db.sql(`REJECT UPDATE ${wrong}`))).toMatchObject({ code: 'unsupported' });
    await db.sql(`APPROVE UPDATE ${wrong} BY 'ann' BECAUSE 'refunds'`);
    expect(await isThere()).toEqual({ wrong: true });
    expect(await one('FROM sums')).toMatchObject({ held: undefined, marks: undefined });
    expect((await db.query('SELECT what, state, who FROM everview.held_updates')).rows).toEqual([
      { what: 'refresh', state: 'approved', who: 'ann' },
    ]);
  });

  longTests(() => {
    it('keeps the history that it answers from, and that tells what was put right since', async () => {
      const forever = `ALTER TABLE t SET (hold = INTERVAL '30 days' THEN accept_marked)`;
      await brokenWorld(forever, { historyVersions: 1 });
      await db.sql('UPDATE t SET amount = 30 WHERE amount = -1');
      const random = new Random(12);
      for (let number = 21; number < 24; number++) {
        clock.advanceMs(dayMs);
        await db.insert('t', day(random, number));
        await db.sql('REFRESH sums; REFRESH named; REFRESH late');
        await db.step();
      }
      expect((await one('SELECT sum(n)::INTEGER AS n FROM sums')).row).toEqual({ n: 2_000 });
      await db.sql(`APPROVE UPDATE ${wrong}`);
      expect((await one(`SELECT state FROM everview.verdicts WHERE version = ${wrong}`)).row).toEqual({
        state: 'kept-out',
      });
      await db.step();
      expect(await failureOf(db.query(`SELECT * FROM t AT (VERSION => ${wrong})`))).toMatchObject({
        code: 'history-expired',
      });
    });

    it('goes on once its incident is resolved', async () => {
      await brokenWorld();
      const { rows } = await db.query(
        `SELECT incident_id AS id, response FROM everview.incidents WHERE severity = 'block'`,
      );
      expect(rows).toMatchObject([{ response: 'refresh-held' }]);
      await db.sql(
        `UPDATE t SET amount = NULL WHERE amount = -1; RESOLVE INCIDENT ${String(rows[0]?.id)} BY 'ann'`,
      );
      expect(await isThere()).toEqual({ wrong: false });
      expect(await one('FROM sums')).toMatchObject({ held: undefined, marks: undefined });
    });

    it('goes on marked at its deadline, also after the file was closed, and not for usual days that follow', async () => {
      await brokenWorld(`ALTER TABLE t SET (hold = INTERVAL '6 hours' THEN accept_marked)`);
      const random = new Random(3);
      for (const number of [21, 22, 23, 24]) {
        clock.advanceMs(hourMs);
        await db.insert('t', day(random, number));
      }
      expect(await one('SELECT sum(n)::INTEGER AS n FROM sums')).toMatchObject({
        row: { n: 2_000 },
        version: lastGood,
      });
      await db.close();
      ({ db } = await openEverview({ path: place?.path ?? '', clock }));
      expect(await one('SELECT sum(n)::INTEGER AS n FROM sums')).toMatchObject({
        row: { n: 2_000 },
        held: [wrong],
      });
      clock.advanceMs(2 * hourMs);
      await db.step();
      expect(await one('SELECT sum(n)::INTEGER AS n FROM sums')).toMatchObject({
        row: { n: 2_500 },
        held: undefined,
        marks: 1,
      });
    });
  });
});
