import { DuckDBInstance } from '@duckdb/node-api';
import { afterEach, describe, expect, it } from 'vitest';
import { Everview, rowCostMeter, SimulatedClock } from '../../src/index.ts';
import { firstOf, longer, longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { firstMoment, openEverview } from '../support/open-everview.ts';
import { type TemporaryDatabase, temporaryDatabase } from '../support/temporary-database.ts';

let db: Everview;
let place: TemporaryDatabase;

afterEach(async () => {
  await db?.close();
  await place?.[Symbol.asyncDispose]();
});

const schema = `
  CREATE TABLE sales (id INTEGER PRIMARY KEY, shop VARCHAR, units INTEGER, price DOUBLE);
  INSERT INTO sales SELECT i, 's' || (i % 7), i % 5, random() FROM range(200) t(i);
  CREATE MATERIALIZED VIEW per_shop WITH (audit = 1) AS
    SELECT shop, sum(units) AS units, avg(price) AS price FROM sales GROUP BY shop;
  CREATE MATERIALIZED VIEW big WITH (audit = 1) AS SELECT id, units FROM sales WHERE units > 2;
  CREATE MATERIALIZED VIEW middle WITH (audit = 1) AS SELECT shop, median(units) AS m FROM sales GROUP BY shop;
  CREATE MATERIALIZED VIEW over_it WITH (max_staleness = 0) AS SELECT count(*) AS n FROM big;`;

/** The way of refreshes is left to the engine, whatever the environment asks: a full one would mend what an audit is to find. */
async function openFile(): Promise<void> {
  db = await Everview.open(place.path, { clock: new SimulatedClock(firstMoment), meter: rowCostMeter });
}

/** Changes the file behind the engine's back, as a bug of the engine or of the disk would. */
async function tamper(statement: string): Promise<void> {
  await db.close();
  const bare = await DuckDBInstance.create(place.path);
  const connection = await bare.connect();
  await connection.run(statement);
  connection.closeSync();
  bare.closeSync();
  await openFile();
}

async function incidents(): Promise<readonly object[]> {
  const { rows } = await db.query(
    'SELECT kind, name, detail, "row", response FROM everview.incidents ORDER BY incident_id',
  );
  return rows;
}

describe('audit', () => {
  it('finds nothing where nothing is wrong, at any version', async () => {
    place = await temporaryDatabase();
    await openFile();
    await db.sql(schema);
    for (let round = 0; round < longer(2, 4); round++) {
      await db.sql(`DELETE FROM sales WHERE id % 11 = ${round}; UPDATE sales SET units = units + 1 WHERE id % 3 = 0;
        INSERT INTO sales VALUES (${1000 + round}, NULL, NULL, 'nan'), (${2000 + round}, 's1', 3, -0.0)`);
      await db.query('SELECT * FROM per_shop, big, middle, over_it');
      for (let step = 0; step < 4; step += 1) await db.step();
    }
    expect(await incidents()).toEqual([]);
  });

  it.each(
    firstOf([
      ['state.per_shop', "UPDATE state.per_shop SET __ev_s0 = __ev_s0 + 1 WHERE __ev_k0 = 's3'", 'per_shop'],
      ['view.big', 'DELETE FROM view.big WHERE id = 103', 'big'],
      ['view.big', 'INSERT INTO view.big SELECT * FROM view.big WHERE id = 103', 'big'],
      ['view.middle', "UPDATE view.middle SET m = m + 0.5 WHERE shop = 's2'", 'middle'],
    ]),
  )('finds what is wrong in %s: %s', async (_, statement, name) => {
    place = await temporaryDatabase();
    await openFile();
    await db.sql(schema);
    const right = await db.query(`SELECT * FROM ${name} ORDER BY ALL`);
    await tamper(statement);
    for (let step = 0; step < 4; step += 1) await db.step();
    expect(await incidents()).toMatchObject([{ kind: 'audit-divergence', name, response: 'rebuilt' }]);
    expect((await db.query(`SELECT * FROM ${name} ORDER BY ALL`)).rows).toEqual(right.rows);
    const { rows } = await db.query(
      `SELECT kind, name FROM everview.refreshes WHERE trigger = 'audit-divergence'`,
    );
    expect(rows).toEqual([{ kind: 'full', name }]);
    expect((await db.query('SELECT n FROM over_it')).rows).toEqual(
      (await db.query('SELECT count(*) AS n FROM sales WHERE units > 2')).rows,
    );
  });

  it('is refused where it could not tell right from wrong', async () => {
    ({ db } = await openEverview());
    await db.sql('CREATE TABLE t (k INTEGER, x INTEGER)');
    const declare = (sql: string) =>
      failureOf(db.execute(`CREATE MATERIALIZED VIEW v WITH (audit = 0.5) AS ${sql}`));
    expect(
      await declare('SELECT k, x, row_number() OVER (PARTITION BY k ORDER BY x) AS r FROM t'),
    ).toMatchObject({
      code: 'invalid-definition',
    });
    expect(await declare('SELECT k FROM t ORDER BY k LIMIT 3')).toMatchObject({ code: 'invalid-definition' });
    expect(
      await failureOf(db.execute('CREATE MATERIALIZED VIEW v WITH (audit = 2) AS SELECT k FROM t')),
    ).toMatchObject({ code: 'invalid-option' });
  });

  longTests(() => {
    it('takes no last digit of a sum for a difference, whatever its type', async () => {
      place = await temporaryDatabase();
      db = await Everview.open(place.path, {
        clock: new SimulatedClock(firstMoment),
        meter: rowCostMeter,
        refresh: 'algebraic',
      });
      await db.sql(`CREATE TABLE sales (id INTEGER PRIMARY KEY, shop INTEGER, price DOUBLE);
      INSERT INTO sales SELECT i, i % 5, (i * 7919 % 1000) / 10.0 + 0.1 FROM range(300) t(i);
      CREATE MATERIALIZED VIEW shown WITH (audit = 1) AS
        SELECT shop, sum(price)::VARCHAR AS price, count(*) AS n FROM sales GROUP BY shop`);
      for (let round = 0; round < 3; round += 1) {
        await db.sql(
          `DELETE FROM sales WHERE id % 11 = ${round}; UPDATE sales SET price = price + 0.7 WHERE id % 3 = 0`,
        );
        await db.query('SELECT * FROM shown');
        for (let step = 0; step < 3; step += 1) await db.step();
      }
      expect(await incidents()).toEqual([]);
      await tamper('UPDATE state.shown SET __ev_n = __ev_n + 1 WHERE __ev_k0 = 3');
      for (let step = 0; step < 3; step += 1) await db.step();
      expect(await incidents()).toMatchObject([{ kind: 'audit-divergence', name: 'shown' }]);
    });

    it('names the first row that differs', async () => {
      place = await temporaryDatabase();
      await openFile();
      await db.sql(schema);
      await tamper('UPDATE view.big SET units = 99 WHERE id IN (13, 103)');
      for (let step = 0; step < 4; step += 1) await db.step();
      const [incident] = await incidents();
      expect(incident).toMatchObject({ row: '{"id":13,"units":3}' });
    });

    it('samples the share that is declared, another at each version', async () => {
      place = await temporaryDatabase();
      await openFile();
      // A full refresh would mend what is tampered with before it is sampled.
      await db.sql(`CREATE TABLE t (k INTEGER, x INTEGER); INSERT INTO t SELECT i, i FROM range(400) t(i);
      CREATE MATERIALIZED VIEW v WITH (audit = 0.1, refresh = incremental) AS SELECT k, sum(x) AS s FROM t GROUP BY k`);
      await tamper('UPDATE state.v SET __ev_s0 = __ev_s0 + 1');
      await db.step();
      expect(await incidents()).toHaveLength(1);
      await tamper('UPDATE state.v SET __ev_s0 = __ev_s0 + 1 WHERE __ev_k0 = 7');
      let versions = 0;
      while ((await incidents()).length < 2 && versions < 200) {
        await db.execute(`INSERT INTO t VALUES (${1000 + versions}, 1)`);
        await db.query('SELECT * FROM v');
        await db.step();
        versions += 1;
      }
      expect(versions).toBeGreaterThan(0);
      expect(await incidents()).toHaveLength(2);
    });
  });
});
