import { describe, expect, it } from 'vitest';
import type { Everview, SimulatedClock } from '../../src/index.ts';
import { depth, firstOf, longTests } from '../support/depth.ts';
import { openEverview } from '../support/open-everview.ts';
import { Random } from '../support/random.ts';
import { hourMs } from '../support/sensor-model.ts';

const declarations = `
  CREATE TABLE readings (id BIGINT PRIMARY KEY, taken TIMESTAMP NOT NULL, x DOUBLE NOT NULL, region VARCHAR NOT NULL, y DOUBLE NOT NULL)
    WITH (event_time = taken);
  CREATE TRAINING SET examples WITH (label = y, event_time = taken, window = INTERVAL '2 days', holdout = INTERVAL '6 hours') AS
    SELECT taken, x, region, y FROM readings;
`;

type Hour = {
  readonly rows: number;
  readonly slope?: number;
  readonly noise?: number;
  readonly slopeIn?: Readonly<Record<string, number>>;
};

/** A sensor that gives readings by the hour: y = 3 + slope·x + noise. */
class Sensor {
  readonly #db: Everview;
  readonly #clock: SimulatedClock;
  readonly #random: Random;
  #nextId = 1;

  constructor(db: Everview, clock: SimulatedClock, seed: number) {
    this.#db = db;
    this.#clock = clock;
    this.#random = new Random(seed);
  }

  async hours(count: number, { rows, slope = 2, noise = 1, slopeIn = {} }: Hour): Promise<void> {
    for (let passed = 0; passed < count; passed++) {
      this.#clock.advanceMs(hourMs);
      const nowMs = this.#clock.nowMs();
      const readings = this.#random.list(rows, () => {
        const x = this.#random.int(-100, 100) / 10;
        const region = this.#random.pick(['north', 'south', 'west']);
        const y =
          3 + (slopeIn[region] ?? slope) * x + noise * (this.#random.next() + this.#random.next() - 1) * 2;
        const taken = new Date(nowMs - this.#random.int(0, hourMs - 1));
        return { id: this.#nextId++, taken, x, region, y };
      });
      await this.#db.insert('readings', readings);
    }
  }
}

async function opened(seed: number) {
  const { db, clock } = await openEverview();
  await db.sql(declarations);
  return { db, sensor: new Sensor(db, clock, seed) };
}

function modelSql(name: string, options: string): string {
  return `CREATE MODEL ${name} WITH (method = 'ridge', refresh = manual, ${options}) AS SELECT * EXCLUDE (region) FROM examples`;
}

/** The last version of a model: whether it was let through, and by what. */
async function lastVersion(db: Everview, model: string) {
  const { rows } = await db.query(
    `SELECT version, status, metrics FROM everview.model_versions WHERE model = $1 ORDER BY version DESC LIMIT 1`,
    [model],
  );
  const metrics: unknown = JSON.parse(String(rows[0]?.metrics));
  const { rows: gates } = await db.query(
    'SELECT * FROM everview.gates WHERE model = $1 AND version = $2 ORDER BY condition',
    [model, Number(rows[0]?.version)],
  );
  return { status: String(rows[0]?.status), metrics, gates };
}

describe('a gate over a hold-out, its slices and earlier windows', () => {
  it('does not let one corrupted window vouch for itself', async () => {
    const { db, sensor } = await opened(1);
    await using _ = db;
    const conditions = 'gate = (r2 >= 0.9, rmse <= 1.02 * current)';
    await db.sql(`${modelSql('watched', conditions)}; ${modelSql('fooled', `${conditions}, windows = 0`)}`);
    await sensor.hours(36, { rows: 20 });
    await db.sql('REFRESH watched; REFRESH fooled');
    expect(await lastVersion(db, 'watched')).toMatchObject({ status: 'promoted' });
    // A feed gone wrong repeats itself in another unit: it outweighs all else, in the training rows as in the hold-out.
    await sensor.hours(10, { rows: 400, slope: 120 });
    await db.sql('REFRESH watched; REFRESH fooled');

    const fooled = await lastVersion(db, 'fooled');
    expect(fooled).toMatchObject({ status: 'promoted', metrics: { verdict: 'gate-passed', earlier: [] } });
    const watched = await lastVersion(db, 'watched');
    expect(watched).toMatchObject({
      status: 'failed',
      metrics: { verdict: 'earlier-window-worse', decision: 'hold', earlier: [{}, {}, {}] },
    });
    // its own hold-out looks perfect
    expect(watched.gates).toMatchObject([
      { condition: 'earlier windows: rmse <= 1.1 * current', passed: false, reason: 'earlier-window-worse' },
      { condition: 'r2 >= 0.9', passed: true },
      { condition: 'rmse <= 1.02 * current', passed: true },
    ]);
    expect(Number(watched.gates[0]?.earlier_window)).toBeGreaterThan(1);
    expect(Number(watched.gates[0]?.lower)).toBeGreaterThan(0);
    const { rows } = await db.query(
      'SELECT prediction FROM PREDICT(watched, (SELECT 10.0::DOUBLE AS x)) UNION ALL SELECT prediction FROM PREDICT(fooled, (SELECT 10.0::DOUBLE AS x))',
    );
    expect(rows.map((row) => Number(row.prediction) < 30)).toEqual([true, false]);
  });

  it('judges a slice by itself where enough of its rows have a label', async () => {
    const { db, clock } = await openEverview();
    await using _ = db;
    await db.sql(`
      CREATE TABLE t (id BIGINT PRIMARY KEY, taken TIMESTAMP NOT NULL, x DOUBLE, g VARCHAR, y DOUBLE);
      CREATE TRAINING SET s WITH (label = y, event_time = taken, holdout = INTERVAL '6 hours') AS SELECT * EXCLUDE (id) FROM t;
      CREATE MODEL m WITH (method = ridge, gate = (rmse PER g <= 2)) AS SELECT x FROM s`);
    const row = (id: number, g: string, y: number | null) => {
      const taken = new Date(clock.nowMs() - (id % 700) * 60_000);
      return { id, taken, x: id % 10, g, y };
    };
    await db.insert(
      't',
      Array.from({ length: 700 }, (__, id) => row(id, 'many', 2 * (id % 10))),
    );
    // Two labels of forty rows say as little as two rows do.
    await db.insert(
      't',
      Array.from({ length: 40 }, (__, id) => row(700 + id, 'few', id < 2 ? 100 : null)),
    );
    await db.sql('REFRESH m');
    expect(await lastVersion(db, 'm')).toMatchObject({
      status: 'promoted',
      gates: [{ slice: 'g = many' }],
      metrics: { slices: [{ value: 'many' }, { isRest: true, candidate: { rows: 2 } }] },
    });
  });

  it('judges anew once the gate is another, and tells of no gate that is gone', async () => {
    const { db, sensor } = await opened(8);
    await using _ = db;
    await db.sql(modelSql('m', 'gate = (rmse <= 0.01)'));
    await sensor.hours(12, { rows: 5 });
    const refreshed = async () => (await db.execute('REFRESH m')).rows.map(({ kind }) => kind);
    const predict = 'SELECT * FROM PREDICT(m, (SELECT 1.0::DOUBLE AS x)) WITH (on_stale_read = serve)';
    expect(await refreshed()).not.toContain('none');
    expect(await refreshed()).toEqual(['none']);
    await expect(db.query(predict)).rejects.toMatchObject({ hint: expect.stringMatching(/rmse <= 0.01/) });
    await db.sql('ALTER MODEL m SET (gate = (rmse <= 50))');
    const explained = await db.execute('EXPLAIN REFRESH m');
    expect(explained.rows).toContainEqual({
      property: 'pending change',
      value: 'nothing since the last fit, which is to be judged anew',
    });
    expect(await refreshed()).toHaveLength(1);
    expect(await lastVersion(db, 'm')).toMatchObject({ status: 'promoted' });
    expect(await refreshed()).toEqual(['none']);
    // What answers has passed a gate: another gate is for candidates to come.
    await db.sql('ALTER MODEL m SET (gate = (rmse <= 0.02))');
    expect(await refreshed()).toEqual(['none']);
    expect((await db.query(predict)).models).toEqual({ m: 2 });
  });

  it('judges anew once the clock has brought rows into the hold-out', async () => {
    const { db, clock } = await openEverview();
    await using _ = db;
    await db.sql(`
      CREATE TABLE t (id BIGINT PRIMARY KEY, taken TIMESTAMP NOT NULL, x DOUBLE, y DOUBLE);
      CREATE TRAINING SET s WITH (label = y, event_time = taken, label_delay = INTERVAL '1 day', holdout = INTERVAL '7 days') AS
        SELECT taken, x, y FROM t;
      CREATE MODEL m WITH (method = ridge, gate = (rmse <= 5)) AS SELECT x FROM s;
      INSERT INTO t SELECT i, now()::TIMESTAMP - INTERVAL '30 days' + i * INTERVAL '1 hour', i % 10, 2 * (i % 10) FROM range(100) r(i);
      INSERT INTO t SELECT 1000 + i, now()::TIMESTAMP - i * INTERVAL '10 minutes', i % 10, 2 * (i % 10) FROM range(50) r(i)`);
    const ask = () => db.query('SELECT prediction FROM PREDICT(m, (SELECT 3.0 AS x))');
    const noLabels = {
      code: 'no-model-version',
      hint: expect.stringMatching(/no labelled row is in the hold-out/),
    };
    await expect(ask()).rejects.toMatchObject(noLabels);
    clock.advanceMs(hourMs);
    await expect(ask()).rejects.toMatchObject(noLabels);
    clock.advanceMs(24 * hourMs);
    expect((await ask()).rows).toHaveLength(1);
    // What answers is not stale for rows that it would only be scored on.
    clock.advanceMs(hourMs);
    expect((await db.execute('REFRESH m')).rows.map(({ kind }) => kind)).toEqual(['none']);
  });

  it.each(
    firstOf(
      [
        ['gate = (auc >= 0.7)', 'invalid-option', /asks for auc/, /rmse, mae, mape, r2/],
        ['gate = (not_worse(log_loss))', 'invalid-option', /asks for log_loss/, /rmse, mae/],
        ['gate = (rmse < 0)', 'invalid-option', /no model can reach: rmse is at least 0/, /a bound above 0/],
        ['gate = (r2 >= 1.2)', 'invalid-option', /no model can reach: r2 is at most 1/, /a bound below 1/],
        [
          'gate = (rmse >= 1)',
          'invalid-option',
          /only bad models pass: lower is better of rmse/,
          /rmse <= …/,
        ],
        ['gate = (r2 <= 0.5)', 'invalid-option', /only bad models pass: higher is better of r2/, /r2 >= …/],
        ['gate = (mae > 1.1 * current)', 'invalid-option', /only bad models pass/, /mae <= …/],
        ['gate = (negative_flips(tolerance = 1) <= 2)', 'invalid-option', /keeps out no model/, /a share/],
        ['gate = (negative_flips(tolerance = 1) < 0)', 'invalid-option', /no model can reach/, /a share/],
        ['gate = (negative_flips <= 0.1)', 'invalid-option', /which error is still right/, /tolerance = 15/],
        ['gate = (rmse PER regio <= 3)', 'unknown-column', /slices by "regio"/, /region/],
        ['gate = (rmse <= 3), slices = (nowhere)', 'unknown-column', /slices by "nowhere"/, /known/],
      ] as const,
      3,
    ),
  )('refuses at the declaration what it could not judge: %s', async (options, code, message, hint) => {
    const { db } = await opened(7);
    await using _ = db;
    await expect(db.execute(modelSql('m', options))).rejects.toMatchObject({
      code,
      message: expect.stringMatching(message),
      hint: expect.stringMatching(hint),
    });
  });

  it('blocks candidates that are worse, and says inconclusive of rows that are too few', async () => {
    const decisions: string[] = [];
    const seeds = [11, 12, 13, 14, 15, 16, 17, 18, 19, 20].slice(0, depth(2, 10));
    for (const seed of seeds) {
      const { db, sensor } = await opened(seed);
      await using _ = db;
      await db.sql(modelSql('m', 'gate = (not_worse(margin = 0.02)), windows = 0'));
      await sensor.hours(36, { rows: 40 });
      await db.sql('REFRESH m');
      // training rows with half the slope, then a clean hold-out
      await sensor.hours(4, { rows: 40, slope: 1 });
      await sensor.hours(6, { rows: 40 });
      await db.sql('REFRESH m');
      const { status, metrics } = await lastVersion(db, 'm');
      expect(status).toBe('failed');
      decisions.push(String(Reflect.get(Object(metrics), 'decision')));
    }
    expect(decisions.filter((one) => one === 'hold').length).toBeGreaterThanOrEqual(seeds.length - 1);

    const { db, sensor } = await opened(4);
    await using _ = db;
    await db.sql(modelSql('m', 'gate = (not_worse(margin = 0.02))'));
    await sensor.hours(12, { rows: 3, noise: 9 });
    await db.sql('REFRESH m');
    await sensor.hours(3, { rows: 3, noise: 9 });
    await db.sql('REFRESH m');
    expect(await lastVersion(db, 'm')).toMatchObject({
      status: 'failed',
      metrics: { verdict: 'gate-inconclusive', decision: 'inconclusive' },
    });
  });

  longTests(() => {
    it('judges slices, and names the worst', async () => {
      const { db, sensor } = await opened(5);
      await using _ = db;
      await db.sql(`${modelSql('m', 'gate = (rmse PER region <= 4)')};
        ${modelSql('n', 'gate = (rmse <= 9), slices = (Region)')}`);
      await sensor.hours(36, { rows: 40, slopeIn: { west: 4 } });
      await db.sql('REFRESH m; REFRESH n');
      expect(await lastVersion(db, 'm')).toMatchObject({
        status: 'failed',
        metrics: { verdict: 'slice-failed' },
        gates: [{ slice: 'region = west', verdict: 'hold', passed: false }],
      });
      expect(await lastVersion(db, 'n')).toMatchObject({
        status: 'promoted',
        gates: [{ slice: null }, { slice: 'Region = west', threshold: 9 }],
      });
      const failure = db.query('SELECT prediction FROM PREDICT(m, (SELECT 1.0::DOUBLE AS x))');
      await expect(failure).rejects.toMatchObject({
        code: 'no-model-version',
        hint: expect.stringMatching(/rmse where region = west is \d/),
      });
    });

    it('follows a change that lasts, once the windows that speak against it are past', async () => {
      const { db, sensor } = await opened(2);
      await using _ = db;
      await db.sql(modelSql('m', 'gate = (r2 >= 0.5, not_worse(margin = 0.02)), windows = 2'));
      await sensor.hours(36, { rows: 20 });
      await db.sql('REFRESH m');
      await sensor.hours(12, { rows: 20, slope: 4 });
      await db.sql('REFRESH m');
      expect(await lastVersion(db, 'm')).toMatchObject({ metrics: { verdict: 'earlier-window-worse' } });
      await sensor.hours(14, { rows: 20, slope: 4 });
      await db.sql('REFRESH m');
      expect(await lastVersion(db, 'm')).toMatchObject({
        status: 'promoted',
        metrics: { decision: 'promote' },
      });
    });

    it('never holds an equal candidate, and promotes it where rows suffice', async () => {
      const { db, sensor } = await opened(3);
      await using _ = db;
      await db.sql(modelSql('m', 'gate = (not_worse(margin = 0.02)), slices = (region)'));
      await sensor.hours(30, { rows: 60 });
      for (let round = 0; round < 30; round++) {
        await db.sql('REFRESH m');
        await sensor.hours(1, { rows: 60 });
      }
      const { rows } = await db.query(
        `SELECT json_extract_string(metrics, '$.decision') AS decision, count(*)::INTEGER AS n
       FROM everview.model_versions GROUP BY ALL`,
      );
      const counts = Object.fromEntries(rows.map((row) => [String(row.decision), Number(row.n)]));
      expect(counts).toEqual({ promote: 30 });
    });

    it('is the one declared when the candidate would answer', async () => {
      const { db } = await opened(12);
      await using _ = db;
      await db.sql(`${modelSql('m', 'gate = (rmse <= 50)')};
      INSERT INTO readings SELECT i, now()::TIMESTAMP - i * INTERVAL '500 milliseconds', i % 10, 'r' || i % 3, i % 7
      FROM range(300_000) r(i); REFRESH examples`);
      // While it is fitted, which takes longer than to say something else.
      const refreshing = db.execute('REFRESH m');
      await new Promise((resolve) => setTimeout(resolve, 20));
      await db.execute('ALTER MODEL m SET (gate = (rmse PER region <= 0.001))');
      await refreshing;
      await db.execute('REFRESH m');
      expect(await lastVersion(db, 'm')).toMatchObject({
        status: 'failed',
        gates: [{ condition: 'rmse PER region <= 0.001', passed: false }],
      });
      await expect(db.query('SELECT * FROM PREDICT(m, (SELECT 1.0 AS x))')).rejects.toMatchObject({
        code: 'no-model-version',
      });
    });

    it('counts negative flips of numbers within a tolerance', async () => {
      const { db, sensor } = await opened(6);
      await using _ = db;
      await db.sql(modelSql('m', 'gate = (negative_flips(tolerance = 4) <= 0.02), windows = 0'));
      await sensor.hours(36, { rows: 20 });
      await db.sql('REFRESH m');
      await sensor.hours(2, { rows: 20 });
      await db.sql('REFRESH m');
      expect(await lastVersion(db, 'm')).toMatchObject({ status: 'promoted' });
      await sensor.hours(4, { rows: 400, slope: -1 });
      await sensor.hours(6, { rows: 20 });
      await db.sql('REFRESH m');
      expect(await lastVersion(db, 'm')).toMatchObject({
        metrics: { verdict: 'too-many-flips', flips: [{ tolerance: 4 }] },
      });
    });

    it('lets answer by itself what a gate refused that is declared no longer', async () => {
      const { db, sensor } = await opened(9);
      await using _ = db;
      await db.sql(modelSql('m', 'gate = (rmse <= 0.01)').replace('manual', 'on_read'));
      await sensor.hours(12, { rows: 5 });
      const predict = 'SELECT * FROM PREDICT(m, (SELECT 1.0::DOUBLE AS x))';
      await expect(db.query(predict)).rejects.toMatchObject({ hint: expect.stringMatching(/rmse <= 0.01/) });
      await db.sql(
        modelSql('m', 'l2 = 1').replace('CREATE', 'CREATE OR REPLACE').replace('manual', 'on_read'),
      );
      expect((await db.query(predict)).models).toEqual({ m: 2 });
    });
  });
});
