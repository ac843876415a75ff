import type { ExperimentInput } from '../../src/lab/laboratory.ts';

/** A year of hourly data under twelve policies: after a quarter of a year that is there, a year that arrives by day. */
export const yearOfHours: ExperimentInput = {
  name: 'a year of hourly data',
  declarations: `
    CREATE TABLE hours (moment TIMESTAMP PRIMARY KEY, temperature DOUBLE NOT NULL, load DOUBLE NOT NULL)
      WITH (event_time = moment);
    CREATE TRAINING SET examples WITH (label = load, event_time = moment) AS
      SELECT moment, hour(moment) AS hour_of_day, dayofweek(moment) AS weekday, temperature, load FROM hours;
    CREATE MODEL demand WITH (method = 'ridge', l2 = 1.0, categorical = (hour_of_day, weekday))
      AS SELECT * FROM examples;`,
  model: 'demand',
  source: {
    kind: 'files',
    tables: [
      {
        table: 'hours',
        // A day and a year of temperatures, a load that follows them, noise of a hash, and a slow growth.
        select: `WITH hour AS (
            SELECT i, TIMESTAMP '2022-10-01' + to_hours(i) AS moment, (hash(i) % 1000) / 1000.0 AS noise
            FROM range(455 * 24) AS r (i)
          )
          SELECT moment, 10 - 9 * cos(2 * pi() * i / 8766) - 4 * cos(2 * pi() * i / 24) + 3 * noise AS temperature,
            40 + 12 * sin(2 * pi() * i / 24) - 0.8 * temperature + i / 1000.0 + 5 * noise AS load
          FROM hour`,
        eventTime: 'moment',
      },
    ],
  },
  warmUp: '90 days',
  arrival: { kind: 'interval', every: '1 day' },
  season: '1 day',
  policies: [
    { kind: 'never' },
    { kind: 'every-update' },
    { kind: 'on-read' },
    { kind: 'rows', rows: 24 * 7 },
    { kind: 'interval', every: '2 days' },
    { kind: 'interval', every: '7 days' },
    { kind: 'interval', every: '30 days' },
    { kind: 'psi' },
    { kind: 'adwin' },
    { kind: 'live-loss' },
    { kind: 'max-effect', effect: 0.5 },
    { kind: 'auto' },
  ],
  prices: { cpuSecond: 1, loss: 0.001 },
};
