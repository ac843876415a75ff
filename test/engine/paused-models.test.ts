import { afterEach, describe, expect, it } from 'vitest';
import type { Everview, SimulatedClock } from '../../src/index.ts';
import { longTests } from '../support/depth.ts';
import { failureOf } from '../support/failure-of.ts';
import { openEverview } from '../support/open-everview.ts';

let db: Everview;
let clock: SimulatedClock;

afterEach(() => db.close());

/** A model that has answered in two versions, the second of which learned from rows that broke a rule. */
async function pausedWorld(method: string, label: string, fallback: string): Promise<void> {
  ({ db, clock } = await openEverview());
  await db.sql(`
    CREATE TABLE t (x DOUBLE, y DOUBLE, late BOOLEAN, CHECK (x >= 0)) WITH (on_violation = warn);
    CREATE TRAINING SET s WITH (label = ${label}) AS SELECT x, ${label} FROM t;
    CREATE TRAINING SET plain WITH (label = y) AS SELECT x, y FROM t WHERE x < 5;
    CREATE MODEL simple WITH (method = 'ridge', l2 = 0) AS SELECT * FROM plain;
    CREATE MODEL m WITH (method = '${method}', hold_on = never, pause_on = notice${fallback}) AS SELECT * FROM s;
    INSERT INTO t SELECT i, 2 * i, i > 10 FROM range(20) r(i);
    REFRESH m; REFRESH simple;`);
  clock.advanceMs(1_000);
  await db.sql(`INSERT INTO t SELECT -i, 100, true FROM range(1, 30) r(i); REFRESH m`);
}

const asked = 'SELECT * FROM PREDICT(m, (SELECT 3.0 AS x UNION ALL SELECT 15.0)) ORDER BY x';

async function answer() {
  const { rows, models, standIns } = await db.query(asked);
  return { predicted: rows.map(({ prediction }) => prediction), models, by: standIns?.map(({ by }) => by) };
}

const near = (value: number) => expect.closeTo(value, 0);

describe('predictions that an incident pauses', () => {
  it('are refused where nothing stands in', async () => {
    await pausedWorld('ridge', 'y', '');
    expect(await failureOf(db.query(asked))).toMatchObject({ code: 'predictions-paused' });
  });

  it('are those of the version that had not learned from what is wrong', async () => {
    await pausedWorld('ridge', 'y', ', l2 = 0, fallback = previous');
    expect(await answer()).toEqual({ predicted: [near(6), near(30)], models: { m: 1 }, by: ['version 1'] });
    const explained = await db.execute(`EXPLAIN ${asked}`);
    expect(explained).toMatchObject({
      models: { m: 1 },
      standIns: [{ model: 'm', incidentId: 1, by: 'version 1' }],
    });
    expect(explained.rows.find(({ name, chosen }) => name === 'm' && chosen)?.detail).toBe(
      'version 1 answers: incident 1 pauses the model',
    );
    await db.sql(`RESOLVE INCIDENT 1`);
    const { models, by } = await answer();
    expect({ models, by }).toEqual({ models: { m: 2 }, by: undefined });
  });

  it('are explained as the query gives them, refused or refreshed before', async () => {
    await pausedWorld('ridge', 'y', ', l2 = 0, fallback = previous, max_rows = 1, on_stale_read = fail');
    await db.sql('INSERT INTO t SELECT i, 2 * i, false FROM range(5) r(i)');
    expect(await failureOf(db.query(asked))).toMatchObject({ code: 'staleness-exceeded' });
    const refused = await db.execute(`EXPLAIN ${asked}`);
    expect(refused.standIns).toBeUndefined();
    expect(refused.rows.find(({ name, chosen }) => name === 'm' && chosen)).toMatchObject({
      plan: 'refuse',
      detail: 'contents are 1 version, 5 rows behind',
    });
    await db.sql('ALTER MODEL m SET (on_stale_read = refresh)');
    const { models, standIns, rows } = await db.execute(`EXPLAIN ${asked}`);
    expect(rows.find(({ name, chosen }) => name === 'm' && chosen)?.plan).toBe('refresh');
    const given = await answer();
    expect({ models, by: standIns?.map(({ by }) => by) }).toEqual({ models: given.models, by: given.by });
    expect(given.by).toEqual(['version 1']);
  });

  it('cannot be what the model does not predict', async () => {
    const refused = failureOf(pausedWorld('ridge', 'y', `, fallback = 'much'`));
    expect(await refused).toMatchObject({ code: 'invalid-option' });
    expect(
      await failureOf(
        db.sql(`CREATE MODEL m WITH (method = 'ridge', pause_on = block, fallback = m) AS SELECT * FROM s`),
      ),
    ).toMatchObject({
      code: 'invalid-option',
    });
  });

  longTests(() => {
    it('are a value, of a number or of a class', async () => {
      await pausedWorld('ridge', 'y', ', fallback = -1.5');
      expect(await answer()).toEqual({ predicted: [-1.5, -1.5], models: {}, by: ['the value -1.5'] });
      await db.close();
      await pausedWorld('logistic', 'late', `, fallback = 'false'`);
      expect(await answer()).toEqual({ predicted: [false, false], models: {}, by: ['the value false'] });
      await db.sql(`ALTER MODEL m SET (fallback = 'perhaps')`);
      expect(await failureOf(db.query(asked))).toMatchObject({ code: 'predictions-paused' });
    });

    it('are those of another model that is not paused', async () => {
      await pausedWorld('ridge', 'y', ', fallback = simple');
      expect(await answer()).toMatchObject({
        predicted: [near(6), near(30)],
        models: {},
        by: ['model "simple"'],
      });
      await db.sql(`ALTER MODEL simple SET (pause_on = notice)`);
      expect(await failureOf(db.query(asked))).toMatchObject({
        code: 'predictions-paused',
        hint: expect.stringContaining('its fallback does not answer: incident 1 pauses model "simple" too'),
      });
      await db.sql('DROP MODEL simple');
      expect((await failureOf(db.query(asked))).hint).toContain('there is no model "simple"');
      // Other options can be changed all the same.
      await db.sql('ALTER MODEL m SET (max_rows = 5)');
    });

    it('can only be those of a model that is there', async () => {
      await pausedWorld('ridge', 'y', '');
      const create = (fallback: string) =>
        `CREATE MODEL n WITH (method = 'ridge', pause_on = block, fallback = ${fallback}) AS SELECT * FROM s`;
      expect(await failureOf(db.execute(create('simpel')))).toMatchObject({
        code: 'unknown-relation',
        hint: 'did you mean "simple"?',
        place: '1:69+6',
      });
      expect((await failureOf(db.execute(create('t')))).code).toBe('wrong-kind');
      expect(await failureOf(db.execute('ALTER MODEL m SET (fallback = s)'))).toMatchObject({
        code: 'wrong-kind',
        message: 'fallback of model "m" names "s", which is a training set',
        place: '1:31+1',
      });
    });

    it('are of no use where nothing pauses', async () => {
      await pausedWorld('ridge', 'y', ', fallback = 0');
      const created = `CREATE MODEL n WITH (method = 'ridge', fallback = 0) AS SELECT * FROM s`;
      expect(await failureOf(db.execute(created))).toMatchObject({
        code: 'invalid-option',
        message: 'fallback of model "n" needs pause_on',
        place: '1:51+1',
      });
      expect((await failureOf(db.execute('ALTER MODEL m SET (pause_on = never)'))).code).toBe(
        'invalid-option',
      );
      await db.execute('ALTER MODEL m SET (pause_on = never, fallback = NULL)');
    });
  });
});
