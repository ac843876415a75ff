import { describe, expect, it } from 'vitest';
import { createRowPredictor, type Everview, type ModelParameters, type Row } from '../../src/index.ts';
import { longTests } from '../support/depth.ts';
import { openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';
import { hourMs, readingsOfHour, sensorDeclarations } from '../support/sensor-model.ts';

async function fedDatabase(options: string): Promise<Everview> {
  const random = new Random(61);
  const { db, clock } = await openEverview();
  await db.sql(sensorDeclarations);
  await db.execute(`CREATE MODEL level WITH (method = 'ridge'${options}) AS SELECT * FROM examples`);
  for (let hour = 0; hour < 20; hour++) {
    clock.advanceMs(hourMs);
    await db.insert('readings', readingsOfHour(random, clock.nowMs(), hour * 100, 15));
    if (hour === 9) await db.refresh('level');
  }
  await db.execute('DELETE FROM readings WHERE id % 7 = 0');
  await db.refresh('level', 'incremental');
  return db;
}

async function parametersOf(db: Everview): Promise<ModelParameters> {
  const { rows } = await db.query(
    `SELECT parameters FROM everview.model_versions WHERE model = 'level' ORDER BY version DESC LIMIT 1`,
  );
  return JSON.parse(String(rows[0]?.parameters));
}

/** Training rows: those before the hold-out of six hours. */
const trainingRows = `SELECT * FROM examples WHERE taken <= now()::TIMESTAMP - INTERVAL '6 hours'`;

function near(a: number, b: number, relative: number): boolean {
  return Math.abs(a - b) <= relative * Math.max(1, Math.abs(a), Math.abs(b));
}

/** Law 6: an example's features are the same at training and at query time, and hold nothing later. */
describe('law 6, one path', () => {
  longTests(() => {
    it('predicts the training rows as the fit did: its own residuals come out', async () => {
      await using db = await fedDatabase(', l2 = 0.3');
      const parameters = await parametersOf(db);
      const { rows } = await db.query(
        `SELECT count(*) AS n, sum(power(y - prediction, 2)) AS squares FROM PREDICT(level, (${trainingRows}))`,
      );
      expect(Number(rows[0]?.n)).toBe(parameters.rows);
      expect(
        near(Number(rows[0]?.squares), Number([parameters.details.residual_squares].flat()[0]), 1e-9),
      ).toBe(true);
    });

    it('leaves residuals orthogonal to the features, as least squares must', async () => {
      await using db = await fedDatabase(', l2 = 0');
      const { rows } = await db.query(`
      SELECT sum(e) AS one, sum(e * x) AS x, sum(e) FILTER (WHERE kind = 'b') AS b, sum(e) FILTER (WHERE flag) AS flag,
             sum(e) FILTER (WHERE x IS NULL) AS missing, count(*) AS n
      FROM (SELECT *, y - prediction AS e FROM PREDICT(level, (${trainingRows})))`);
      const row = rows[0];
      expect(Number(row?.n)).toBeGreaterThan(50);
      for (const name of ['one', 'x', 'b', 'flag', 'missing'])
        expect(Math.abs(Number(row?.[name]))).toBeLessThan(1e-6);
    });
  });

  it('gives the same prediction for a row, a query and a view', async () => {
    await using db = await fedDatabase('');
    await db.execute('CREATE VIEW recent AS SELECT id, x, kind, flag FROM readings');
    const predict = createRowPredictor(await parametersOf(db));
    const inQuery = await db.query(
      'SELECT * FROM PREDICT(level, (SELECT id, x, kind, flag FROM readings)) ORDER BY id',
    );
    const inView = await db.query('SELECT * FROM PREDICT(level, recent) ORDER BY id');
    expect(inView.rows).toEqual(inQuery.rows);
    for (const row of inQuery.rows) {
      const alone: Row = { x: row.x ?? null, kind: row.kind ?? null, flag: row.flag ?? null };
      expect(near(Number(predict(alone)?.prediction), Number(row.prediction), 1e-12)).toBe(true);
    }
  });

  it('knows an example by what was known at its time, also when rows come late', async () => {
    const { db, clock } = await openEverview();
    await using _ = db;
    await db.sql(`
      CREATE TABLE events (id INTEGER PRIMARY KEY, taken TIMESTAMP NOT NULL, place VARCHAR, y DOUBLE);
      CREATE MATERIALIZED VIEW daily AS SELECT place, date_trunc('day', taken) AS day, avg(y) AS mean FROM events GROUP BY ALL;
      CREATE TRAINING SET joined WITH (label = y, event_time = taken, label_delay = INTERVAL '1 day') AS
        SELECT e.taken, d.mean AS yesterday, e.y FROM events e
        JOIN daily d ON d.place = e.place AND d.day = date_trunc('day', e.taken) - INTERVAL '1 day'`);
    const start = clock.nowMs();
    const day = 86_400_000;
    for (let n = 0; n < 8; n++) {
      clock.advanceMs(day);
      await db.insert('events', [
        { id: 2 * n, taken: new Date(start + n * day), place: 'p', y: n },
        { id: 2 * n + 1, taken: new Date(start + n * day + 1_000), place: 'p', y: n + 1 },
      ]);
    }
    const { rows } = await db.query(
      "SELECT date_part('day', taken) AS day, yesterday, y FROM joined ORDER BY taken, y",
    );
    // The mean of the day before, never of the example's own day.
    const expected = Array.from({ length: 7 }, (_, place) => place + 1).flatMap((n) => [
      { yesterday: n - 0.5, y: n },
      { yesterday: n - 0.5, y: n + 1 },
    ]);
    expect(rows.map((row) => ({ yesterday: row.yesterday, y: row.y }))).toEqual(expected);
    await db.execute(`CREATE MODEL next WITH (method = 'ridge', l2 = 0) AS SELECT * FROM joined`);
    const answer = await db.query('SELECT prediction FROM PREDICT(next, (SELECT 3.0::DOUBLE AS yesterday))');
    expect(answer.models.next).toBe(1);
    // Labels arrive a day late: of the newest day only the very first event's has.
    const { rows: fits } = await db.query(
      `SELECT "rows" AS n FROM everview.model_versions WHERE model = 'next'`,
    );
    expect(Number(fits[0]?.n)).toBe(6 * 2 + 1);
  });
});
