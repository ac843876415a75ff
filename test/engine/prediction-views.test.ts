import { describe, expect, it } from 'vitest';
import type { ForcedRefresh } from '../support/open-everview.ts';
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
    refresh: () => `REFRESH ${random.pick([...Object.keys(views), 'lagging'])}`,
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

const histories: readonly { readonly forced: ForcedRefresh | null; readonly seed: number }[] = [
  { forced: null, seed: 11 },
  { forced: null, seed: 12 },
  { forced: 'full', seed: 13 },
  { forced: 'algebraic', seed: 14 },
  { forced: 'domain', seed: 15 },
];

describe('a history of features and models', () => {
  it.each(histories)(
    'keeps what PREDICT gives by definition: $forced, seed $seed',
    { timeout: 300_000 },
    async ({ forced, seed }) => {
      await using file = await temporaryDatabase();
      const random = new Random(seed);
      const options = { path: file.path, forced };
      let world = await openPredictionWorld({ ...options, declare: declarations + lagging });
      await world.db.execute(exampleRows(world, random, 30));
      const history: string[] = [];
      for (let place = 0; place < 22; place++) {
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
      await world.db.close();
    },
  );
});
