import type { Everview } from '../../src/index.ts';
import type { Random } from './random.ts';

export const hourMs = 3_600_000;

/** Readings of a sensor and a model of them: `y = 3 + 2·x + 5·[kind = b] + noise`. */
export const sensorDeclarations = `
  CREATE TABLE readings (id BIGINT PRIMARY KEY, taken TIMESTAMP NOT NULL, x DOUBLE, kind VARCHAR, flag BOOLEAN, y DOUBLE NOT NULL)
    WITH (event_time = taken);
  CREATE TRAINING SET examples WITH (label = y, event_time = taken, window = INTERVAL '3 days', holdout = INTERVAL '6 hours') AS
    SELECT taken, x, kind, flag, y FROM readings;
`;

export type Reading = {
  readonly id: number;
  readonly taken: Date;
  readonly x: number | null;
  readonly kind: string | null;
  readonly flag: boolean;
  readonly y: number;
};

/** Readings of one hour up to `nowMs`. `scale`: 60 for labels in the wrong unit. */
export function readingsOfHour(
  random: Random,
  nowMs: number,
  firstId: number,
  count: number,
  scale = 1,
): Reading[] {
  return random.list(count, (place) => {
    const x = random.chance(0.05) ? null : random.int(-100, 100) / 10;
    const kind = random.chance(0.05) ? null : random.pick(['a', 'b', 'c']);
    const y = (3 + 2 * (x ?? 0) + (kind === 'b' ? 5 : 0) + random.int(-10, 10) / 100) * scale;
    return {
      id: firstId + place,
      taken: new Date(nowMs - random.int(0, hourMs - 1)),
      x,
      kind,
      flag: random.chance(0.5),
      y,
    };
  });
}

export type ModelVersionRow = { readonly version: number; readonly status: string };

export async function modelVersions(db: Everview, model: string): Promise<ModelVersionRow[]> {
  const { rows } = await db.query(
    'SELECT version, status FROM everview.model_versions WHERE model = $1 ORDER BY version',
    [model],
  );
  return rows.map((row) => ({ version: Number(row.version), status: String(row.status) }));
}
