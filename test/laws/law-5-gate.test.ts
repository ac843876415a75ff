import { describe, expect, it } from 'vitest';
import { type Answer, type Everview, EverviewError } from '../../src/index.ts';
import { depth, longer } from '../support/depth.ts';
import { openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';
import { hourMs, modelVersions, readingsOfHour, sensorDeclarations } from '../support/sensor-model.ts';

const question = `SELECT prediction FROM PREDICT(level, (SELECT 1.0::DOUBLE AS x, 'b' AS kind, true AS flag))`;

async function ask(db: Everview): Promise<Answer | null> {
  try {
    return await db.query(question);
  } catch (failure) {
    if (failure instanceof EverviewError && failure.code === 'no-model-version') return null;
    throw failure;
  }
}

/** Fewer in every run, and some of them corrupted: that begins at the twelfth. */
const hours = longer(20, 40);

/** Law 5: what failed its gate never answers. */
describe('law 5, gate', () => {
  it.each(depth([51], [51, 52, 53]))(
    'lets no failed candidate answer through corrupted batches, seed %i',
    async (seed) => {
      const random = new Random(seed);
      const { db, clock } = await openEverview();
      await using _ = db;
      await db.sql(sensorDeclarations);
      const policy = random.pick([
        "max_staleness = INTERVAL '2 hours'",
        'refresh = manual',
        'refresh = immediate',
        '',
      ]);
      await db.execute(`CREATE MODEL level WITH (method = 'ridge', l2 = 0.1, gate = (rmse <= 2, rmse <= 1.5 * current)
      ${policy === '' ? '' : `, ${policy}`}) AS SELECT * FROM examples`);
      let nextId = 1;
      let answers = 0;
      for (let hour = 0; hour < hours; hour++) {
        clock.advanceMs(hourMs);
        // Some hours in the wrong unit; the first ones are clean, so that there is something to lose.
        const scale = hour >= 12 && random.chance(0.25) ? 60 : 1;
        const rows = readingsOfHour(random, clock.nowMs(), nextId, 12, scale);
        nextId += rows.length;
        await db.insert('readings', rows);
        if (random.chance(0.5)) await db.step();
        if (random.chance(0.3)) await db.refresh('level', random.pick(['auto', 'full']));
        const answer = await ask(db);
        if (answer === null) continue;
        answers += 1;
        const version = answer.models.level;
        const found = (await modelVersions(db, 'level')).find((one) => one.version === version);
        expect(found?.status).not.toBe('failed');
        const { rows: broken } = await db.query(
          'SELECT * FROM everview.gates WHERE model = $1 AND version = $2 AND NOT passed',
          ['level', Number(version)],
        );
        expect(broken).toEqual([]);
        // What passed is near the truth, 10; a fit of the wrong unit is far from it.
        expect(Math.abs(Number(answer.rows[0]?.prediction) - 10)).toBeLessThan(8);
      }
      expect(answers).toBeGreaterThan(10);
      const versions = await modelVersions(db, 'level');
      expect(versions.filter((one) => one.status === 'failed').length).toBeGreaterThan(0);
      expect(versions.filter((one) => one.status !== 'failed').length).toBeGreaterThan(0);
    },
    60_000,
  );

  it('answers nothing where no candidate ever passed, and says so', async () => {
    const { db, clock } = await openEverview();
    await using _ = db;
    await db.sql(sensorDeclarations);
    await db.execute(
      `CREATE MODEL level WITH (method = 'ridge', gate = (rmse <= 0.0000001)) AS SELECT * FROM examples`,
    );
    for (let hour = 0; hour < 10; hour++) {
      clock.advanceMs(hourMs);
      await db.insert('readings', readingsOfHour(new Random(hour), clock.nowMs(), hour * 100, 10));
    }
    await expect(db.query(question)).rejects.toMatchObject({ code: 'no-model-version' });
    const versions = await modelVersions(db, 'level');
    expect(versions.map((one) => one.status)).toContain('failed');
    expect(versions.every((one) => one.status === 'failed')).toBe(true);
  });
});
