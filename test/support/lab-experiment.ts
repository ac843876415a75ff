import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Experiment, type ExperimentInput, experimentSchema } from '../../src/lab/experiment.ts';

export const hourMs = 3_600_000;
export const dayMs = 24 * hourMs;
export const labStartMs = Date.UTC(2020, 0, 1);

export const readingsDeclarations = `
  CREATE TABLE sensors (sensor VARCHAR PRIMARY KEY, height INTEGER);
  CREATE TABLE readings (id BIGINT PRIMARY KEY, at TIMESTAMP NOT NULL, sensor VARCHAR NOT NULL REFERENCES sensors,
    x DOUBLE, y DOUBLE) WITH (event_time = at);
  CREATE TRAINING SET examples WITH (label = y, event_time = at) AS
    SELECT r.at, r.sensor, r.x, s.height, r.y FROM readings r JOIN sensors s USING (sensor);
  CREATE MODEL m WITH (method = 'ridge') AS SELECT * FROM examples;`;

/** Of rows in files: a reading an hour in `readings.csv`, and three sensors in `sensors.csv`. */
export function readingsExperiment(given: Partial<ExperimentInput> = {}): Experiment {
  return experimentSchema.parse({
    name: 'readings',
    declarations: readingsDeclarations,
    model: 'm',
    source: {
      kind: 'files',
      tables: [
        { table: 'readings', select: "SELECT * FROM read_csv('{data}/readings.csv')", eventTime: 'at' },
        { table: 'sensors', select: "SELECT * FROM read_csv('{data}/sensors.csv')" },
      ],
    },
    arrival: { kind: 'interval', every: '1 day' },
    policies: [{ kind: 'never' }],
    ...given,
  } satisfies ExperimentInput);
}

export type Reading = { readonly at: string; readonly sensor: string };

/** One an hour, from `labStartMs`; sensor a as often as b and c together. */
export function hourlyReadings(count: number): Reading[] {
  return Array.from({ length: count }, (_, hour) => ({
    at: new Date(labStartMs + hour * hourMs).toISOString(),
    sensor: ['a', 'b', 'a', 'c'][hour % 4] ?? 'a',
  }));
}

export async function writeReadings(folder: string, readings: readonly Reading[]): Promise<void> {
  const lines = readings.map(({ at, sensor }, id) => `${id},${at},${sensor},${id % 7},${(id % 7) * 2 + 1}`);
  await writeFile(join(folder, 'readings.csv'), ['id,at,sensor,x,y', ...lines].join('\n'));
  await writeFile(join(folder, 'sensors.csv'), 'sensor,height\na,1\nb,2\nc,3\n');
}
