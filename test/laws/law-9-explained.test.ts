import { DuckDBInstance } from '@duckdb/node-api';
import { describe, expect, it } from 'vitest';
import { Everview, reasonTable, rowCostMeter, SimulatedClock } from '../../src/index.ts';
import { longTests } from '../support/depth.ts';
import { firstMoment } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';
import { hourMs, readingsOfHour, sensorDeclarations } from '../support/sensor-model.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

type Scenario = {
  readonly name: string;
  /** The way of every refresh, where the costs are not to choose it. */
  readonly refresh?: 'algebraic';
  readonly run: (db: Everview, clock: SimulatedClock) => Promise<readonly string[]>;
};

/** Every reason in the system tables, and how each of the answers was given. */
async function recordedReasons(db: Everview): Promise<string[]> {
  const { rows } = await db.query(`
    SELECT DISTINCT reason FROM (
      SELECT reason FROM everview.refreshes UNION ALL SELECT trigger FROM everview.refreshes
      UNION ALL SELECT reason FROM everview.updates UNION ALL SELECT reason FROM everview.gates
      UNION ALL SELECT reason FROM everview.promotions
      UNION ALL SELECT json_extract_string(metrics, '$.verdict') FROM everview.model_versions)
    WHERE reason IS NOT NULL`);
  return rows.map((row) => String(row.reason));
}

const noAnswers: readonly string[] = [];

const scenarios: readonly Scenario[] = [
  {
    name: 'small and large tables',
    run: async (db) => {
      await db.sql(`
        CREATE TABLE small (k INTEGER, a INTEGER); CREATE TABLE large (k INTEGER, a INTEGER);
        INSERT INTO small VALUES (1, 1), (2, 2); INSERT INTO large SELECT i % 50, i FROM range(8000) r(i);
        CREATE MATERIALIZED VIEW few AS SELECT k, sum(a) AS s FROM small GROUP BY k;
        CREATE MATERIALIZED VIEW many AS SELECT k, sum(a) AS s FROM large GROUP BY k;
        CREATE MATERIALIZED VIEW over AS SELECT sum(s) AS s FROM many`);
      for (let n = 0; n < 3; n++) {
        await db.sql(
          `INSERT INTO small VALUES (3, ${n}); INSERT INTO large VALUES (3, ${n}); REFRESH few; REFRESH over`,
        );
      }
      await db.sql('REFRESH few; REFRESH few INCREMENTAL; REFRESH few FULL');
      await db.sql('INSERT INTO small VALUES (4, 4); REFRESH few INCREMENTAL');
      return noAnswers;
    },
  },
  {
    name: 'how rows arrive',
    run: async (db) => {
      await db.sql(`CREATE TABLE t (a INTEGER) WITH (on_replay = reject); INSERT INTO t VALUES (1)`);
      await db.execute('INSERT INTO t VALUES (1)').catch(() => undefined);
      await db.insert('t', [{ a: 2, b: 3 }]);
      await db.insert('t', [{ aa: 2 }]).catch(() => undefined);
      await db.insert('t', [{ a: 'two' }]).catch(() => undefined);
      return noAnswers;
    },
  },
  {
    name: 'what people and incidents decide of models',
    run: async (db) => {
      const more = 'INSERT INTO t VALUES (1, 2), (2, 4); REFRESH m';
      await db.sql(`
        CREATE TABLE t (x DOUBLE, y DOUBLE) WITH (on_replay = warn);
        CREATE TRAINING SET s WITH (label = y) AS SELECT x, y FROM t;
        CREATE MODEL m WITH (method = 'linear', hold_on = notice) AS SELECT * FROM s;
        ${more}; ${more}; RESOLVE INCIDENT 1; PROMOTE MODEL m; HOLD MODEL m; ${more}; ROLLBACK MODEL m TO VERSION 1;
        DROP MODEL m`);
      return noAnswers;
    },
  },
  {
    name: 'an update that is not as usual',
    run: async (db, clock) => {
      await db.execute(`CREATE TABLE t (a INTEGER, b DOUBLE) WITH (profile = on, on_finding = reject)`);
      for (let day = 0; day < 20; day++) {
        clock.advanceMs(86_400_000);
        await db.execute(`INSERT INTO t SELECT i, 50 + (i * 7919 + ${day}) % 101 FROM range(200) r(i)`);
      }
      await db.execute(`INSERT INTO t SELECT i, NULL FROM range(200) r(i)`).catch(() => undefined);
      for (const response of ['ask', 'hold_refresh'])
        await db.sql(
          `ALTER TABLE t SET (on_finding = ${response}); INSERT INTO t SELECT i, NULL FROM range(200) r(i)`,
        );
      return noAnswers;
    },
  },
  {
    name: 'one way for long',
    run: async (db) => {
      await db.sql(`
        CREATE TABLE t (k INTEGER, a INTEGER); INSERT INTO t VALUES (1, 1);
        CREATE MATERIALIZED VIEW v WITH (refresh = immediate) AS SELECT k FROM t WHERE a = 0`);
      for (let n = 0; n < 220; n++) await db.execute(`INSERT INTO t VALUES (${n % 5}, ${n})`);
      return noAnswers;
    },
  },
  {
    name: 'why refreshes wait, and what stale answers pay for',
    run: async (db) => {
      await db.sql(`
        CREATE TABLE t (a INTEGER, b INTEGER); INSERT INTO t VALUES (1, 1);
        CREATE MATERIALIZED VIEW unpriced WITH (max_rows = 9) AS SELECT a FROM t;
        CREATE MATERIALIZED VIEW priced WITH (staleness_price = 0.01 PER ROW) AS SELECT a FROM t;
        CREATE TRAINING SET s WITH (label = b) AS SELECT a, b FROM t;
        REFRESH unpriced; REFRESH priced; REFRESH s; INSERT INTO t VALUES (2, 2)`);
      const reasons: string[] = [];
      for (const name of ['unpriced', 'priced', 's']) {
        const { rows } = await db.execute(`EXPLAIN REFRESH ${name}`);
        reasons.push(
          String(rows.find(({ property }) => property === 'waits because')?.value).split(':')[0] ?? '',
        );
      }
      await db.query('SELECT * FROM priced');
      await db.step();
      return reasons;
    },
  },
  {
    name: 'what arithmetic cannot do',
    refresh: 'algebraic',
    run: async (db) => {
      await db.sql(`
        CREATE TABLE t (k INTEGER, x DOUBLE); INSERT INTO t VALUES (1, 1.5), (1, 2.5), (2, 3.5);
        CREATE MATERIALIZED VIEW extremes AS SELECT k, min(x) AS least FROM t GROUP BY k;
        CREATE MATERIALIZED VIEW sums AS SELECT k, sum(x) AS s FROM t GROUP BY k;
        CREATE MATERIALIZED VIEW newest AS SELECT k FROM t ORDER BY k DESC LIMIT 2;
        DELETE FROM t WHERE x = 1.5; REFRESH extremes; REFRESH newest;
        INSERT INTO t VALUES (1, 'inf'::DOUBLE); REFRESH sums; DELETE FROM t WHERE x = 'inf'::DOUBLE; REFRESH sums;
        INSERT INTO t VALUES (1, 1e17); REFRESH sums; DELETE FROM t WHERE x = 1e17; REFRESH sums;
        CREATE OR REPLACE MATERIALIZED VIEW newest AS SELECT k + 1 AS k FROM t ORDER BY k DESC LIMIT 2;
        CREATE TABLE codes (a VARCHAR); INSERT INTO codes VALUES ('1');
        CREATE MATERIALIZED VIEW numbers AS SELECT CAST(a AS INTEGER) AS a FROM codes; REFRESH numbers;
        INSERT INTO codes VALUES ('x'); DELETE FROM codes WHERE a = 'x'; REFRESH numbers`);
      return noAnswers;
    },
  },
  {
    name: 'when views are refreshed and how queries are answered',
    run: async (db, clock) => {
      await db.sql(`
        CREATE TABLE t (a INTEGER); INSERT INTO t VALUES (1);
        CREATE MATERIALIZED VIEW at_once WITH (refresh = immediate) AS SELECT sum(a) AS s FROM t;
        CREATE MATERIALIZED VIEW in_time WITH (max_staleness = INTERVAL '1 minute') AS SELECT sum(a) AS s FROM t;
        CREATE MATERIALIZED VIEW over_it WITH (refresh = manual) AS SELECT s + 1 AS s FROM in_time;
        CREATE MATERIALIZED VIEW served WITH (max_staleness = INTERVAL '1 second', on_stale_read = serve) AS SELECT sum(a) AS s FROM t;
        CREATE MATERIALIZED VIEW at_read AS SELECT sum(a) AS s FROM t`);
      const path = async (sql: string) => (await db.query(sql)).path;
      const paths = [await path('SELECT * FROM at_read')];
      await db.execute('INSERT INTO t VALUES (2)');
      paths.push(await path('SELECT * FROM in_time'), await path('SELECT * FROM at_read'));
      paths.push(await path('SELECT * FROM t AT (VERSION => 1)'));
      clock.advanceMs(30_000);
      paths.push(await path('SELECT * FROM served'));
      await db.execute('REFRESH over_it');
      await db.execute('INSERT INTO t VALUES (3)');
      clock.advanceMs(90_000);
      await db.step();
      return paths;
    },
  },
  {
    name: 'reads without refreshes',
    run: async (db) => {
      await db.sql(`
        CREATE TABLE t (k INTEGER, a INTEGER); INSERT INTO t SELECT i % 50, i FROM range(200_000) r(i);
        CREATE MATERIALIZED VIEW v WITH (on_stale_read = compensate) AS SELECT k, sum(a) AS s FROM t GROUP BY k;
        INSERT INTO t VALUES (1, 1)`);
      const compensated = await db.query('SELECT * FROM v');
      await db.execute('DELETE FROM t WHERE a > 100');
      const recomputed = await db.query('SELECT * FROM v');
      return [compensated.path, recomputed.path];
    },
  },
  {
    name: 'ways to read, explained',
    run: async (db, clock) => {
      await db.sql(`
        CREATE TABLE t (k INTEGER, a INTEGER); INSERT INTO t SELECT i % 50, i FROM range(8000) r(i);
        CREATE MATERIALIZED VIEW declared AS SELECT k, sum(a) AS s FROM t GROUP BY k;
        CREATE MATERIALIZED VIEW bounded WITH (max_staleness = '1 hour') AS SELECT k, max(a) AS s FROM t GROUP BY k;
        CREATE MATERIALIZED VIEW manual WITH (refresh = manual) AS SELECT k, count(*) AS s FROM t GROUP BY k;
        CREATE MATERIALIZED VIEW ranks AS SELECT a, rank() OVER (ORDER BY a) AS s FROM t;
        INSERT INTO t VALUES (1, 1)`);
      clock.advanceMs(60_000);
      const told: string[] = [];
      const explain = async (query: string) => {
        const { rows } = await db.execute(`EXPLAIN ${query}`);
        told.push(...rows.map((row) => String(row.reason)));
      };
      await explain('SELECT * FROM declared, t AT (VERSION => 1)');
      await explain('SELECT * FROM bounded, t');
      await explain('SELECT * FROM declared WITH (on_stale_read = compensate)');
      await explain('SELECT * FROM ranks WITH (on_stale_read = fail)');
      await explain('SELECT * FROM ranks WITH (on_stale_read = compensate)');
      await db.refresh('declared');
      await explain('SELECT * FROM declared, manual');
      await db.execute('INSERT INTO t VALUES (2, 2)');
      await db.execute('BEGIN');
      await explain('SELECT * FROM declared');
      await db.execute('ROLLBACK');
      return told;
    },
  },
  {
    name: 'the clock alone',
    run: async (db, clock) => {
      await db.sql(`CREATE TABLE t (ts TIMESTAMP);
        INSERT INTO t SELECT TIMESTAMP '2001-06-01' - INTERVAL 1 MINUTE * i FROM range(2000) r(i);
        CREATE MATERIALIZED VIEW recent AS SELECT ts FROM t WHERE ts > now() - INTERVAL '1 day'`);
      for (let hour = 0; hour < 4; hour++) {
        clock.advanceMs(hourMs);
        await db.query('SELECT count(*) FROM recent');
      }
      return noAnswers;
    },
  },
  {
    name: 'updates',
    run: async (db) => {
      await db.sql(`
        CREATE TABLE strict (a INTEGER CHECK (a > 0));
        CREATE TABLE careful (a INTEGER CHECK (a > 0)) WITH (on_violation = quarantine);
        CREATE TABLE lenient (a INTEGER CHECK (a > 0)) WITH (on_violation = warn);
        INSERT INTO strict VALUES (1); INSERT INTO careful VALUES (0), (1); INSERT INTO lenient VALUES (0)`);
      await expect(db.execute('INSERT INTO strict VALUES (0)')).rejects.toMatchObject({
        code: 'constraint-violation',
      });
      const first = await db.insert('strict', [{ a: 5 }], { key: 'once' });
      const again = await db.insert('strict', [{ a: 5 }], { key: 'once' });
      const nothing = await db.execute('DELETE FROM strict WHERE a > 100');
      return [first.reason, again.reason, nothing.update?.reason ?? ''];
    },
  },
  {
    name: 'candidates',
    run: async (db, clock) => {
      const random = new Random(9);
      await db.sql(sensorDeclarations);
      await db.execute(`CREATE MODEL free WITH (method = 'ridge') AS SELECT * FROM examples`);
      await db.execute(
        `CREATE MODEL gated WITH (method = 'ridge', gate = (rmse <= 10, rmse <= 1.1 * current)) AS SELECT * FROM examples`,
      );
      await db.refresh('gated');
      // The first rows are older than the hold-out: a fit, and nothing to judge it by.
      await db.insert('readings', readingsOfHour(random, clock.nowMs() - 10 * hourMs, 0, 20));
      await db.refresh('gated');
      await db.insert('readings', readingsOfHour(random, clock.nowMs(), 100, 20));
      await db.refresh('gated');
      await db.refresh('free');
      await db.insert('readings', readingsOfHour(random, clock.nowMs(), 200, 20, 60));
      await db.refresh('gated');
      return noAnswers;
    },
  },
  {
    name: 'candidates beside the current model',
    run: async (db, clock) => {
      const random = new Random(10);
      await db.sql(sensorDeclarations);
      const gates = {
        cautious: 'not_worse',
        sliced: 'rmse PER kind <= 0.001',
        steady: 'negative_flips(tolerance = 0.5) <= 0',
        watched: 'rmse <= 1000',
      };
      for (const [name, gate] of Object.entries(gates))
        await db.execute(
          `CREATE MODEL ${name} WITH (method = 'ridge', gate = (${gate})) AS SELECT * FROM examples`,
        );
      const hour = (id: number, hoursAgo: number, count: number, scale = 1) =>
        db.insert(
          'readings',
          readingsOfHour(random, clock.nowMs() - hoursAgo * hourMs, 1_000 * id, count, scale),
        );
      const refresh = async () => {
        for (const name of Object.keys(gates)) await db.refresh(name);
      };
      await hour(1, 10, 20);
      await hour(2, 1, 20);
      await refresh();
      await hour(3, 1, 5);
      await refresh();
      for (let ago = 20; ago > 0; ago--) await hour(10 + ago, ago, 20);
      await refresh();
      // In the wrong unit for six hours, and right again.
      for (let passed = 0; passed < 12; passed++) {
        clock.advanceMs(hourMs);
        await hour(50 + passed, 0, passed < 6 ? 200 : 20, passed < 6 ? 60 : 1);
      }
      await refresh();
      return noAnswers;
    },
  },
  {
    name: 'sums that lose their digits',
    run: async (db) => {
      await db.sql(`
        CREATE TABLE t (id INTEGER PRIMARY KEY, x DOUBLE, y DOUBLE);
        INSERT INTO t SELECT i, i * 1e9, i FROM range(50) r(i);
        CREATE TRAINING SET s WITH (label = y) AS SELECT x, y FROM t;
        CREATE MODEL m WITH (method = 'ridge') AS SELECT * FROM s;
        REFRESH m;
        INSERT INTO t SELECT 100 + i, i * 1e-9, i FROM range(20) r(i);
        DELETE FROM t WHERE id < 100;
        REFRESH m INCREMENTAL`);
      return noAnswers;
    },
  },
  {
    name: 'models that move by the change alone, or cannot',
    run: async (db) => {
      await db.sql(`
        CREATE TABLE t (id INTEGER PRIMARY KEY, x DOUBLE, c VARCHAR);
        INSERT INTO t SELECT i, sin(i) * 3, CASE WHEN sin(i) + cos(i * 7) > 0 THEN 'a' ELSE 'b' END FROM range(60) r(i);
        CREATE TRAINING SET s WITH (label = c) AS SELECT x, c FROM t;
        CREATE MODEL certain WITH (method = 'logistic', max_effect = 1e-12) AS SELECT * FROM s;
        CREATE MODEL near WITH (method = 'kmeans', clusters = 2) AS SELECT * FROM s;
        REFRESH certain; REFRESH near;
        INSERT INTO t VALUES (100, 2, 'b');
        REFRESH certain INCREMENTAL;
        INSERT INTO t VALUES (101, 1, 'c');
        REFRESH certain INCREMENTAL;
        INSERT INTO t SELECT 200 + i, 500 + i, 'a' FROM range(200) r(i);
        REFRESH near INCREMENTAL`);
      return noAnswers;
    },
  },
  {
    name: 'predictions that are logged',
    run: async (db) => {
      await db.sql(`
        CREATE TABLE t (id INTEGER, x DOUBLE, y DOUBLE);
        INSERT INTO t VALUES (0, 0, 0), (1, 1, 1), (2, 2, NULL);
        CREATE TRAINING SET s WITH (label = y) AS SELECT id, x, y FROM t;
        CREATE MODEL m WITH (method = 'ridge', log_predictions = (id)) AS SELECT x FROM s;
        REFRESH m;
        SELECT prediction FROM PREDICT(m, (SELECT id, x FROM t WHERE y IS NULL));
        UPDATE t SET y = 2 WHERE y IS NULL;
        SHOW PERFORMANCE`);
      return noAnswers;
    },
  },
  {
    name: 'predictions that are kept',
    run: async (db) => {
      await db.sql(`
        CREATE TABLE t (x DOUBLE, y DOUBLE);
        INSERT INTO t VALUES (0, 0), (1, 1);
        CREATE TRAINING SET s WITH (label = y) AS SELECT x, y FROM t;
        CREATE MODEL m WITH (method = 'ridge') AS SELECT * FROM s;
        CREATE MATERIALIZED VIEW late AS SELECT x, prediction FROM PREDICT(m, (SELECT x FROM t));
        CREATE MATERIALIZED VIEW prompt WITH (refresh = immediate) AS
          SELECT x, prediction FROM PREDICT(m, (SELECT x FROM t));
        REFRESH m;
        REFRESH late`);
      return noAnswers;
    },
  },
];

async function play(
  scenario: Scenario,
  refresh: 'full' | 'algebraic' | undefined = scenario.refresh,
): Promise<string[]> {
  const clock = new SimulatedClock(firstMoment);
  // The choice is left to the engine here, whatever the environment asks of the other tests.
  const db = await Everview.open(':memory:', {
    clock,
    threads: 1,
    meter: rowCostMeter,
    ...(refresh === undefined ? {} : { refresh }),
  });
  await using _ = db;
  const answered = await scenario.run(db, clock);
  return [...answered.filter((reason) => reason !== ''), ...(await recordedReasons(db))];
}

/** Contents that were changed behind the engine's back, and an audit that finds them. */
async function audited(): Promise<string[]> {
  const place = await temporaryDatabase();
  await using _ = place;
  const first = await Everview.open(place.path, { clock: new SimulatedClock(firstMoment) });
  await first.sql(`CREATE TABLE t (x INTEGER); INSERT INTO t VALUES (1), (2);
    CREATE MATERIALIZED VIEW v WITH (audit = 1) AS SELECT x FROM t`);
  await first.close();
  const bare = await DuckDBInstance.create(place.path);
  const connection = await bare.connect();
  await connection.run('DELETE FROM view.v WHERE x = 1');
  connection.closeSync();
  bare.closeSync();
  await using db = await Everview.open(place.path, { clock: new SimulatedClock(firstMoment) });
  await db.step();
  return await recordedReasons(db);
}

/** Law 9: every decision is data, with a reason from the closed list. */
describe('law 9, explained', () => {
  const known = Object.keys(reasonTable);

  it.each(scenarios.slice(0, 3))('gives no reason outside of the list: $name', async (scenario) => {
    const reasons = await play(scenario);
    expect(reasons.length).toBeGreaterThan(2);
    expect(reasons.filter((reason) => !known.includes(reason))).toEqual([]);
  });

  longTests(() => {
    it('gives every reason of the list, and no other', async () => {
      const seen = new Set<string>();
      for (const scenario of scenarios) for (const reason of await play(scenario)) seen.add(reason);
      for (const scenario of scenarios.slice(0, 1))
        for (const reason of await play(scenario, 'full')) seen.add(reason);
      for (const reason of await audited()) seen.add(reason);
      expect([...seen].filter((reason) => !known.includes(reason))).toEqual([]);
      expect(known.filter((reason) => !seen.has(reason))).toEqual([]);
    }, 60_000);
  });

  it('records what was predicted beside what it cost', async () => {
    const clock = new SimulatedClock(firstMoment);
    await using db = await Everview.open(':memory:', { clock, meter: rowCostMeter });
    await scenarios[0]?.run(db, clock);
    const { rows } = await db.query(`
      SELECT count(*) AS n, count(*) FILTER (WHERE predicted_full_ms IS NULL OR actual_ms IS NULL OR to_version IS NULL) AS lacking,
             count(*) FILTER (WHERE kind = 'incremental' AND predicted_incremental_ms IS NULL) AS unpredicted
      FROM everview.refreshes WHERE kind <> 'none'`);
    expect(rows.map((row) => [Number(row.n) > 5, Number(row.lacking), Number(row.unpredicted)])).toEqual([
      [true, 0, 0],
    ]);
  });
});
