import type { SimulatedClock } from '../../src/core/clock.ts';
import { type Everview, EverviewError } from '../../src/index.ts';
import { readParameters } from '../../src/model/parameters-json.ts';
import { createRowPredictor } from '../../src/model/predict-row.ts';
import type { ModelParameters } from '../../src/model/scorer.ts';
import { type OpenOptions, openEverview } from './open-everview.ts';
import type { Random } from './random.ts';

const hourMs = 3_600_000;

/** Examples that a model is fitted on, and features that its predictions are kept of. */
export const predictionTables = `
  CREATE TABLE examples (id BIGINT PRIMARY KEY, taken TIMESTAMP NOT NULL, x DOUBLE, g VARCHAR, y DOUBLE NOT NULL)
    WITH (event_time = taken);
  CREATE TABLE features (id BIGINT PRIMARY KEY, x DOUBLE, g VARCHAR, tag INTEGER);
  CREATE TABLE bonuses (g VARCHAR PRIMARY KEY, bonus DOUBLE NOT NULL);
  CREATE TRAINING SET lessons WITH (label = y, event_time = taken, holdout = INTERVAL '2 hours') AS
    SELECT taken, x, g, y FROM examples;
  CREATE MODEL m WITH (method = 'ridge', l2 = 0.5, max_staleness = NULL, gate = (rmse <= 3)) AS SELECT * FROM lessons;
`;

const predicted = 'PREDICT(m, (SELECT id, x, g, tag FROM features))';
const predictedAgain = 'PREDICT(m2, (SELECT id, prediction AS score, tag FROM p))';

/** By view: its definition, and the same with nothing kept in between. */
export const predictionViews: Readonly<Record<string, { query: string; plain?: string }>> = {
  p: { query: `SELECT id, g, tag, prediction FROM ${predicted}` },
  joined: {
    query: `SELECT id, q.prediction + b.bonus AS total FROM ${predicted} AS q JOIN bonuses b ON q.g = b.g WHERE q.prediction > 0`,
  },
  grouped: {
    query: `SELECT g, avg(prediction) AS mean, count(prediction) AS n FROM ${predicted} GROUP BY g`,
  },
  over: {
    query: 'SELECT tag, sum(prediction) AS total, count(*) AS n FROM p GROUP BY tag',
    plain: `SELECT tag, sum(prediction) AS total, count(*) AS n FROM ${predicted} GROUP BY tag`,
  },
  ranked: {
    query: `SELECT id, prediction, max(prediction) OVER (PARTITION BY tag) AS most FROM ${predicted}`,
  },
  best: { query: `SELECT id, prediction FROM ${predicted} ORDER BY prediction DESC, id LIMIT 3` },
};

/** A model over the predictions of another, kept predictions of it, and what reads both. */
export const chainedDeclarations = `
  CREATE TRAINING SET lessons2 WITH (label = y) AS
    SELECT p.prediction AS score, p.tag, e.y FROM p JOIN examples e ON e.id = p.id;
  CREATE MODEL m2 WITH (method = 'ridge', l2 = 0.5, max_staleness = NULL) AS SELECT * FROM lessons2;
`;

export const chainedViews: typeof predictionViews = {
  p2: { query: `SELECT id, prediction FROM ${predictedAgain}` },
  diamond: {
    query: 'SELECT a.id, a.prediction AS first, b.prediction AS second FROM p a JOIN p2 b ON a.id = b.id',
    plain: `SELECT a.id, a.prediction AS first, b.prediction AS second FROM ${predicted} a JOIN ${predictedAgain} b ON a.id = b.id`,
  },
};

export type PredictionWorld = { db: Everview; clock: SimulatedClock; nextExample: number };

export async function openPredictionWorld(
  options: OpenOptions & { readonly declare?: string } = {},
): Promise<PredictionWorld> {
  const { declare, ...open } = options;
  const world = { ...(await openEverview(open)), nextExample: 1 };
  if (declare !== undefined) await world.db.sql(predictionTables + declare);
  return world;
}

export function declared(views: typeof predictionViews, options = ''): string {
  return Object.entries(views)
    .map(([name, { query }]) => `CREATE MATERIALIZED VIEW ${name} ${options} AS ${query};`)
    .join('\n');
}

function number(random: Random): string {
  return random.chance(0.1) ? 'NULL' : String(random.int(-50, 50) / 10);
}

function group(random: Random): string {
  return random.chance(0.1) ? 'NULL' : `'${random.pick(['a', 'b', 'c'])}'`;
}

/** Examples of the last hours. `scale`: other than 1, a model of them fails its gate. */
export function exampleRows(world: PredictionWorld, random: Random, count: number, scale = 1): string {
  const nowMs = world.clock.nowMs();
  const rows = random.list(count, () => {
    const x = random.int(-50, 50) / 10;
    const g = random.pick(['a', 'b', 'c']);
    const y = (1 + 2 * x + (g === 'b' ? 4 : 0) + random.int(-10, 10) / 10) * scale;
    const taken = new Date(nowMs - random.int(0, 6 * hourMs)).toISOString();
    return `(${world.nextExample++}, '${taken}', ${random.chance(0.05) ? 'NULL' : x}, '${g}', ${y})`;
  });
  return `INSERT INTO examples VALUES ${rows.join(', ')}`;
}

/** A statement that changes the features. */
export function featureStep(random: Random): string {
  const ids = random.list(random.int(1, 4), () => random.int(1, 25));
  if (random.chance(0.25)) return `DELETE FROM features WHERE id IN (${ids.join(', ')})`;
  const rows = [...new Set(ids)].map(
    (id) => `(${id}, ${number(random)}, ${group(random)}, ${random.int(1, 3)})`,
  );
  return `INSERT OR REPLACE INTO features VALUES ${rows.join(', ')}`;
}

type Rows = readonly Readonly<Record<string, unknown>>[];

/** Rows, or the code of the error that a read ends in. */
export async function readOrCode(db: Everview, sql: string): Promise<Rows | string> {
  try {
    return (await db.query(sql)).rows;
  } catch (failure) {
    if (failure instanceof EverviewError) return failure.code;
    throw failure;
  }
}

/** Rows of text that are equal when they are near. */
export function comparable(rows: Rows | string): unknown {
  if (typeof rows === 'string') return rows;
  return rows
    .map((row) =>
      Object.values(row)
        .map((value) =>
          typeof value === 'number' && Number.isFinite(value)
            ? Number((value + 0).toFixed(7)).toFixed(6)
            : String(value),
        )
        .join(' | '),
    )
    .sort();
}

/** What a version of a model gives for features of a version of the data. */
export async function predictionsBy(
  db: Everview,
  modelVersion: number,
  version: number,
): Promise<Map<bigint, number | null>> {
  const { rows: versions } = await db.query(
    `SELECT parameters, status FROM everview.model_versions WHERE model = 'm' AND version = $1`,
    [modelVersion],
  );
  const [found] = versions;
  if (found === undefined || found.status === 'failed')
    throw new Error(`version ${modelVersion} never answered`);
  const predict = createRowPredictor(parametersOf(String(found.parameters)));
  const { rows } = await db.query(`SELECT id, x, g FROM features AT (VERSION => ${version})`);
  return new Map(
    rows.map((row) => {
      const prediction = predict(row)?.prediction;
      return [BigInt(Number(row.id)), typeof prediction === 'number' ? prediction : null];
    }),
  );
}

function parametersOf(json: string): ModelParameters {
  const parameters = readParameters(json);
  if (parameters === null) throw new Error('parameters of another form');
  return parameters;
}
