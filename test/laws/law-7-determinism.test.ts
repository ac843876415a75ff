import { describe, expect, it } from 'vitest';
import { rowCostMeter, SimulatedClock } from '../../src/core/clock.ts';
import { Everview, EverviewError, type Row } from '../../src/index.ts';
import { depth, longer, longTests } from '../support/depth.ts';
import { generateHistory } from '../support/generate-history.ts';
import type { History } from '../support/history.ts';
import { firstMoment, openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';
import { hourMs, readingsOfHour, sensorDeclarations } from '../support/sensor-model.ts';
import { stepSql } from '../support/step-sql.ts';

/** Everything the engine decided; only how long it took may differ. */
async function decisionsOf(db: Everview): Promise<Record<string, readonly Row[]>> {
  const rows = async (sql: string) => (await db.query(sql)).rows;
  return {
    refreshes: await rows('SELECT * EXCLUDE (actual_ms) FROM everview.refreshes ORDER BY refresh_id'),
    updates: await rows('SELECT * FROM everview.updates ORDER BY update_id'),
    gates: await rows('SELECT * FROM everview.gates ORDER BY ALL'),
    models: await rows('SELECT * EXCLUDE (duration_ms) FROM everview.model_versions ORDER BY model, version'),
    quarantine: await rows('SELECT * FROM everview.quarantine ORDER BY id'),
  };
}

/** Plays the steps as SQL and as clock; failures are decisions too. */
async function playHistory(history: History): Promise<Record<string, readonly Row[]>> {
  const { db, clock } = await openEverview({ seed: history.seed, forced: history.forced });
  await using _ = db;
  for (const step of history.steps) {
    if (step.kind === 'advance') clock.advanceMs(step.ms);
    else if (step.kind === 'tick') await db.step();
    else if (step.kind !== 'reopen' && step.kind !== 'drop') {
      await db.sql(stepSql(step)).catch(async (failure: unknown) => {
        if (!(failure instanceof EverviewError)) throw failure;
      });
    }
  }
  return await decisionsOf(db);
}

async function playModel(seed: number): Promise<Record<string, readonly Row[]>> {
  const random = new Random(seed);
  const clock = new SimulatedClock(firstMoment);
  const { db } = await openEverview({ clock, seed });
  await using _ = db;
  await db.sql(sensorDeclarations);
  await db.execute(
    `CREATE MODEL level WITH (method = 'ridge', max_staleness = INTERVAL '3 hours', gate = (rmse <= 4)) AS SELECT * FROM examples`,
  );
  for (let hour = 0; hour < 30; hour++) {
    clock.advanceMs(hourMs);
    await db.insert(
      'readings',
      readingsOfHour(random, clock.nowMs(), hour * 100, 20, random.chance(0.1) ? 60 : 1),
    );
    if (random.chance(0.3)) await db.execute(`DELETE FROM readings WHERE id % 11 = ${hour % 11}`);
    await db.step();
  }
  return await decisionsOf(db);
}

/** Fewer in every run: each is played twice. */
const steps = longer(25, 45);

/** Law 7: the same history, policies and seed give the same decisions and the same models. */
describe('law 7, determinism', () => {
  it.each(depth([71], [71, 72, 73, 74, 75, 76]))(
    'decides the same twice over a random history, seed %i',
    async (seed) => {
      const history = generateHistory(seed, steps);
      const first = await playHistory(history);
      expect(first.refreshes?.length).toBeGreaterThan(3);
      expect(await playHistory(history)).toEqual(first);
    },
    60_000,
  );

  longTests(() => {
    it('fits the same models, bit for bit', async () => {
      const first = await playModel(77);
      expect(first.models?.length).toBeGreaterThan(3);
      expect(await playModel(77)).toEqual(first);
    }, 60_000);
  });

  it('takes time from the clock it was given', async () => {
    const clock = new SimulatedClock(Date.UTC(1999, 11, 31, 23, 59));
    await using db = await Everview.open(':memory:', { clock, meter: rowCostMeter });
    await db.sql('CREATE TABLE t (at TIMESTAMP DEFAULT now()); INSERT INTO t VALUES (DEFAULT)');
    const { rows } = await db.query(
      `SELECT now() AS n, (SELECT max(committed_at) FROM everview.updates) AS c`,
    );
    expect(rows).toEqual([{ n: new Date('1999-12-31T23:59:00Z'), c: new Date('1999-12-31T23:59:00Z') }]);
  });
});
