import { describe, expect, it } from 'vitest';
import { depth, firstOf, longTests } from '../support/depth.ts';
import { type ForcedRefresh, forcedKind, openEverview } from '../support/open-everview.ts';
import {
  chainedDeclarations,
  chainedViews,
  comparable,
  declared,
  exampleRows,
  featureStep,
  openPredictionWorld,
  type PredictionWorld,
  predictionsBy,
  predictionViews,
  readOrCode,
} from '../support/prediction-world.ts';
import { Random } from '../support/random.ts';
import { temporaryDatabase } from '../support/temporary-database.ts';

const hourMs = 3_600_000;
const views = { ...predictionViews, ...chainedViews };
const declarations = declared(predictionViews) + chainedDeclarations + declared(chainedViews);
const tolerance = 0.4;
const near = `CREATE MATERIALIZED VIEW near WITH (prediction_tolerance = ${tolerance}) AS
  SELECT id, tag, prediction FROM PREDICT(m, (SELECT id, x, g, tag FROM features));
  CREATE MATERIALIZED VIEW nearby AS SELECT tag, sum(prediction) AS total, count(*) AS n FROM near GROUP BY tag;`;
const lagging = `CREATE MATERIALIZED VIEW lagging WITH (max_staleness = NULL, refresh = manual, on_stale_read = serve) AS
  SELECT id, prediction FROM PREDICT(m, (SELECT id, x, g FROM features));`;

/** One step of a history; told, so that a failure says what led to it. */
async function step(world: PredictionWorld, random: Random): Promise<string> {
  const { db, clock } = world;
  const way = random.weighted({
    features: 8,
    examples: 3,
    corrupt: 1,
    bonuses: 1,
    forget: 1,
    withdraw: 0.4,
    fit: 3,
    refresh: 2,
    full: 1,
    replace: 0.5,
    wait: 3,
  });
  const sql = {
    features: () => featureStep(random),
    examples: () => exampleRows(world, random, random.int(1, 12)),
    corrupt: () => exampleRows(world, random, 4, 40),
    bonuses: () =>
      `INSERT OR REPLACE INTO bonuses VALUES ('${random.pick(['a', 'b', 'c'])}', ${random.int(0, 9)})`,
    forget: () => `DELETE FROM examples WHERE abs(y) > 30 OR id % 5 = ${random.int(0, 4)}`,
    withdraw: () => 'DELETE FROM examples',
    fit: () => `REFRESH ${random.pick(['m', 'm', 'm2'])}`,
    refresh: () => `REFRESH ${random.pick([...Object.keys(views), 'near', 'lagging'])}`,
    full: () => `REFRESH ${random.pick(Object.keys(views))} FULL`,
    replace: () =>
      `CREATE OR REPLACE MODEL m WITH (method = 'ridge', l2 = ${random.int(1, 9) / 10}, max_staleness = NULL, gate = (rmse <= 3)) AS SELECT * FROM lessons`,
    wait: () => '',
  }[way]();
  if (way === 'wait') clock.advanceMs(random.int(1, 2 * hourMs));
  else await db.execute(sql);
  return `${way}: ${sql}`;
}

async function expectAsDefined(world: PredictionWorld, told: string): Promise<void> {
  for (const [name, { query, plain }] of Object.entries(views)) {
    const kept = await readOrCode(world.db, `SELECT * FROM ${name}`);
    const defined = await readOrCode(world.db, plain ?? query);
    expect(comparable(kept), `${name} after ${told}`).toEqual(comparable(defined));
  }
  await expectNear(world, told);
}

/** Kept predictions are off by no more than they may, and what is made of them is made of them as they are. */
async function expectNear({ db }: PredictionWorld, told: string): Promise<void> {
  const kept = await readOrCode(db, 'SELECT id, prediction FROM near ORDER BY id');
  const exact = await readOrCode(db, 'SELECT id, prediction FROM PREDICT(m, features) ORDER BY id');
  if (typeof kept === 'string' || typeof exact === 'string') return expect(kept, told).toEqual(exact);
  expect(
    kept.map(({ id }) => id),
    told,
  ).toEqual(exact.map(({ id }) => id));
  for (const [place, { prediction }] of exact.entries()) {
    const shown = kept[place]?.prediction;
    if (prediction === null) expect(shown, told).toBeNull();
    else expect(Math.abs(Number(shown) - Number(prediction)), told).toBeLessThanOrEqual(tolerance);
  }
  const sums = await readOrCode(db, 'SELECT * FROM nearby');
  const summed = await readOrCode(
    db,
    'SELECT tag, sum(prediction) AS total, count(*) AS n FROM near GROUP BY tag',
  );
  expect(comparable(sums), told).toEqual(comparable(summed));
}

/** What lags shows one version of the model over one version of the data, both of which the answer names. */
async function expectConsistent({ db }: PredictionWorld, told: string): Promise<void> {
  const answer = await db.query('SELECT * FROM lagging').catch(() => null);
  if (answer === null) return;
  const expected = await predictionsBy(db, Number(answer.models.m), answer.version);
  const shown = new Map(answer.rows.map((row) => [BigInt(Number(row.id)), row.prediction]));
  expect([...shown.keys()].sort(), told).toEqual([...expected.keys()].sort());
  for (const [id, prediction] of shown) {
    const wanted = expected.get(id) ?? null;
    if (wanted === null) expect(prediction, told).toBeNull();
    else expect(prediction, `${told}, row ${id}`).toBeCloseTo(wanted, 7);
  }
}

type Drawn = { readonly forced: ForcedRefresh | null; readonly seed: number; readonly steps: number };
/** For every run: new examples and features, another model, and the file opened again. */
const brief: Drawn = { forced: 'algebraic', seed: 5, steps: 4 };
/** Of so few rows hardly anything but a recompute is chosen where nothing is forced. */
const few: readonly Drawn[] = [{ forced: 'algebraic', seed: 14, steps: 22 }];
const more: readonly Drawn[] = [
  { forced: 'domain', seed: 15, steps: 22 },
  { forced: null, seed: 11, steps: 22 },
  { forced: null, seed: 12, steps: 22 },
  { forced: 'full', seed: 13, steps: 22 },
];

describe('a history of features and models', () => {
  it.each(firstOf([brief, ...depth(few, [...few, ...more])]))(
    'keeps what PREDICT gives by definition: $forced, seed $seed, $steps steps',
    { timeout: 300_000 },
    async ({ forced, seed, steps }) => {
      await using file = await temporaryDatabase();
      const random = new Random(seed);
      const options = { path: file.path, forced };
      let world = await openPredictionWorld({ ...options, declare: declarations + near + lagging });
      await world.db.execute(exampleRows(world, random, 30));
      const history: string[] = [];
      for (let place = 0; place < steps; place++) {
        history.push(await step(world, random));
        const told = `seed ${seed}: ${history.slice(-6).join('\n')}`;
        await expectConsistent(world, told);
        if (random.chance(0.6)) await expectAsDefined(world, told);
        if (random.chance(0.08)) {
          await world.db.close();
          const reopened = await openPredictionWorld({ ...options, clock: world.clock });
          world = { ...reopened, nextExample: world.nextExample };
          history.push('reopened');
          await expectConsistent(world, told);
        }
      }
      await expectAsDefined(world, `seed ${seed}: ${history.slice(-6).join('\n')}`);
      const { rows } = await world.db.query(`FROM everview.refreshes WHERE reason = 'change-failed'`);
      expect(rows).toEqual([]);
      await world.db.close();
    },
  );
});

/** Five features in order, of a model of x alone. */
async function smallWorld(options = ''): Promise<PredictionWorld> {
  const world = await openPredictionWorld();
  await world.db.sql(`
    CREATE TABLE points (x DOUBLE NOT NULL, y DOUBLE NOT NULL);
    CREATE TRAINING SET line WITH (label = y) AS SELECT x, y FROM points;
    CREATE MODEL slope WITH (method = 'ridge', l2 = 0 ${options}) AS SELECT * FROM line;
    CREATE TABLE items (id BIGINT PRIMARY KEY, x DOUBLE);
    INSERT INTO items SELECT i, i FROM range(1, 6) AS r(i);
    INSERT INTO points VALUES (0, 0), (1, 1);
    REFRESH slope;`);
  return world;
}

const shown = async ({ db }: PredictionWorld, view = 'p') =>
  (await db.query(`SELECT prediction FROM ${view} ORDER BY ALL`)).rows.map((row) => Number(row.prediction));

const lastRefresh = async ({ db }: PredictionWorld, name: string) =>
  (
    await db.query(
      'SELECT kind, rung, reason, trigger, rows FROM everview.refreshes WHERE name = $1 ORDER BY refresh_id DESC LIMIT 1',
      [name],
    )
  ).rows[0];

describe('another version of the model', () => {
  it('is what the view shows by the next read, which says so', async () => {
    const world = await smallWorld();
    await world.db.execute('CREATE MATERIALIZED VIEW p AS SELECT id, prediction FROM PREDICT(slope, items)');
    expect(await shown(world)).toEqual([1, 2, 3, 4, 5]);
    await world.db.execute('INSERT INTO points VALUES (1, 1), (2, 6)');
    const answer = await world.db.query('SELECT * FROM p');
    expect(answer.models).toEqual({ slope: 2 });
    expect(answer.path).toBe('refreshed-first');
    expect((await shown(world)).map((value) => value.toFixed(6))).toEqual(
      (await shown(world, 'PREDICT(slope, items)')).map((value) => value.toFixed(6)),
    );
    await world.db.close();
  });

  it('is waited for within the declared bound, and told', async () => {
    const world = await smallWorld(', max_staleness = NULL');
    const { db, clock } = world;
    await db.execute(
      "CREATE MATERIALIZED VIEW p WITH (max_staleness = INTERVAL '1 hour') AS SELECT id, prediction FROM PREDICT(slope, items)",
    );
    await db.sql('INSERT INTO points VALUES (2, 6); REFRESH slope;');
    clock.advanceMs(60_000);
    const early = await db.query('SELECT * FROM p');
    expect(early).toMatchObject({ models: { slope: 1 }, path: 'served-within-bound' });
    expect(early.staleness.find(({ name }) => name === 'p')).toMatchObject({ ms: 60_000, rows: 0 });
    const told = (await db.execute('EXPLAIN REFRESH p')).rows;
    expect(told).toContainEqual({
      property: 'predictions of',
      value: 'slope: version 1 is shown, version 2 answers',
    });
    const { rows } = await db.query("SELECT ms, policy_met FROM everview.staleness WHERE name = 'p'");
    expect(rows).toEqual([{ ms: 60_000, policy_met: true }]);
    // Beside predictions of the version that answers, the view must not show another.
    const both = await db.query(
      'SELECT p.id FROM p JOIN PREDICT(slope, items) q ON p.id = q.id AND p.prediction <> q.prediction',
    );
    expect(both).toMatchObject({ models: { slope: 2 }, rows: [] });
    clock.advanceMs(3_600_000);
    expect((await db.query('SELECT * FROM p')).models).toEqual({ slope: 2 });
    await db.close();
  });

  it('moves views with refresh = immediate in its own transaction', async () => {
    const world = await smallWorld();
    await world.db.execute(
      'CREATE MATERIALIZED VIEW p WITH (refresh = immediate) AS SELECT id, prediction FROM PREDICT(slope, items)',
    );
    await world.db.sql('INSERT INTO points VALUES (2, 6); REFRESH slope;');
    expect(await lastRefresh(world, 'p')).toMatchObject({
      trigger: 'with-the-promotion',
      reason: expect.stringMatching(/model-promoted|forced-by-environment/),
    });
    expect((await world.db.query('SELECT * FROM p')).path).toBe('fresh');
    await world.db.close();
  });

  longTests(() => {
    it.each([
      ['huber', 'y'],
      ['logistic', 'late'],
      ['gaussian_nb', 'class'],
    ])(
      'that gives more columns than the view keeps moves it with an update all the same: %s',
      async (method, label) => {
        const { db } = await openEverview({ forced: 'algebraic' });
        const moves = forcedKind() ?? 'incremental';
        await db.sql(`CREATE TABLE items (id BIGINT PRIMARY KEY, x DOUBLE, y DOUBLE, late BOOLEAN, class VARCHAR);
      CREATE TRAINING SET line WITH (label = ${label}) AS SELECT x, ${label} FROM items;
      CREATE MODEL m WITH (method = ${method}, refresh = manual) AS SELECT x FROM line;
      INSERT INTO items SELECT i, i % 7, i % 5 + i % 3, (i * 3) % 7 > 3, 'c' || (i % 7 + i % 3) // 3 FROM range(60) r(i);
      REFRESH m;
      CREATE MATERIALIZED VIEW p WITH (refresh = immediate) AS SELECT id, prediction FROM PREDICT(m, items);
      CREATE MATERIALIZED VIEW own WITH (refresh = immediate) AS SELECT prediction, prediction_bound, probability_c1
        FROM PREDICT(m, (SELECT x, 7 AS prediction_bound, 8 AS probability_c1 FROM items));
      UPDATE items SET x = 5 WHERE id = 4; DELETE FROM items WHERE id = 3;`);
        const refreshes = await db.query(
          "SELECT kind FROM everview.refreshes WHERE name = 'p' ORDER BY refresh_id",
        );
        expect(refreshes.rows.map(({ kind }) => kind)).toEqual(['full', moves, moves]);
        const differing = `(FROM p EXCEPT ALL SELECT id, prediction FROM PREDICT(m, items)) UNION ALL
      (SELECT id, prediction FROM PREDICT(m, items) EXCEPT ALL FROM p)`;
        expect((await db.query(differing)).rows).toEqual([]);
        const own = 'SELECT DISTINCT prediction_bound AS seven, probability_c1 AS eight FROM own';
        expect((await db.query(own)).rows).toEqual([{ seven: 7, eight: 8 }]);
        await db.close();
      },
    );

    it('that fails its gate never shows', async () => {
      const world = await openPredictionWorld({
        declare: declared({ p: predictionViews.p ?? { query: '' } }),
      });
      const { db, clock } = world;
      const random = new Random(5);
      await db.sql(`${exampleRows(world, random, 60)}; ${featureStep(new Random(8))}`);
      const good = await db.query('SELECT * FROM p ORDER BY id');
      clock.advanceMs(hourMs);
      await db.sql(`${exampleRows(world, random, 60, 50)}; REFRESH m;`);
      const after = await db.query('SELECT * FROM p ORDER BY id');
      expect(after.rows).toEqual(good.rows);
      expect(after.models).toEqual({ m: 1 });
      await db.close();
    });
  });

  it('that is withdrawn empties the view, and a read of it says why it cannot answer', async () => {
    const world = await smallWorld();
    const { db } = world;
    await db.execute('CREATE MATERIALIZED VIEW p AS SELECT id, prediction FROM PREDICT(slope, items)');
    expect(await shown(world)).toHaveLength(5);
    await db.sql('DELETE FROM points; REFRESH slope; REFRESH p;');
    const { rows } = await db.query("SELECT rows FROM everview.views WHERE name = 'p'");
    expect(rows).toEqual([{ rows: 0n }]);
    await expect(db.query('SELECT * FROM p')).rejects.toMatchObject({ code: 'no-model-version' });
    await db.sql('INSERT INTO points VALUES (0, 0), (1, 2)');
    expect(await shown(world)).toEqual([2, 4, 6, 8, 10]);
    await db.close();
  });
});

describe('prediction_tolerance', () => {
  it('has only rows predicted anew that would be beyond it', async () => {
    const world = await smallWorld(', max_staleness = NULL');
    const { db, clock } = world;
    await db.sql(`CREATE MATERIALIZED VIEW p WITH (prediction_tolerance = 0.35, refresh = incremental) AS
      SELECT id, prediction FROM PREDICT(slope, (SELECT id, x FROM items));
      CREATE MATERIALIZED VIEW total AS SELECT sum(prediction) AS total FROM p;`);
    clock.advanceMs(1_000);
    await db.sql('DELETE FROM points; INSERT INTO points VALUES (0, 0), (1, 1.1); REFRESH slope; REFRESH p;');
    // A full refresh, which the environment can force, predicts every row anew.
    const expected = (kept: string[], all: string[]) =>
      process.env.EVERVIEW_REFRESH === 'full' ? all : kept;
    expect((await shown(world)).map((value) => value.toFixed(2))).toEqual(
      expected(['1.00', '2.00', '3.00', '4.40', '5.50'], ['1.10', '2.20', '3.30', '4.40', '5.50']),
    );
    if (process.env.EVERVIEW_REFRESH === undefined) {
      expect(await lastRefresh(world, 'p')).toMatchObject({ kind: 'incremental', rung: 'domain', rows: 4n });
    }
    // Compared with what is kept: what did not move then has moved now.
    clock.advanceMs(1_000);
    await db.sql(
      'DELETE FROM points; INSERT INTO points VALUES (0, 0), (1, 1.16); REFRESH slope; REFRESH p;',
    );
    const now = expected(['1.00', '2.00', '3.48', '4.40', '5.50'], ['1.16', '2.32', '3.48', '4.64', '5.80']);
    expect((await shown(world)).map((value) => value.toFixed(2))).toEqual(now);
    const { rows } = await db.query('SELECT total FROM total');
    expect(Number(rows[0]?.total)).toBeCloseTo(
      now.reduce((sum, value) => sum + Number(value), 0),
      9,
    );
    await db.close();
  });

  it.each(
    firstOf([
      ['SELECT avg(prediction) AS mean FROM PREDICT(slope, items)', /more than the columns/],
      ['SELECT id, prediction FROM PREDICT(slope, items) WHERE prediction > 0', /more than the columns/],
      ['SELECT id, prediction * 2 AS twice FROM PREDICT(slope, items)', /does not show "prediction"/],
    ]),
  )('is refused for %s', async (query, message) => {
    const { db } = await smallWorld();
    const refused = db.execute(`CREATE MATERIALIZED VIEW p WITH (prediction_tolerance = 1) AS ${query}`);
    await expect(refused).rejects.toMatchObject({
      code: 'invalid-definition',
      message: expect.stringMatching(message),
      hint: expect.stringContaining('PREDICT'),
    });
    await db.close();
  });
});

describe('declarations', () => {
  it.each(
    firstOf([
      ['SELECT id, prediction FROM PREDICT(slop, items)', 'unknown-relation', 'slope'],
      ['SELECT id, prediction FROM PREDICT(items, items)', 'wrong-kind', 'slope'],
      ['SELECT id, prediction FROM PREDICT(slope, (SELECT id FROM items))', 'unknown-column', ''],
      [
        'SELECT prediction FROM PREDICT(slope, (SELECT CAST(x AS VARCHAR) AS x FROM items))',
        'invalid-query',
        'cast',
      ],
      [
        'SELECT 1 AS a FROM PREDICT(slope, (SELECT x, 1 AS prediction FROM items))',
        'invalid-query',
        'rename',
      ],
      ['SELECT pc2 FROM PREDICT(pair, (SELECT x, id, 1 AS pc2 FROM items))', 'invalid-query', 'rename'],
      ['SELECT 1 AS a FROM PREDICT(slope)', 'invalid-query', 'PREDICT(m'],
    ]),
  )('%s is refused at its place', async (query, code, hint) => {
    const { db } = await smallWorld();
    await db.execute('CREATE MODEL pair WITH (method = pca, components = 2) AS SELECT * FROM line');
    const text = `CREATE MATERIALIZED VIEW p AS ${query}`;
    await expect(db.execute(text)).rejects.toMatchObject({
      code,
      at: { line: 1, column: text.indexOf('PREDICT') + 1 },
      ...(hint === '' ? {} : { hint: expect.stringContaining(hint) }),
    });
    await db.close();
  });

  it('keep a model that views rest on, and take them along with CASCADE', async () => {
    const { db } = await smallWorld();
    await db.sql(`CREATE MATERIALIZED VIEW p AS SELECT id, prediction FROM PREDICT(slope, items);
      CREATE MATERIALIZED VIEW total AS SELECT sum(prediction) AS total FROM p;`);
    await expect(db.execute('DROP MODEL slope')).rejects.toMatchObject({ code: 'has-dependents' });
    await expect(
      db.execute(
        'CREATE OR REPLACE TRAINING SET line WITH (label = y) AS SELECT prediction AS x, id AS y FROM p',
      ),
    ).rejects.toMatchObject({ code: 'cyclic-definition' });
    await db.execute('DROP MODEL slope CASCADE');
    expect((await db.query('SELECT name FROM everview.views')).rows).toEqual([{ name: 'line' }]);
    await db.close();
  });

  it('show what they read, and cannot be read AT a version', async () => {
    const { db } = await smallWorld();
    await db.execute('CREATE MATERIALIZED VIEW p AS SELECT id, prediction FROM PREDICT(slope, items)');
    const { rows } = await db.query("SELECT reads, maintenance FROM everview.views WHERE name = 'p'");
    expect(rows).toEqual([{ reads: ['slope', 'items'], maintenance: 'incremental' }]);
    await expect(db.query('SELECT * FROM p AT (VERSION => 1)')).rejects.toMatchObject({
      code: 'unsupported',
      at: { line: 1, column: 15 },
      hint: expect.stringContaining('PREDICT(slope'),
    });
    await db.close();
  });
});
